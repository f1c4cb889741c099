"""A STOP for all schools of the district: what each transaction does that carries it to them.

The transaction of the school that was texted keeps the text, its own "no", and the mark that the
others are still to come (`inbound_text.carry_at`). So whatever ends the portal
after it, the text is found again. `portal/delivery/district_stops.py` runs one more transaction for
each school, and a last one that confirms. Each may run again: none of them records anything twice.
Callers commit.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from portal.consent import ledger
from portal.enums import Answer, ConsentState, MessageKind, Source
from portal.extensions import db
from portal.models import ConsentEvent, InboundMessage, same_school
from portal.phone.numbering_plans import variants_of
from portal.queries.schools import get_school_by_id
from portal.queries.texting.across_schools import schools_with
from portal.services.texting import inbound, number_variants
from portal.services.texting import send as texting
from portal.services.texting.queue import ANSWER_WITHIN


@dataclass(frozen=True, slots=True)
class DistrictStop:
    school_id: int
    """The school that was texted."""
    id: int
    provider_id: str
    number: str
    texting_number: str
    happened_at: datetime
    carried: bool
    """True if it is written at every school."""


def find(school_id: int, provider_id: str) -> DistrictStop | None:
    """Return the text with the provider's id, if it is a STOP for all schools."""
    row = db.session.scalars(
        select(InboundMessage).where(
            InboundMessage.school_id == school_id,
            InboundMessage.provider_id == provider_id,
            InboundMessage.for_all,
        )
    ).first()
    return _stop(row) if row else None


def waiting() -> list[DistrictStop]:
    """Return those that are not written at every school yet, in the order that they came."""
    rows = db.session.scalars(
        select(InboundMessage)
        .where(InboundMessage.carry_at.is_not(None))
        .order_by(InboundMessage.school_id, InboundMessage.id)
    )
    return [_stop(row) for row in rows]


def other_schools(stop: DistrictStop) -> list[int]:
    """Return the other schools that the STOP is for."""
    return [one for one in schools_with(variants_of(stop.number)) if one != stop.school_id]


def opt_out(stop: DistrictStop, school_id: int) -> bool:
    """Write the "no" at another school. True if it changed something there."""
    numbers = number_variants.variants_on_file(school_id, stop.number)
    ledger.lock_in_order(school_id, numbers)
    if (changed := _opted_out_by(stop, school_id, numbers)) is not None:
        return changed  # it was written there before
    decision = ledger.Decision(
        school_id=school_id,
        number=stop.number,
        source=Source.TEXT_REPLY,
        answer=Answer.NO,
        actor="handset",
        texting_number=stop.texting_number,
        happened_at=stop.happened_at,
        message_id=stop.provider_id,
    )
    return number_variants.decide(decision).changed


def finish(stop: DistrictStop, changed: bool) -> None:
    """Note that the STOP is written everywhere, and confirm it, if it changed anything."""
    numbers = number_variants.variants_on_file(stop.school_id, stop.number)
    ledger.lock_in_order(stop.school_id, numbers)
    row = db.session.scalars(
        select(InboundMessage)
        .where(
            InboundMessage.school_id == stop.school_id,
            InboundMessage.id == stop.id,
            InboundMessage.carry_at.is_not(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        return  # another process was quicker
    row.carry_at = None
    db.session.flush()
    school = get_school_by_id(stop.school_id)
    late = row.recorded_at - row.happened_at > ANSWER_WITHIN
    if late or inbound.is_confirmed_by_provider(school, row.opt_out_type):
        return
    if changed or _opted_out_by(stop, stop.school_id, numbers):
        kind = MessageKind.STOP_CONFIRMATION
        texting.queue_reply(
            school, kind, row.number, row.provider_id, row.texting_number, for_all=True
        )


def _opted_out_by(stop: DistrictStop, school_id: int, numbers: list[str]) -> bool | None:
    """True if the STOP opted the number out at a school where it was not; None if it is not written
    there."""
    before = aliased(ConsentEvent)
    found = db.session.execute(
        select(
            ConsentEvent.state == ConsentState.OPTED_OUT,
            or_(before.state.is_(None), before.state != ConsentState.OPTED_OUT),
        )
        .outerjoin(
            before,
            same_school(
                before,
                ConsentEvent,
                before.number == ConsentEvent.number,
                before.seq == ConsentEvent.seq - 1,
            ),
        )
        .where(
            ConsentEvent.school_id == school_id,
            ConsentEvent.number.in_(numbers),
            ConsentEvent.message_id == stop.provider_id,
        )
    ).first()
    return None if found is None else bool(found[0] and found[1])


def _stop(row: InboundMessage) -> DistrictStop:
    return DistrictStop(
        school_id=row.school_id,
        id=row.id,
        provider_id=row.provider_id,
        number=row.number,
        texting_number=row.texting_number,
        happened_at=row.happened_at,
        carried=row.carry_at is None,
    )
