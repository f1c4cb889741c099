"""The audit trail of a school, newest first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from portal.enums import AuditKind
from portal.extensions import db
from portal.models import Account, AuditEntry, StaffInvitation
from portal.queries.records.names import contact_names


@dataclass(frozen=True, slots=True)
class AuditRow:
    id: int
    kind: AuditKind
    at: datetime
    account_id: int | None
    name: str | None
    """The person who did it. None: a command, or somebody who is not signed in."""
    about_id: int | None
    about_name: str | None
    object_id: int | None
    object_name: str | None
    """The contact as it is called now, or the email that was invited. Not kept in the trail."""
    detail: str
    network: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    rows: list[AuditRow]
    more: bool


def audit_page(
    school_id: int,
    kind: AuditKind | None = None,
    person_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> AuditPage:
    """`person_id`: whoever did it, or it was done to. `before`: the id that a page ended with."""
    who, about = aliased(Account), aliased(Account)
    wanted = (
        select(AuditEntry, who.name.label("name"), about.name.label("about_name"))
        .join(who, who.id == AuditEntry.account_id, isouter=True)
        .join(about, about.id == AuditEntry.about_id, isouter=True)
        .where(AuditEntry.school_id == school_id)
        .order_by(AuditEntry.id.desc())
        .limit(limit + 1)
    )
    if kind is not None:
        wanted = wanted.where(AuditEntry.kind == kind)
    if person_id is not None:
        of_person = or_(AuditEntry.account_id == person_id, AuditEntry.about_id == person_id)
        wanted = wanted.where(of_person)
    if before is not None:
        wanted = wanted.where(AuditEntry.id < before)
    found = db.session.execute(wanted).all()
    names = _object_names(school_id, [row.AuditEntry for row in found])
    rows = [_row(row.AuditEntry, row.name, row.about_name, names) for row in found[:limit]]
    return AuditPage(rows, len(found) > limit)


def _row(
    entry: AuditEntry, name: str | None, about_name: str | None, names: dict[int, str]
) -> AuditRow:
    return AuditRow(
        id=entry.id,
        kind=AuditKind(entry.kind),
        at=entry.at,
        account_id=entry.account_id,
        name=name,
        about_id=entry.about_id,
        about_name=about_name,
        object_id=entry.object_id,
        object_name=names.get(entry.object_id or 0),
        detail=entry.detail,
        network=entry.network,
    )


def _object_names(school_id: int, entries: list[AuditEntry]) -> dict[int, str]:
    ids = {entry.object_id for entry in entries if entry.object_id is not None}
    if not ids:
        return {}
    names = dict(contact_names(school_id, ids))
    invited = db.session.execute(
        select(StaffInvitation.id, StaffInvitation.email).where(
            StaffInvitation.school_id == school_id, StaffInvitation.id.in_(ids)
        )
    )
    return names | {row.id: row.email for row in invited}
