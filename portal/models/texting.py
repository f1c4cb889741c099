"""Texts: batches and their messages, which are the queue too, and what comes in.

A message is written in the transaction of its batch and sent after it (a transactional outbox).
"""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.enums import Answer, InboundKind, InboundVia, MessageFault, MessageKind, MessageState
from portal.models.columns import (
    BigRef,
    IdKey,
    Moment,
    Name,
    Number,
    ShortString,
    code_points,
    new_id,
    one_of,
    partial_index,
)
from portal.models.school import SchoolTable, school_fk


class Batch(SchoolTable):
    """One sending: what was said, by whom."""

    __tablename__ = "batch"

    id: Mapped[IdKey] = mapped_column(default=new_id)
    form_key: Mapped[str] = mapped_column(String(32))
    """Of the page that it was confirmed on: the same page sends it once."""
    actor: Mapped[str] = mapped_column(String(40))
    """`account:ID` or `cli`."""
    actor_name: Mapped[Name]
    about: Mapped[str] = mapped_column(String(200))
    """The people it was meant for, in words: `Mateo Ruiz's parents`, `12 contacts`."""
    body: Mapped[str] = mapped_column(Text)
    """As it is sent, with the school's name."""
    segments: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(Moment)
    cancelled_at: Mapped[datetime | None] = mapped_column(Moment)
    cancelled_by: Mapped[str | None] = mapped_column(String(100))
    send_at: Mapped[datetime | None] = mapped_column(Moment)
    """The time that staff chose. None: as soon as it may go out."""
    not_after: Mapped[datetime | None] = mapped_column(Moment)
    """Its texts fail from then on. None only for batches of earlier versions."""
    purpose: Mapped[str | None] = mapped_column(String(100))
    """The emergency, in the words of the one who sent it. None: it is no emergency text."""
    approved_at: Mapped[datetime | None] = mapped_column(Moment)
    """Time when an admin approved an emergency text, or sent it."""
    approved_by: Mapped[str | None] = mapped_column(String(100))

    __table_args__ = (
        UniqueConstraint("school_id", "form_key"),
        Index("ix_batch_made", "school_id", "made_at"),
    )


class BatchStudent(SchoolTable):
    """A student that a batch was about: chosen, or a child of a parent who was chosen."""

    __tablename__ = "batch_student"

    batch_id: Mapped[BigRef] = mapped_column(primary_key=True)
    student_id: Mapped[BigRef] = mapped_column(primary_key=True)

    __table_args__ = (
        school_fk(["batch_id"], "batch", ["id"]),
        school_fk(["student_id"], "contact", ["id"]),
    )


class Message(SchoolTable):
    """One text to one number, or the attempt at one."""

    __tablename__ = "message"

    id: Mapped[IdKey] = mapped_column(default=new_id)
    batch_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[ShortString]
    rank: Mapped[int]
    """The order of sending: 0 an answer to a text, or an emergency; 1 a welcome; 2 a batch's. Those
    of rank 0 go out at any hour."""
    number: Mapped[str | None] = mapped_column(code_points(16))
    """None where the contact has no cell phone: such an attempt fails at once."""
    texting_number: Mapped[Number]
    """The number that it goes out from."""
    body: Mapped[str] = mapped_column(Text)
    """The text as it is sent. If it ends with a link, `[link]` is in its place here."""
    language: Mapped[str] = mapped_column(String(5))
    segments: Mapped[int]
    state: Mapped[ShortString] = mapped_column(default=MessageState.QUEUED)
    reason: Mapped[str | None] = mapped_column(code_points(20))
    """A MessageFault, where it failed."""
    error_code: Mapped[int | None]
    """The provider's."""
    event_seq: Mapped[int | None]
    """The consent event that had opted the number in, set as it passed the gate. Of a text that the
    gate refused, the number's newest event."""
    reply_to: Mapped[str | None] = mapped_column(String(64))
    """The provider's id of the text that it answers."""
    made_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    attempts: Mapped[int] = mapped_column(default=0)
    in_doubt: Mapped[bool] = mapped_column(default=False)
    """The provider may have taken it at the last attempt (a time-out): ask it before the next."""
    taken_at: Mapped[datetime | None] = mapped_column(Moment)
    """Time when the provider was given it."""
    provider_id: Mapped[str | None] = mapped_column(String(64))
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    """Time when it came to its last state so far."""

    __table_args__ = (
        school_fk(["batch_id"], "batch", ["id"]),
        one_of("kind", MessageKind),
        one_of("state", MessageState),
        one_of("reason", MessageFault),
        CheckConstraint("number IS NOT NULL OR state = 'failed'", name="number_unless_it_failed"),
        Index("uq_message_batch_number", "school_id", "batch_id", "number", unique=True),
        Index("uq_message_reply_to", "school_id", "reply_to", unique=True),
        Index("uq_message_provider_id", "school_id", "provider_id", unique=True),
        partial_index(
            "uq_message_welcome", "school_id", "number", where="kind = 'welcome'", unique=True
        ),
        partial_index(
            "ix_message_due",
            "school_id",
            "texting_number",
            "rank",
            "due_at",
            "id",
            where="state = 'queued'",
        ),
        partial_index(
            "ix_message_sending", "school_id", "number", "taken_at", where="state = 'sending'"
        ),
        Index("ix_message_batch", "school_id", "batch_id", "state"),
        Index("ix_message_number", "school_id", "number", "id"),
        Index("ix_message_state", "school_id", "state", "id"),
        partial_index("ix_message_reason", "school_id", "reason", "id", where="reason IS NOT NULL"),
    )


