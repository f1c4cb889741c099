"""Pause texts to a number whose reply is a clear wish to stop, and note what staff decide about it.

docs/consent.md has the rules of pauses. The text itself begins one, right away.
"""

from sqlalchemy import select, update

from portal import clock
from portal.consent import ledger, pauses, texted_links
from portal.consent.ledger import Decision
from portal.consent.pauses import StaffEnding
from portal.enums import InboundKind, OwnerNoticeKind, PauseReason, Source
from portal.extensions import db, outside_link
from portal.models import ConsentPause, InboundMessage
from portal.queries.schools import SchoolRow
from portal.services.accounts.tokens import MakeUrl
from portal.services.actor import Actor
from portal.services.intake.owner_notices import notify_of_pause
from portal.services.texting import number_pauses, number_variants

REASONS = {
    InboundKind.WISH: PauseReason.LIKELY_STOP,
    InboundKind.WRONG_NUMBER: PauseReason.WRONG_NUMBER,
}


def pause_by_reply(school: SchoolRow, row: InboundMessage, decision: Decision) -> bool:
    """Begin the pause that a text asks for. True if it is the first to ask: that one is answered.

    `decision` says which text it was, of which number.
    """
    forms = number_variants.variants_on_file(school.id, decision.number)
    statuses = ledger.lock_in_order(school.id, forms)
    asked_before = any(
        pause.by_reply for status in statuses.values() for pause in pauses.open_pauses(status)
    )
    result = number_variants.decide(decision)
    row.event_seq = result.seq
    if not asked_before and result.seq is not None and decision.pause is not None:
        texted_links.void(school.id, forms)
        _email_parents(school, row.number, decision.pause, result.seq)
    return not asked_before


def _email_parents(school: SchoolRow, number: str, reason: PauseReason, place: int) -> None:
    def make_url(token: str) -> str:
        return outside_link("parent.link", slug=school.slug, token=token)

    notify_of_pause(school, number, OwnerNoticeKind.PAUSED, reason, place, make_url)


def confirm_wish(
    school: SchoolRow, text_id: int, note: str, actor: Actor, make_url: MakeUrl
) -> bool:
    """Note that a text is a wish to stop: the school was asked. That takes the place of the pauses
    that the number's texts began. False if there is no such text."""
    text = _text(school.id, text_id)
    if text is None:
        return False
    note = note or f"Their text: {text.body}"[:200]
    reason = PauseReason.ASKED_TO_STOP
    by_reply = [
        pause
        for pause in pauses.open_pauses(ledger.lock_status(school.id, text.number))
        if pause.by_reply
    ]
    if likely := list(filter(_is_likely, by_reply)):
        first = likely[0].began_seq
        number_pauses.confirm_wish(school, text.number, first, note, actor, make_url)
    elif not any(pause.reason == reason for pause in by_reply):  # a colleague was not quicker
        asked_at = text.happened_at
        number_pauses.pause_by_staff(school, text.number, reason, note, asked_at, actor, make_url)
    _mark_read(text, actor)
    return True


def reject_wish(
    school: SchoolRow, text_id: int, note: str, actor: Actor, make_url: MakeUrl
) -> bool:
    """End the pauses that a number's texts began, since they were no wish to stop. False if this
    account may not do that. If a later yes ended them, there is nothing left to do."""
    text = _text(school.id, text_id)
    if text is None:
        return False
    status = ledger.lock_status(school.id, text.number)
    begun = [pause for pause in pauses.open_pauses(status) if _is_likely(pause)]
    if begun and pauses.staff_ending(begun[0], actor.key, actor.is_admin) is None:
        return False
    for pause in begun:
        number_pauses.resume_by_staff(
            school, text.number, pause.began_seq, StaffEnding.WITH_EMAIL, note, actor, make_url
        )
    _mark_read(text, actor)
    return True


def _is_likely(pause: ConsentPause) -> bool:
    return pause.by_reply and pause.reason == PauseReason.LIKELY_STOP


def _text(school_id: int, text_id: int) -> InboundMessage | None:
    """Return a text that may be a wish to stop."""
    kinds = [InboundKind.WISH, InboundKind.WRONG_NUMBER, InboundKind.NEAR_MISS]
    return db.session.scalars(
        select(InboundMessage).where(
            InboundMessage.school_id == school_id,
            InboundMessage.id == text_id,
            InboundMessage.kind.in_(kinds),
        )
    ).first()


def _mark_read(text: InboundMessage, actor: Actor) -> None:
    """Mark the number's texts about it as read: what staff decided goes for all of them."""
    db.session.execute(
        update(InboundMessage)
        .where(
            InboundMessage.school_id == text.school_id,
            InboundMessage.number == text.number,
            InboundMessage.kind == text.kind,
            InboundMessage.read_at.is_(None),
        )
        .values(read_at=clock.now(), read_by=actor.name)
        .execution_options(synchronize_session=False)
    )


def pause_decision(school: SchoolRow, row: InboundMessage, number: str) -> Decision:
    """Return the decision by which a text pauses its number."""
    return Decision(
        school_id=school.id,
        number=number,
        source=Source.REPLY_PAUSE,
        answer=None,
        actor="handset",
        texting_number=row.texting_number,
        happened_at=row.happened_at,
        message_id=row.provider_id,
        pause=REASONS[InboundKind(row.kind)],
        evidence={"note": row.body},
    )
