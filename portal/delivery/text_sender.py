"""Carries one text after another to the provider, and asks it for those that passed the portal by.

The one way out: nothing else reaches a transport. portal/delivery/text_worker.py keeps it going.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from portal import clock
from portal.config import Settings
from portal.delivery import district_stops
from portal.delivery.recording import record_outcome
from portal.delivery.transports import NotNowError as NotNowError  # noqa: PLC0414 -- callers meet it
from portal.delivery.transports import OptedOutError, ProviderMessage, RefusedError, Transport
from portal.delivery.transports.outbox import Outbox
from portal.enums import InboundVia
from portal.extensions import db, writing
from portal.models import TextingNumber
from portal.phone.numbering_plans import variants_of
from portal.services.texting import delivery_reports, inbound, late_texts, outcomes
from portal.services.texting import queue as text_queue
from portal.services.texting.delivery_reports import Report
from portal.services.texting.inbound import Received
from portal.services.texting.queue import ClaimedMessage, Outgoing, Wait

FRESH = timedelta(seconds=2)
"""Time that a permit of the gate is good for."""
OVERLAP = timedelta(hours=1)
"""Overlap between two checks for missed texts: texts show up late at the provider too."""
FAR_BACK = timedelta(days=30)
LOOKED_FOR = timedelta(days=1)
"""Time for which the provider is asked about a text whose outcome is not known."""

ShouldStop = Callable[[], bool]
log = logging.getLogger(__name__)


def transport_of(settings: Settings) -> Transport:
    """A sender, one for each thread."""
    if settings.sms == "twilio":
        from portal.delivery.transports.twilio import Twilio  # takes a second to import

        return Twilio(settings)
    return Outbox()


def claim_next() -> ClaimedMessage | Wait | None:
    """See text_queue.claim_next; in a transaction of its own, like all that is called from here."""
    with writing():
        return text_queue.claim_next()


def mark_stale_unknown() -> None:
    with writing():
        stale = text_queue.mark_stale_unknown()
    if stale:
        log.warning("%s texts have an unknown outcome", stale)


def fail_late() -> None:
    """Fail texts whose time is over, and look first if there are any: a write makes others wait."""
    any_late = late_texts.any_late(clock.now())
    db.session.rollback()
    if any_late:
        with writing():
            batches = late_texts.fail_late(clock.now())
        log.warning("texts of %s batches were too late to send", batches)


def send_claimed(claimed: ClaimedMessage, transport: Transport) -> bool:
    """Send a claimed text, with no transaction open, and record the outcome."""
    try:
        there = _already_there(claimed, transport) if claimed.in_doubt else None
        if there is not None:
            record_outcome(lambda: _mark_sent(claimed, there))
            return True
        if clock.now() - claimed.taken_at > FRESH:
            record_outcome(lambda: outcomes.release(claimed))
            return False
        provider_id = transport.send(claimed.permit, claimed)
    except NotNowError as error:
        in_doubt, rest = error.in_doubt, error.rest
        log.warning("text %s: will retry: %s", claimed.id, error)
        record_outcome(lambda: outcomes.reschedule(claimed, in_doubt, rest))
        return False
    except OptedOutError:
        _opted_out(claimed, transport)
        return False
    except RefusedError as error:
        code = error.code
        log.warning("text %s: rejected: %s", claimed.id, code)
        record_outcome(lambda: outcomes.mark_refused(claimed, code))
        return False
    record_outcome(lambda: outcomes.mark_sent(claimed, provider_id))
    return True


def reconcile(app: Flask, should_stop: ShouldStop = lambda: False) -> int:
    """Take in the texts that never arrived, of every texting number, and look for texts of which
    it is not known what came of them; how many came in that were new.

    Raises NotNowError at the end if the provider could not be asked about one of them.
    """
    transport = transport_of(app.config["PORTAL"])
    new = 0
    failed: NotNowError | None = None
    with app.app_context():
        for school_id, number, since in _texting_numbers():
            if should_stop():
                break
            try:
                new += _reconcile_one(school_id, number, since, transport)
                _look_for_unknown(school_id, number, transport)
            except NotNowError as error:
                failed = failed or error
    district_stops.carry_waiting()
    if failed is not None:
        raise failed
    return new


def settle_unsubscribed(settings: Settings) -> None:
    """Act on reports that a number is unsubscribed: a STOP may have passed the portal by.

    Raises NotNowError if the provider can't be asked; the report waits.
    """
    waiting = delivery_reports.unsubscribed()
    db.session.rollback()
    if not waiting:
        return
    transport = transport_of(settings)
    for one in waiting:
        _receive_missed(transport, one.texting_number, one.number)
        with writing():
            delivery_reports.settle_unsubscribed(one)


def _receive_missed(transport: Transport, texting_number: str, number: str) -> None:
    """Receive missed texts from a phone, in every form of its number."""
    for form in variants_of(number):
        _receive_all(transport.received(texting_number, clock.now() - FAR_BACK, form))


def _reconcile_one(school_id: int, number: str, since: datetime, transport: Transport) -> int:
    began = clock.now()
    new, failed = _receive_all(transport.received(number, since))
    if not failed:
        with writing():
            db.session.get_one(TextingNumber, (school_id, number)).reconciled_to = began
    return new


def _texting_numbers() -> list[tuple[int, str, datetime]]:
    rows = db.session.scalars(select(TextingNumber).order_by(TextingNumber.number)).all()
    now = clock.now()
    found = [(r.school_id, r.number, (r.reconciled_to or now - FAR_BACK) - OVERLAP) for r in rows]
    db.session.rollback()
    return found


def _receive_all(texts: Iterable[Received]) -> tuple[int, int]:
    """Receive texts, and return the numbers of new and of failed ones. A text that fails does not
    keep the STOP after it out."""
    new = failed = 0
    for text in texts:
        try:
            with writing():
                taken = inbound.receive_text(text, InboundVia.RECONCILE)
        except OperationalError:
            raise
        except Exception:
            log.exception("could not save the incoming text %s", text.provider_id)
            failed += 1
        else:
            new += taken is not None and taken.new
    return new, failed


def _look_for_unknown(school_id: int, texting_number: str, transport: Transport) -> None:
    """Ask the provider for texts whose sender died."""
    waiting = outcomes.unknown_outcomes(school_id, texting_number, clock.now() - LOOKED_FOR)
    db.session.rollback()
    for text in waiting:
        there = _already_there(text, transport)
        if there is not None:
            with writing():
                _mark_sent(text, there)


def _already_there(text: Outgoing, transport: Transport) -> ProviderMessage | None:
    """Return the provider's copy of the text, if it has one."""
    found = transport.find(text, text.made_at)
    known = outcomes.known_provider_ids(text.school_id, [there.provider_id for there in found])
    db.session.rollback()
    return next((there for there in found if there.provider_id not in known), None)


def _mark_sent(text: Outgoing, there: ProviderMessage) -> None:
    outcomes.mark_sent(text, there.provider_id)
    delivery_reports.receive_report(
        Report(
            provider_id=there.provider_id,
            texting_number=text.texting_number,
            number=text.number,
            status=there.status,
            error_code=there.error_code,
        )
    )


def _opted_out(claimed: ClaimedMessage, transport: Transport) -> None:
    """The provider has the number as unsubscribed: a STOP may have passed the portal by."""
    try:
        _receive_missed(transport, claimed.texting_number, claimed.number)
    except NotNowError as error:
        log.warning("text %s: could not check the provider for missed texts: %s", claimed.id, error)
        record_outcome(lambda: outcomes.reschedule(claimed, in_doubt=False))
        return
    record_outcome(lambda: outcomes.mark_opted_out(claimed))