class MessageContact(SchoolTable):
    """A contact that a message was for; a number that two parents share has both."""

    __tablename__ = "message_contact"

    message_id: Mapped[BigRef] = mapped_column(primary_key=True)
    contact_id: Mapped[BigRef] = mapped_column(primary_key=True)

    __table_args__ = (
        school_fk(["message_id"], "message", ["id"]),
        school_fk(["contact_id"], "contact", ["id"]),
        Index("ix_message_contact_contact", "school_id", "contact_id", "message_id"),
    )


class TextedLink(SchoolTable):
    """A link to the consent question about a number, texted to it. `portal.consent.texted_links`
    has the rules by which it is void."""

    __tablename__ = "texted_link"

    id: Mapped[IdKey] = mapped_column(default=new_id)
    number: Mapped[Number]
    token_hash: Mapped[str] = mapped_column(String(64))
    """The SHA-256 of the token. The token itself is nowhere in the database."""
    seq: Mapped[int]
    """The number's `ConsentStatus.last_seq` when the text was written."""
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    """The text that carries it; None once that is sent again, with a new link."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    used_for: Mapped[str | None] = mapped_column(String(3))
    """The answer that was given by it."""
    used_session: Mapped[str | None] = mapped_column(String(64))
    """Stands for the browser that gave it: tapped twice there, it is one answer."""
    voided_at: Mapped[datetime | None] = mapped_column(Moment)

    __table_args__ = (
        UniqueConstraint("school_id", "token_hash"),
        school_fk(["message_id"], "message", ["id"]),
        one_of("used_for", Answer),
        Index("uq_texted_link_message", "school_id", "message_id", unique=True),
        partial_index(
            "uq_texted_link_open",
            "school_id",
            "number",
            where="used_at IS NULL AND voided_at IS NULL",
            unique=True,
        ),
    )


class InboundMessage(SchoolTable):
    """A text that came in, once, however often it was delivered."""

    __tablename__ = "inbound_text"

    id: Mapped[IdKey] = mapped_column(default=new_id)
    provider_id: Mapped[str] = mapped_column(String(64))
    number: Mapped[str] = mapped_column(code_points(20))
    """The sender: E.164, or as the provider wrote it (a short code)."""
    texting_number: Mapped[Number]
    """The number that it came to. A former one, maybe."""
    body: Mapped[str] = mapped_column(Text)
    media: Mapped[int] = mapped_column(default=0)
    """The number of pictures and the like that came with it. They are not fetched."""
    opt_out_type: Mapped[str | None] = mapped_column(String(10))
    """The provider's reading of it: STOP, START, or HELP."""
    kind: Mapped[ShortString]
    via: Mapped[ShortString]
    happened_at: Mapped[datetime] = mapped_column(Moment)
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    event_seq: Mapped[int | None]
    """The consent event that it made."""
    code: Mapped[str | None] = mapped_column(String(40))
    """The ledger's Refusal, if it did not have its effect."""
    for_all: Mapped[bool] = mapped_column(default=False, server_default=false())
    """True for a STOP that means every school of the district."""
    carry_at: Mapped[datetime | None] = mapped_column(Moment)
    """The time from which it may be written at the other schools. None once it is."""
    read_at: Mapped[datetime | None] = mapped_column(Moment)
    """Time when staff marked it as read. Texts that need no reading are read as they come in."""
    read_by: Mapped[str | None] = mapped_column(String(100))

    __table_args__ = (
        UniqueConstraint("school_id", "provider_id"),
        one_of("kind", InboundKind),
        one_of("via", InboundVia),
        Index("ix_inbound_text_number", "school_id", "number", "id"),
        partial_index("ix_inbound_text_unread", "school_id", "id", where="read_at IS NULL"),
        partial_index("ix_inbound_text_stop", "school_id", "id", where="kind = 'stop'"),
        partial_index("ix_inbound_text_carry", "school_id", "id", where="carry_at IS NOT NULL"),
    )


class MessageReport(SchoolTable):
    """The provider's report on a text, kept as it came. It may come before the provider's id is
    known here, again, and out of order."""

    __tablename__ = "message_report"

    id: Mapped[IdKey] = mapped_column(default=new_id)
    provider_id: Mapped[str] = mapped_column(String(64))
    status: Mapped[ShortString]
    error_code: Mapped[int | None]
    recorded_at: Mapped[datetime] = mapped_column(Moment)
    unsubscribed: Mapped[str | None] = mapped_column(code_points(16))
    """The number, if the provider reports that it is unsubscribed there and nothing has come of it
    yet: what was missed from it has to be received first."""
    texting_number: Mapped[Number]

    __table_args__ = (
        UniqueConstraint("school_id", "provider_id", "status"),
        partial_index(
            "ix_message_report_unsubscribed", "school_id", "id", where="unsubscribed IS NOT NULL"
        ),
    )
