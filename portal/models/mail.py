"""Mail that waits to be sent: written in the transaction that it tells of, sent after it; and the
campaigns that write it for many."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.enums import EmailFault
from portal.models.columns import (
    IdKey,
    Moment,
    Name,
    ShortString,
    code_points,
    new_id,
    one_of,
    partial_index,
)
from portal.models.school import SchoolTable


class Mail(SchoolTable):
    __tablename__ = "mail"

    id: Mapped[IdKey] = mapped_column(default=new_id)
    kind: Mapped[ShortString]
    """One of the kinds in services/mail/queue.py's RANKS: `code`, `receipt`, `owner_notice`..."""
    rank: Mapped[int] = mapped_column(default=0, server_default="0")
    """Of what is due at the same time, the lowest goes first."""
    to_address: Mapped[str] = mapped_column(String(254))
    to_key: Mapped[str] = mapped_column(code_points(254), server_default="")
    """The address as limits count it."""
    network: Mapped[str] = mapped_column(String(45), default="", server_default="")
    """The network that caused it; empty where nobody outside did."""
    language: Mapped[str] = mapped_column(String(5))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    """Plain text."""
    created_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    """Time of the next try."""
    claimed_until: Mapped[datetime | None] = mapped_column(Moment)
    """A process has it in hand; after this moment another may take it."""
    attempts: Mapped[int] = mapped_column(default=0)
    message_id: Mapped[str | None] = mapped_column(String(400))
    """Its `Message-ID`, made for the first try and the same for the others (see `queue.MARK`)."""
    sent_at: Mapped[datetime | None] = mapped_column(Moment)
    failed: Mapped[str | None] = mapped_column(String(200))
    """The reason why we gave it up, or why it came back, in words."""

    __table_args__ = (
        partial_index("ix_mail_due", "rank", "due_at", where="sent_at IS NULL AND failed IS NULL"),
        Index("ix_mail_newest", "school_id", "created_at"),
        Index("ix_mail_to", "school_id", "to_key", "due_at"),
        Index("ix_mail_network", "school_id", "network", "due_at"),
        Index("ix_mail_kind", "school_id", "kind", "due_at"),
    )


class EmailRefusal(SchoolTable):
    """An address that the last email did not reach. Deleted once a server accepts a later one."""

    __tablename__ = "email_refusal"

    email_key: Mapped[str] = mapped_column(code_points(254), primary_key=True)
    refused_at: Mapped[datetime] = mapped_column(Moment)
    fault: Mapped[ShortString]

    __table_args__ = (one_of("fault", EmailFault),)


class Campaign(SchoolTable):
    """The form, emailed to the parents of some groups. They are gone through by their ids, some in
    each transaction, so it goes on where it was after any interruption."""

    __tablename__ = "campaign"

    id: Mapped[IdKey] = mapped_column(default=new_id)
    form_key: Mapped[str] = mapped_column(String(32))
    """Of the page that it was started on: the same page starts it once."""
    actor_name: Mapped[Name]
    no_answer: Mapped[bool]
    typed_by_staff: Mapped[bool]
    opted_out: Mapped[bool]
    enrolled_only: Mapped[bool]
    made_at: Mapped[datetime] = mapped_column(Moment)
    expected: Mapped[int]
    """The parents that there were when it was started."""
    last_id: Mapped[int] = mapped_column(BigInteger, default=0)
    """The last parent who had their turn."""
    parents: Mapped[int] = mapped_column(default=0)
    """The parents whom it has emailed."""
    emails: Mapped[int] = mapped_column(default=0)
    """The emails to them: parents who share an address share one."""
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    canceled_by: Mapped[str | None] = mapped_column(String(100))

    __table_args__ = (
        UniqueConstraint("school_id", "form_key"),
        partial_index("ix_campaign_unfinished", "school_id", "id", where="finished_at IS NULL"),
    )
