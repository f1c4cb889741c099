"""Ids of the newest texts that match the filters, each by an index.

| asked for | out | in |
|---|---|---|
| everything | the key | the key |
| a contact | ix_message_contact_contact; ix_holding_contact, ix_message_number | ix_holding_contact, ix_inbound_text_number |
| numbers | ix_message_number | ix_inbound_text_number |
| a batch | ix_message_batch | - |
| a reason | ix_message_reason | - |
| sent, failed | ix_message_state | - |
| unread | - | ix_inbound_text_unread |
| STOP from no record | - | ix_inbound_text_stop, ix_phone_number |

The first of these filters leads. The others are applied to its rows.
"""  # noqa: E501 -- a table

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    exists,
    literal_column,
    or_,
    select,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute

from portal.enums import InboundKind, MessageState
from portal.models import Holding, InboundMessage, Message, MessageContact, Phone

SchoolId = int | BindParameter[int]
SHOWS = ("all", "replies", "sent", "failed", "received", "unread", "read", "no_record")
FAILED_STATES = (MessageState.FAILED, MessageState.UNDELIVERED, MessageState.NOT_KNOWN)
OF_STATES = {
    "sent": (MessageState.SENT, MessageState.DELIVERED),
    "failed": FAILED_STATES,
}
AS_REASONS = (MessageState.UNDELIVERED, MessageState.NOT_KNOWN)
"""States that are asked for as reasons are: they say by themselves why."""
_ONLY_IN = {"replies", "received", "unread", "read", "no_record"}
_STOP: ColumnElement[str] = literal_column(f"'{InboundKind.STOP.value}'")
"""Written out: a partial index serves a condition that the database can read, not a bound value."""


@dataclass(frozen=True, slots=True)
class LogFilter:
    """The filters of the log."""

    show: str = "all"
    """One of SHOWS."""
    contact_ids: tuple[int, ...] | BindParameter[int] | None = None
    """Ids, or what they are bound to later."""
    numbers: tuple[str, ...] | None = None
    """E.164, or as the provider gave it; None: any."""
    reason: str | None = None
    """A MessageFault, or one of AS_REASONS."""
    batch_id: int | None = None
    before: int | None = None
    """The id that the page comes before."""
    kinds: frozenset[InboundKind] | None = None
    """Of texts that came in: only these kinds. None: all."""

    @property
    def out(self) -> bool:
        return self.show not in _ONLY_IN

    @property
    def came(self) -> bool:
        return self.show not in OF_STATES and self.reason is None and self.batch_id is None


def out_ids(school_id: SchoolId, log_filter: LogFilter, limit: int) -> Select[int]:
    """The ids of at least the newest so many texts out: each way gives its newest."""
    ways = [
        _narrowed(way, Message.id, _of_out(school_id, log_filter), log_filter, limit)
        for way in _ways_out(school_id, log_filter)
    ]
    return _together(ways)


def came_ids(school_id: SchoolId, log_filter: LogFilter, limit: int) -> Select[int]:
    """The ids of the newest so many texts that came in."""
    way = select(InboundMessage.id)
    if log_filter.contact_ids is not None:
        held = _held(
            school_id, log_filter.contact_ids, InboundMessage.number, InboundMessage.happened_at
        )
        way = way.join(Holding, held).distinct()
    return _together(
        [_narrowed(way, InboundMessage.id, _of_came(school_id, log_filter), log_filter, limit)]
    )


def _ways_out(school_id: SchoolId, log_filter: LogFilter) -> list[Select[int]]:
    ids = select(Message.id)
    if log_filter.contact_ids is not None:
        for_them = and_(
            MessageContact.school_id == school_id,
            MessageContact.message_id == Message.id,
            MessageContact.contact_id.in_(log_filter.contact_ids),
        )
        held = _held(school_id, log_filter.contact_ids, Message.number, Message.made_at)
        return [
            ids.join(MessageContact, for_them).distinct(),
            ids.join(Holding, held).distinct(),
        ]
    if log_filter.numbers is None and log_filter.batch_id is None and log_filter.reason is None:
        states = OF_STATES.get(log_filter.show, ())
        return [ids.where(Message.state == state) for state in states] or [ids]
    return [ids]


def _of_out(school_id: SchoolId, log_filter: LogFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [Message.school_id == school_id]
    if log_filter.numbers is not None:
        found.append(Message.number.in_(log_filter.numbers))
    if log_filter.batch_id is not None:
        found.append(Message.batch_id == log_filter.batch_id)
    if log_filter.reason in AS_REASONS:
        found.append(Message.state == log_filter.reason)
    elif log_filter.reason is not None:
        found += [Message.reason == log_filter.reason, Message.state.in_(FAILED_STATES)]
    if log_filter.show in OF_STATES:
        found.append(Message.state.in_(OF_STATES[log_filter.show]))
    return found


def _of_came(school_id: SchoolId, log_filter: LogFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [InboundMessage.school_id == school_id]
    if log_filter.numbers is not None:
        found.append(InboundMessage.number.in_(log_filter.numbers))
    if log_filter.show == "unread":
        found.append(InboundMessage.read_at.is_(None))
    if log_filter.show == "read":
        found.append(InboundMessage.read_at.is_not(None))
    if log_filter.kinds is not None:
        found.append(InboundMessage.kind.in_(sorted(log_filter.kinds)))
    if log_filter.show == "no_record":
        on_record = exists().where(
            Phone.school_id == school_id, Phone.number == InboundMessage.number
        )
        found += [InboundMessage.kind == _STOP, ~on_record]
    return found


def _held(
    school_id: SchoolId,
    contact_ids: Sequence[int] | BindParameter[int],
    number: InstrumentedAttribute[Any],
    at: InstrumentedAttribute[Any],
) -> ColumnElement[bool]:
    """True if the number was on the record of one of these contacts then."""
    return and_(
        Holding.school_id == school_id,
        Holding.contact_id.in_(contact_ids),
        Holding.number == number,
        Holding.since <= at,
        or_(Holding.until.is_(None), Holding.until >= at),
    )


def _narrowed(
    way: Select[int],
    key: InstrumentedAttribute[int],
    conditions: list[ColumnElement[bool]],
    log_filter: LogFilter,
    limit: int,
) -> Select[int]:
    if log_filter.before is not None:
        conditions = [*conditions, key < log_filter.before]
    return way.where(*conditions).order_by(key.desc()).limit(limit)


def _together(ways: list[Select[int]]) -> Select[int]:
    found = [way.subquery() for way in ways]
    parts = [select(way.c.id) for way in found]
    return parts[0] if len(parts) == 1 else select(union(*parts).subquery().c.id)
