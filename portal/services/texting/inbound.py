"""Texts that come in: kept once, taken for what they are, brought to the ledger.

Callers commit. The webhook, the reconciliation and the page that plays a handset all come here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import bindparam, select, update

from portal import clock
from portal.consent import keywords, ledger, texted_links
from portal.consent.reactions import own_words
from portal.enums import Answer, ConsentState, InboundKind, InboundVia, MessageKind, Refusal, Source
from portal.extensions import app_settings, db, insert_new
from portal.models import InboundMessage, Message
from portal.models.columns import new_id
from portal.normalize import without_control
from portal.phone import is_e164
from portal.phone.numbering_plans import variants_of
from portal.queries.schools import SchoolRow, school_with_texting_number
from portal.services.mail.reply_copies import tell_office
from portal.services.texting import handset_confirmation, number_variants, reply_wishes
from portal.services.texting import send as texting
from portal.services.texting.queue import ANSWER_WITHIN

LONGEST = 1600
QUOTABLE = 20
"""The newest texts to a number that a reply may quote."""
_READ_AT_ONCE = frozenset({InboundKind.STOP, InboundKind.HELP, InboundKind.WORD})


@dataclass(frozen=True, slots=True)
class Received:
    """A text as the provider tells of it."""

    provider_id: str
    number: str
    """The sender."""
    texting_number: str
    """The number that it came to."""
    body: str
    happened_at: datetime | None = None
    """Time when it came to the provider, if that was not right now."""
    opt_out_type: str | None = None
    media: int = 0


@dataclass(frozen=True, slots=True)
class InboundResult:
    """The result of a text."""

    school: SchoolRow
    kind: InboundKind
    new: bool
    """False: it was delivered before, and nothing was done."""


def receive_text(received: Received, via: InboundVia) -> InboundResult | None:
    """Keep a text and do what it says; None if no school has, or had, the number it came to."""
    school = school_with_texting_number(received.texting_number)
    if school is None:
        return None
    received = _fit_to_keep(received)
    kind = _kind_of(school, received)
    row = _keep(school, received, kind, via)
    if row is None:
        return InboundResult(school, kind, new=False)
    if is_e164(received.number):  # a short code has no consent to give
        _do(school, received, row)
    else:
        row.kind = InboundKind.REPLY
    _mark_handled(row)
    _keep_outcome(row)
    tell_office(school, row)
    return InboundResult(school, InboundKind(row.kind), new=True)


def _kind_of(school: SchoolRow, received: Received) -> InboundKind:
    """Classify a text. If only a quotation of our own text has a keyword, it is a reply."""
    kind = keywords.classify(received.body, received.opt_out_type)
    if kind is not InboundKind.NEAR_MISS and kind not in reply_wishes.REASONS:
        return kind
    named = {"school": school.id, "numbers": [received.number, *variants_of(received.number)]}
    for ours in db.session.scalars(_TEXTS_TO, named):
        own = own_words(received.body, ours)
        if own != received.body:
            own_kind = keywords.classify(own)
            return InboundKind.WISH if own_kind is InboundKind.STOP else own_kind
    return kind


_TEXTS_TO = (
    select(Message.body)
    .where(
        Message.school_id == bindparam("school"),
        Message.number.in_(bindparam("numbers", expanding=True)),
    )
    .order_by(Message.id.desc())
    .limit(QUOTABLE)
)


def _fit_to_keep(received: Received) -> Received:
    """Without characters that no database keeps, and no longer than there is room for."""
    return replace(
        received,
        provider_id=without_control(received.provider_id)[:64],
        number=without_control(received.number),
        body=without_control(received.body),
        opt_out_type=without_control(received.opt_out_type or "")[:10] or None,
    )


def _keep(
    school: SchoolRow, received: Received, kind: InboundKind, via: InboundVia
) -> InboundMessage | None:
    """Return the new row, which is not part of the session: `_keep_outcome` writes its outcome.
    None if the same text came before, by any way."""
    now = clock.now()
    for_all = kind is InboundKind.STOP and _is_for_all(received)
    happened = min((received.happened_at or now).astimezone(UTC), now)
    values = {
        "school_id": school.id,
        "id": new_id(),
        "provider_id": received.provider_id,
        "number": number_variants.variants_on_file(school.id, received.number)[0][:20],
        "texting_number": received.texting_number,
        "body": received.body[:LONGEST],
        "media": received.media,
        "opt_out_type": received.opt_out_type,
        "kind": kind,
        "via": via,
        "happened_at": happened,
        "recorded_at": now,
        "for_all": for_all,
        "carry_at": now if for_all else None,
    }
    return InboundMessage(**values) if insert_new(InboundMessage, "id", values) else None


def _is_for_all(received: Received) -> bool:
    """True for a STOP that means all schools of the district: `district_stops` writes it there."""
    settings = app_settings()
    said = settings.district_stop_all or keywords.is_stop_all(received.body)
    return settings.district and said and is_e164(received.number)


def _keep_outcome(row: InboundMessage) -> None:
    named = {"school": row.school_id, "row": row.id}
    outcome = {
        "became": row.kind,
        "event": row.event_seq,
        "refusal": row.code,
        "read": row.read_at,
    }
    db.session.execute(_OUTCOME, named | outcome)


_OUTCOME = (
    update(InboundMessage.__table__)  # type: ignore[arg-type]  # a mapped class has a Table
    .where(InboundMessage.school_id == bindparam("school"), InboundMessage.id == bindparam("row"))
    .values(
        kind=bindparam("became"),
        event_seq=bindparam("event"),
        code=bindparam("refusal"),
        read_at=bindparam("read"),
    )
)


def _do(school: SchoolRow, received: Received, row: InboundMessage) -> None:
    if row.kind == InboundKind.STOP:
        result = _decide(school, received, Answer.NO)
        _note(row, result)
        if result.changed and not row.for_all:
            _answer(school, received, MessageKind.STOP_CONFIRMATION, row)
        return
    word = handset_confirmation.accept_confirmation_word(
        school, row.number, received.body, received.provider_id, received.happened_at
    )
    if word is not None:
        row.kind = InboundKind.WORD
        _note(row, word)
    elif row.kind == InboundKind.START:
        start = _decide(school, received, Answer.YES)
        _note(row, start)
        if start.state is ConsentState.OPTED_OUT:
            _answer(school, received, MessageKind.HELP, row)
    elif keywords.is_yes(received.body):
        _decide(school, received, Answer.YES)  # it may answer a question: a reply all the same
    elif row.kind == InboundKind.HELP:
        _answer(school, received, MessageKind.HELP, row)
    else:
        _follow_words(school, received, row)


def _follow_words(school: SchoolRow, received: Received, row: InboundMessage) -> None:
    """Pause texts if it is a clear wish to stop, and void links if it only may be one."""
    if row.kind in reply_wishes.REASONS:
        decision = reply_wishes.pause_decision(school, row, received.number)
        first = reply_wishes.pause_by_reply(school, row, decision)
        if first and not _is_out(school, row.number):
            _answer(school, received, MessageKind.PAUSE_NOTICE, row)
    elif row.kind == InboundKind.NEAR_MISS:
        numbers = number_variants.variants_on_file(school.id, received.number)
        ledger.lock_in_order(school.id, numbers)
        texted_links.void(school.id, numbers)


def _decide(school: SchoolRow, received: Received, answer: Answer) -> ledger.Result:
    return number_variants.decide(
        ledger.Decision(
            school_id=school.id,
            number=received.number,
            source=Source.TEXT_REPLY,
            answer=answer,
            actor="handset",
            texting_number=received.texting_number,
            happened_at=received.happened_at,
            message_id=received.provider_id,
        )
    )


def _note(row: InboundMessage, result: ledger.Result) -> None:
    row.event_seq = result.seq
    row.code = result.code
    in_again = row.kind == InboundKind.START and result.state is ConsentState.OPTED_IN
    if in_again and ledger.lock_status(row.school_id, row.number).paused is None:
        row.read_at = row.recorded_at  # they get texts: nothing is left to do


def _mark_handled(row: InboundMessage) -> None:
    """Mark as read what staff need not read. A START of a number that stays opted out is for them,
    and so is a word that came too late: its owner wants texts, and only a form turns them on."""
    if row.kind in _READ_AT_ONCE and row.code != Refusal.OLDER_THAN_STOP:
        row.read_at = row.recorded_at


def _answer(school: SchoolRow, received: Received, kind: MessageKind, row: InboundMessage) -> None:
    """Unless the provider answers by itself, as it does where it says what it took the text for.
    The link by which a number that opted out can opt in again only the portal has."""
    by_portal = kind is MessageKind.PAUSE_NOTICE or (
        kind is MessageKind.HELP and _is_out(school, row.number)
    )
    if is_confirmed_by_provider(school, received.opt_out_type) and not by_portal:
        return
    if row.recorded_at - row.happened_at <= ANSWER_WITHIN:
        texting.queue_reply(school, kind, row.number, received.provider_id, received.texting_number)


def is_confirmed_by_provider(school: SchoolRow, opt_out_type: str | None) -> bool:
    return school.stop_confirmation == "provider" or bool(opt_out_type)


def _is_out(school: SchoolRow, number: str) -> bool:
    return ledger.lock_status(school.id, number).state == ConsentState.OPTED_OUT


def mark_read(school_id: int, ids: Iterable[int], who: str) -> int:
    """Note that staff read these; gives how many were unread until now. Not a wish to stop, which
    they decide on."""
    marked = db.session.execute(
        update(InboundMessage)
        .where(
            InboundMessage.school_id == school_id,
            InboundMessage.id.in_(list(ids)),
            InboundMessage.read_at.is_(None),
            InboundMessage.kind != InboundKind.WISH,
        )
        .values(read_at=clock.now(), read_by=who)
        .returning(InboundMessage.id)
    ).all()
    return len(marked)
