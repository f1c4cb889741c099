"""The audit trail is written here: in the transaction of what it tells, or after a page was sent.

Entries hold ids and the portal's own words. They are kept for 400 days.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from portal import clock
from portal.enums import AccountChange, AuditKind
from portal.extensions import db, insert_for
from portal.models import AuditEntry, Membership
from portal.models.columns import id_at, new_id
from portal.services.actor import Actor

KEPT_FOR = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class AuditNote:
    """An entry; models/audit.py says what the columns mean."""

    kind: AuditKind
    account_id: int | None = None
    about_id: int | None = None
    object_id: int | None = None
    detail: str = ""
    network: str = ""
    once: str | None = None


def note(school_ids: Iterable[int], entry: AuditNote) -> None:
    """Write an entry for each school, and let go of what is older than it has to be kept."""
    ids = sorted(set(school_ids))
    if ids:
        db.session.execute(statement([row(school_id, entry) for school_id in ids]))
    for school_id in ids:
        _purge(school_id)


def note_at_schools(account_id: int, entry: AuditNote) -> None:
    """Write an entry for every school where the account is staff."""
    note(school_ids_of(account_id), entry)


def note_change(
    school_ids: Iterable[int],
    change: AccountChange,
    about_id: int | None,
    by: Actor,
    more: str = "",
    object_id: int | None = None,
) -> None:
    """Write down a change of an account. `more`: the role, for one."""
    entry = AuditNote(
        AuditKind.ACCOUNT_CHANGE,
        account_id=by.account_id,
        about_id=about_id,
        object_id=object_id,
        detail=f"{change}:{more}" if more else change.value,
        network=by.network,
    )
    note(school_ids, entry)


def school_ids_of(account_id: int) -> Sequence[int]:
    return db.session.scalars(
        select(Membership.school_id).where(Membership.account_id == account_id)
    ).all()


def row(school_id: int, entry: AuditNote) -> dict[str, Any]:
    """Return the entry as a row of the table, as of now."""
    given = {name: getattr(entry, name) for name in AuditNote.__slots__}
    return {"school_id": school_id, "id": new_id(), "at": clock.now(), **given}


def statement(rows: Sequence[dict[str, Any]]) -> Any:
    """Return the INSERT of rows. One that may be there once, and is, is left out."""
    return insert_for(AuditEntry).values(list(rows)).on_conflict_do_nothing()


def _purge(school_id: int) -> None:
    """By the key, which grows with time: the index finds the few that are due, or none."""
    oldest = id_at(clock.now() - KEPT_FOR)
    db.session.execute(
        delete(AuditEntry).where(AuditEntry.school_id == school_id, AuditEntry.id < oldest)
    )
