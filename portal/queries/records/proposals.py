"""Changes to review on a record, as rows for a page."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

from sqlalchemy import Row, bindparam, or_, select

from portal.enums import ConsentState, ProposalKind, ProposalState
from portal.extensions import fetch
from portal.labels import FIELD_WORDS, SLOT_WORDS
from portal.models import (
    ConsentStatus,
    Contact,
    Phone,
    Proposal,
    RecordEdit,
    Submission,
    same_school,
)
from portal.queries.stacked import IDS, SCHOOL


@dataclass(frozen=True, slots=True)
class ProposalRow:
    id: int
    kind: ProposalKind
    contact_id: int
    contact_name: str
    """The owner of the record that it would change."""
    subject: str
    old: dict[str, Any] | None
    new: dict[str, Any]
    sent_by: str
    """The name that the form's sender gave."""
    proposed_at: datetime
    only_the_parent: bool
    """A yes about a number that opted out: staff can't accept it."""
    changes_sign_in: bool
    """An email of a parent: they sign in with it. Never accepted along with others."""
    newer_at: datetime | None = None
    """The time of the value on file, if that is newer than the form. Never accepted along with
    others."""

    @property
    def seen(self) -> str:
        """A digest of the value on file that the page shows. It comes back with the decision."""
        return value_digest(self.old)

    @property
    def by_itself(self) -> bool:
        """True if it is accepted only by itself, after it was read."""
        return self.changes_sign_in or self.newer_at is not None


def value_digest(value: dict[str, Any] | None) -> str:
    """Return a short digest of a value on file, as proposals keep it."""
    return sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


WAITING = (
    select(
        Proposal.id,
        Proposal.kind,
        Proposal.contact_id,
        Proposal.subject,
        Proposal.old,
        Proposal.new,
        Proposal.proposed_at,
        Contact.full_name,
        Submission.evidence,
        ConsentStatus.state.label("number_state"),
    )
    .join(Contact, same_school(Contact, Proposal, Contact.id == Proposal.contact_id))
    .join(Submission, same_school(Submission, Proposal, Submission.id == Proposal.submission_id))
    .outerjoin(
        ConsentStatus,
        same_school(ConsentStatus, Proposal, ConsentStatus.number == Proposal.subject),
    )
    .where(
        Proposal.school_id == SCHOOL,
        Proposal.state == ProposalState.WAITING,
        or_(
            Proposal.contact_id.in_(IDS),
            (Proposal.kind == ProposalKind.LINK)
            & Proposal.subject.in_(bindparam("subjects", expanding=True)),
        ),
    )
)
"""The changes to review on the records IDS, and links to those. `subjects`: the same ids as text.
"""


def proposal_row(row: Row[Any]) -> ProposalRow:
    return ProposalRow(
        id=row.id,
        kind=ProposalKind(row.kind),
        contact_id=row.contact_id,
        contact_name=row.full_name,
        subject=row.subject,
        old=row.old,
        new=row.new,
        sent_by=row.evidence.get("name", ""),
        proposed_at=row.proposed_at,
        only_the_parent=row.kind == ProposalKind.CONSENT
        and row.number_state == ConsentState.OPTED_OUT,
        changes_sign_in=row.kind == ProposalKind.FIELD and row.subject == "email",
    )


class ProposedChange(Protocol):
    """A proposal, of the table or of a page."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def contact_id(self) -> int: ...
    @property
    def subject(self) -> str: ...
    @property
    def proposed_at(self) -> datetime: ...


_FIELDS = {words: (ProposalKind.FIELD.value, name) for name, words in FIELD_WORDS.items()}
_SLOTS = {words: (ProposalKind.PHONE.value, str(slot)) for slot, words in SLOT_WORDS.items()}
_SUBJECTS = _FIELDS | _SLOTS


def newer_values(school_id: int, proposals: Sequence[ProposedChange]) -> dict[int, datetime]:
    """Find the proposals that are older than the value on file. Return the time of that value by
    the proposal's id: when it was set, said on a newer form, or confirmed by the parent."""
    changing = [p for p in proposals if p.kind in _OF_RECORD]
    if not changing:
        return {}
    since = min(p.proposed_at for p in changing)
    ids = sorted({p.contact_id for p in changing})
    newest: dict[tuple[int, str, str], datetime] = {}
    for row in fetch(_EDITS, {"school_id": school_id, "ids": ids, "since": since}):
        for change in row.changes:
            at = datetime.fromisoformat(change["said_at"]) if "said_at" in change else row.at
            if about := _changed(change):
                key = (row.contact_id, *about)
                newest[key] = max(at, newest.get(key, at))
    for row in fetch(_CONFIRMED, {"school_id": school_id, "ids": ids, "since": since}):
        key = (row.contact_id, ProposalKind.PHONE.value, row.slot)
        newest[key] = max(row.confirmed_at, newest.get(key, row.confirmed_at))
    times = {p.id: newest.get((p.contact_id, p.kind, p.subject)) for p in changing}
    return {p.id: at for p in changing if (at := times[p.id]) and at > p.proposed_at}


_OF_RECORD = {ProposalKind.FIELD, ProposalKind.PHONE, ProposalKind.LINK}
_EDITS = (
    select(RecordEdit.contact_id, RecordEdit.at, RecordEdit.changes)
    .where(
        RecordEdit.school_id == SCHOOL,
        RecordEdit.contact_id.in_(IDS),
        RecordEdit.at > bindparam("since"),
    )
    .order_by(RecordEdit.id)
)
_CONFIRMED = select(Phone.contact_id, Phone.slot, Phone.confirmed_at).where(
    Phone.school_id == SCHOOL, Phone.contact_id.in_(IDS), Phone.confirmed_at > bindparam("since")
)


def _changed(change: dict[str, Any]) -> tuple[str, str] | None:
    """Return the kind and subject of proposals for the same change."""
    if "parent_id" in change:
        return ProposalKind.LINK.value, str(change["parent_id"])
    return _SUBJECTS.get(change["what"])
