"""The one place that reads which schools have a number. Every other query is about one school."""

from collections.abc import Collection

from sqlalchemy import exists, or_, select

from portal.extensions import db
from portal.models import Phone, School, Submission


def schools_with(numbers: Collection[str]) -> list[int]:
    """Return the ids of the schools that have one of these numbers, which are forms of the same
    one, on a record or on a form that is not on a record yet."""
    has = exists().where(Phone.school_id == School.id, Phone.number.in_(numbers))
    waits = exists().where(Submission.school_id == School.id, Submission.apply_at.is_not(None))
    found = db.session.execute(
        select(School.id, has.label("has")).where(or_(has, waits)).order_by(School.id)
    ).all()
    return [row.id for row in found if row.has or _on_waiting_form(row.id, numbers)]


def _on_waiting_form(school_id: int, numbers: Collection[str]) -> bool:
    forms = select(Submission.answers).where(
        Submission.school_id == school_id, Submission.apply_at.is_not(None)
    )
    return any(
        phone["number"] in numbers
        for answers in db.session.scalars(forms)
        for parent in answers["parents"].values()
        for phone in parent["phones"]
    )
