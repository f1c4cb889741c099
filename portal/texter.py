"""Sends the texts that are queued, and asks the provider for those that passed the portal by.

The one way out: nothing else reaches a transport. `flask texts work` runs it.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select

from portal import times
from portal.config import Settings
from portal.enums import InboundVia
from portal.extensions import db, writing
from portal.models import TextingNumber
from portal.services import inbound, text_outcomes, text_queue
from portal.services.inbound import Received
from portal.services.text_queue import InHand, Wait
from portal.transports import NotNowError, OptedOutError, RefusedError, Transport
from portal.transports.outbox import Outbox

THREADS = 4
FRESH = timedelta(seconds=2)
"""How long the gate's word is good for."""
OVERLAP = timedelta(hours=1)
"""What was asked for already is asked for again: texts show up late at the provider too."""
FAR_BACK = timedelta(days=30)
LONGEST_PAUSE = 0.5

Over = Callable[[], bool]
log = logging.getLogger(__name__)


def transport_of(settings: Settings) -> Transport:
    if settings.sms == "twilio":
        from portal.transports.twilio import Twilio  # takes a second to import

        return Twilio(settings)
    return Outbox()


def send_due(app: Flask, over: Over = lambda: False) -> int:
    """Send what is due, in step with the rate, until nothing is; how many went out."""
    settings: Settings = app.config["PORTAL"]
    with app.app_context(), writing():
        stale = text_queue.settle_stale()
    if stale:
        log.warning("of %s texts it is not known whether they went out", stale)
    threads = THREADS if settings.sms == "twilio" else 1
    counts = [0] * threads
    workers = [
        threading.Thread(target=_send_some, args=(app, over, counts, n), name=f"texts-{n}")
        for n in range(1, threads)
    ]
    for worker in workers:
        worker.start()
    _send_some(app, over, counts, 0)
    for worker in workers:
        worker.join()
    return sum(counts)


def _send_some(app: Flask, over: Over, counts: list[int], place: int) -> None:
    transport = transport_of(app.config["PORTAL"])
    with app.app_context():
        try:
            while not over():
                hand = _take()
                if hand is None:
                    return
                if isinstance(hand, Wait):
                    time.sleep(min(hand.seconds, LONGEST_PAUSE))
                else:
                    counts[place] += carry(hand, transport)
        except Exception:
            log.exception("texts can't be sent just now")
        finally:
            db.session.remove()


def _take() -> InHand | Wait | None:
    with writing():
        return text_queue.take()


def carry(hand: InHand, transport: Transport) -> bool:
    """Send a text in hand, with no transaction open, and write down what came of it."""
    try:
        provider_id = _already_there(hand, transport) if hand.in_doubt else None
        if times.now() - hand.taken_at > FRESH:
            return _given_back(hand, provider_id)
        provider_id = provider_id or transport.send(hand.passed, hand)
    except NotNowError as error:
        log.warning("text %s has to wait: %s", hand.id, error)
        with writing():
            text_outcomes.put_back(hand, error.in_doubt, error.rest)
        return False
    except OptedOutError:
        _opted_out(hand, transport)
        return False
    except RefusedError as error:
        log.warning("text %s is refused: %s", hand.id, error.code)
        with writing():
            text_outcomes.refused(hand, error.code)
        return False
    with writing():
        text_outcomes.sent(hand, provider_id)
    return True


def _given_back(hand: InHand, provider_id: str | None) -> bool:
    """Too long has passed since the gate was asked: ask it again, unless the text is there."""
    with writing():
        if provider_id is not None:
            text_outcomes.sent(hand, provider_id)
        else:
            text_outcomes.give_back(hand)
    return provider_id is not None


def _already_there(hand: InHand, transport: Transport) -> str | None:
    """The provider's id of the text, if it has it from an earlier attempt."""
    found = transport.sent_like(hand, hand.tried_at or hand.taken_at)
    known = text_queue.ids_of(hand.school_id, found)
    db.session.rollback()
    return next((provider_id for provider_id in found if provider_id not in known), None)


def _opted_out(hand: InHand, transport: Transport) -> None:
    """The provider has the number as unsubscribed: a STOP may have passed the portal by."""
    try:
        since = times.now() - FAR_BACK
        _take_in(transport.received(hand.texting_number, since, hand.number))
    except NotNowError as error:
        log.warning("text %s: the provider can't be asked what was missed: %s", hand.id, error)
        with writing():
            text_outcomes.put_back(hand, in_doubt=False)
        return
    with writing():
        text_outcomes.refused_as_opted_out(hand)


def reconcile(app: Flask) -> int:
    """Take in the texts that never arrived, of every texting number; how many there were.

    Raises NotNowError if the provider can't be asked.
    """
    transport = transport_of(app.config["PORTAL"])
    new = 0
    with app.app_context():
        try:
            for school_id, number, since in _texting_numbers():
                began = times.now()
                new += _take_in(transport.received(number, since))
                _look_for_unknown(school_id, number, transport)
                with writing():
                    row = db.session.get_one(TextingNumber, (school_id, number))
                    row.reconciled_to = began
        finally:
            db.session.remove()
    return new


def _texting_numbers() -> list[tuple[int, str, datetime]]:
    rows = db.session.scalars(select(TextingNumber).order_by(TextingNumber.number)).all()
    now = times.now()
    found = [(r.school_id, r.number, (r.reconciled_to or now - FAR_BACK) - OVERLAP) for r in rows]
    db.session.rollback()
    return found


def _take_in(texts: Iterable[Received]) -> int:
    new = 0
    for text in texts:
        with writing():
            taken = inbound.take_in(text, InboundVia.RECONCILE)
        new += taken is not None and taken.new
    return new


def _look_for_unknown(school_id: int, texting_number: str, transport: Transport) -> None:
    """Of texts whose sender died, the provider may know that it has them."""
    waiting = list(text_queue.not_known(school_id, times.now() - FAR_BACK))
    db.session.rollback()
    for hand in waiting:
        if hand.texting_number == texting_number and (there := _already_there(hand, transport)):
            with writing():
                text_outcomes.sent(hand, there)
