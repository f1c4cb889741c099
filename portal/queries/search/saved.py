"""Searches that staff kept: their own, and those shared with the school."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, or_, select

from portal.extensions import fetch
from portal.models import SavedSearch
from portal.queries.accounts.staff import staff_ids
from portal.queries.search.parse import asks_about_texts
from portal.queries.stacked import SCHOOL


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


_OWNED = SavedSearch.owner_id.in_(staff_ids(SCHOOL))
_SEEN = (
    select(
        SavedSearch.id,
        SavedSearch.name,
        SavedSearch.query_string.label("query_string"),
        SavedSearch.shared,
        SavedSearch.owner_id,
        SavedSearch.owner_name,
        SavedSearch.last_run_at,
        _OWNED.label("owned"),
    )
    .where(
        SavedSearch.school_id == SCHOOL,
        or_(SavedSearch.shared, SavedSearch.owner_id == bindparam("account_id")),
    )
    .order_by(SavedSearch.name, SavedSearch.id)
)


def saved_searches(
    school_id: int, account_id: int, is_admin: bool = False, texting_on: bool = True
) -> list[SavedRow]:
    """Those that the account may see, by name; without those about texts where none are sent: they
    would find other people than they say."""
    return [
        SavedRow(
            row.id,
            row.name,
            row.query_string,
            row.shared,
            row.owner_id == account_id,
            row.owner_name,
            row.last_run_at,
            row.owner_id == account_id or (is_admin and not row.owned),
        )
        for row in fetch(_SEEN, {"school_id": school_id, "account_id": account_id})
        if texting_on or not asks_about_texts(row.query_string)
    ]
