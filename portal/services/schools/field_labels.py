"""A school's own names for search fields, in place of the catalogue's. Callers commit."""

from sqlalchemy import select

from portal.extensions import db
from portal.models import FieldLabel
from portal.normalize import clean
from portal.queries.search.catalogue import BY_KEY, FIELDS
from portal.services.schools.schools import SchoolError

LONGEST = 60


def set_label(school_id: int, key: str, label: str) -> str:
    """Rename a field, or restore its default name if the label is empty. Returns the name that it
    has now. Raises SchoolError."""
    field, label = BY_KEY.get(key), clean(label)
    if field is None:
        raise SchoolError(f"Can't find the field {key}. Use one of: {', '.join(BY_KEY)}.")
    if len(label) > LONGEST:
        raise SchoolError(f"Use {LONGEST} characters or fewer for the label.")
    others = select(FieldLabel.label).where(
        FieldLabel.school_id == school_id, FieldLabel.field != key
    )
    taken = [*db.session.scalars(others), *(f.label for f in FIELDS if f.key != key)]
    if label.casefold() in {other.casefold() for other in taken}:
        raise SchoolError(f"Can't use “{label}”. Another field already has that name.")
    row = db.session.get(FieldLabel, (school_id, key))
    if row is not None and not label:
        db.session.delete(row)
    elif row is not None:
        row.label = label
    elif label:
        db.session.add(FieldLabel(school_id=school_id, field=key, label=label))
    db.session.flush()
    return label or field.label
