"""A no on a form that waits for staff: from that moment the number gets no texts."""

from typing import Any

from sqlalchemy import ColumnElement, exists

from portal.enums import FormOptOutState
from portal.models import FormOptOut


def no_waits(school_id: Any, number: Any) -> ColumnElement[bool]:
    """True if a no about this number waits at this school; both are columns, or values."""
    return exists().where(
        FormOptOut.school_id == school_id,
        FormOptOut.number == number,
        FormOptOut.state == FormOptOutState.WAITING,
    )
