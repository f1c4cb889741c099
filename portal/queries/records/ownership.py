"""Check that the ids in a request are of this school.

An id of another school must look like one that nobody has: not be passed over in silence.
"""

from collections.abc import Iterable
from typing import Literal

from sqlalchemy import func, select

from portal.extensions import db, in_chunks
from portal.models import Contact, InboundMessage, Proposal, StaffNotice

_MODELS: dict[str, type[Contact] | type[InboundMessage] | type[Proposal] | type[StaffNotice]] = {
    "contact": Contact,
    "inbound_text": InboundMessage,
    "proposal": Proposal,
    "staff_notice": StaffNotice,
}

Kind = Literal["contact", "inbound_text", "proposal", "staff_notice"]


def all_at_school(school_id: int, kind: Kind, ids: Iterable[int]) -> bool:
    """True if the school has a row of each id; true of no ids."""
    model = _MODELS[kind]
    for some in in_chunks(sorted(set(ids))):
        found = select(func.count()).where(model.school_id == school_id, model.id.in_(some))
        if db.session.scalar(found) != len(some):
            return False
    return True
