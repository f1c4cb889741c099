"""Searches that staff kept: their own, and those shared with the school."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from portal.extensions import db
from portal.models import SavedSearch
from portal.queries.accounts.staff import staff_ids
from portal.queries.search.parse import asks_about_texts


@dataclass(frozen=True, slots=True)
class SavedRow:
    id: int
    name: str
    query_string: str
    shared: bool
    mine: bool
    owner_name: str | None
    """None: it came with the school."""
    last_run_at: datetime | None
    may_change: bool
    """Rename, share and delete it: its owner; an admin, if it is nobody's."""


def saved_searches(
    school_id: int, account_id: int, is_admin: bool = False, texting_on: bool = True
) -> list[SavedRow]:
    """Those that the account may see, by name; without those about texts where none are sent: they
    would find other people than they say."""
    owned = SavedSearch.owner_id.in_(staff_ids(school_id))
    rows = db.session.execute(
        select(SavedSearch, owned.label("owned"))
        .where(
            SavedSearch.school_id == school_id,
            or_(SavedSearch.shared, SavedSearch.owner_id == account_id),
        )
        .order_by(SavedSearch.name, SavedSearch.id)
    )
    return [
        SavedRow(
            row.id,
            row.name,
            row.query_string,
            row.shared,
            row.owner_id == account_id,
            row.owner_name,
            row.last_run_at,
            row.owner_id == account_id or (is_admin and not owned),
        )
        for row, owned in rows
        if texting_on or not asks_about_texts(row.query_string)
    ]
