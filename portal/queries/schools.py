"""Schools, as the views and services know them."""

from dataclasses import dataclass

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import aliased

from portal.extensions import db, fetch
from portal.models import FieldLabel, School, Term, TextingNumber
from portal.normalize import has_control
from portal.queries.stacked import SCHOOL


@dataclass(frozen=True, slots=True)
class SchoolRow:
    id: int
    slug: str
    name: str
    country: str
    timezone: str
    languages: tuple[str, ...]
    texting_on: bool
    texting_number: str
    """The current one, E.164."""
    send_window: str | None
    """`08:00-20:00`; None: at any hour."""
    stop_confirmation: str
    """The one that confirms a STOP: `portal` or `provider`."""
    welcome_on: bool
    reply_copy_to: str | None
    """The office's email address that is told of replies."""
    office_phone: str | None
    """E.164; in the answer to HELP, as the email address is."""
    office_email: str | None
    default_term_id: int | None
    default_term: str | None


def school_columns() -> Select[*tuple[object, ...]]:
    """The columns of a SchoolRow, from `school` joined with what belongs to it; see school_row."""
    return (
        select(
            School.id,
            School.slug,
            School.name,
            School.country,
            School.timezone,
            School.languages,
            School.texting_on,
            TextingNumber.number.label("texting_number"),
            School.send_window,
            School.stop_confirmation,
            School.welcome_on,
            School.reply_copy_to,
            School.office_phone,
            School.office_email,
            Term.id.label("default_term_id"),
            Term.name.label("default_term"),
        )
        .join(TextingNumber, (TextingNumber.school_id == School.id) & TextingNumber.until.is_(None))
        .outerjoin(Term, (Term.school_id == School.id) & Term.is_default)
    )


def school_row(row: object) -> SchoolRow:
    values = {name: getattr(row, name) for name in SchoolRow.__slots__}
    values["languages"] = tuple(values["languages"].split(","))
    return SchoolRow(**values)


_owned = aliased(TextingNumber)
_BY_SLUG = school_columns().where(School.slug == bindparam("slug"))
"""Every page asks for its school: built once."""


def get_school(slug: str) -> SchoolRow | None:
    if has_control(slug):  # PostgreSQL fails at the question
        return None
    row = fetch(_BY_SLUG, {"slug": slug}).one_or_none()
    return None if row is None else school_row(row)


_BY_TEXTING_NUMBER = school_columns().where(
    School.id
    == select(_owned.school_id).where(_owned.number == bindparam("number")).scalar_subquery()
)


def school_with_texting_number(number: str) -> SchoolRow | None:
    """The school that has the texting number, or had it."""
    if has_control(number):  # PostgreSQL fails at the question
        return None
    row = db.session.execute(_BY_TEXTING_NUMBER, {"number": number}).one_or_none()
    return None if row is None else school_row(row)


def get_school_by_id(school_id: int) -> SchoolRow:
    """The school with an id that is known to be one's."""
    return school_row(db.session.execute(school_columns().where(School.id == school_id)).one())


_ALL = school_columns().order_by(School.name, School.id)


def all_schools() -> list[SchoolRow]:
    """Every school of the installation, by name."""
    return [school_row(row) for row in fetch(_ALL)]


_TERMS = (
    select(Term.id, Term.name)
    .where(Term.school_id == SCHOOL)
    .order_by(Term.is_default.desc(), Term.starts_on.desc(), Term.id)
)
_LABELS = select(FieldLabel.field, FieldLabel.label).where(FieldLabel.school_id == SCHOOL)


def term_names(school_id: int) -> dict[int, str]:
    """The names of the terms by id: the default one first, then the newest."""
    return {row.id: row.name for row in fetch(_TERMS, {"school_id": school_id})}


def field_labels(school_id: int) -> dict[str, str]:
    """The school's own labels by the field's key; the catalogue's stand for the others."""
    return {row.field: row.label for row in fetch(_LABELS, {"school_id": school_id})}
