"""The facts about a school that a search needs: its terms, and its own names for fields."""

from sqlalchemy import select

from portal.extensions import db
from portal.models import FieldLabel, Term


def terms(school_id: int) -> dict[int, str]:
    """The names of the terms by id: the default one first, then the newest."""
    rows = db.session.execute(
        select(Term.id, Term.name)
        .where(Term.school_id == school_id)
        .order_by(Term.is_default.desc(), Term.starts_on.desc(), Term.id)
    )
    return {row.id: row.name for row in rows}


def labels(school_id: int) -> dict[str, str]:
    """The school's own labels by the field's key; the catalogue's stand for the others."""
    rows = db.session.execute(
        select(FieldLabel.field, FieldLabel.label).where(FieldLabel.school_id == school_id)
    )
    return {row.field: row.label for row in rows}
