"""Searches are kept, renamed, shared and deleted here. Callers commit."""

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import or_, select

from portal import clock
from portal.extensions import db
from portal.models import SavedSearch
from portal.normalize import clean
from portal.queries.accounts.staff import staff_ids
from portal.services.actor import Actor

LONGEST_NAME = 100
LONGEST = 8000
MOST = 200
"""For one account at a school."""
_OF_A_SEARCH = re.compile("[fovwt][0-9]{1,2}|col|sort")

COME_WITH_SCHOOL = {
    "Enrolled students with parents' phones": (
        "f1=enrollment_status&o1=currently&v1=enrolled&col=student.name&col=student.grade"
        "&col=parent1.name&col=parent1.primary_phone&col=parent2.name&col=parent2.primary_phone"
    ),
    "Parents who opted out": (
        "f1=role&o1=is&v1=parent&f2=any_texts&o2=is&v2=no&col=parent.name&col=parent.email"
        "&col=parent.primary_phone&col=parent.secondary_phone&col=parent.other_phone"
    ),
    "Paused": (
        "f1=role&o1=is&v1=parent&f2=paused&o2=is_not_empty&col=parent.name&col=parent.paused"
        "&col=parent.paused_at&col=parent.primary_phone&col=parent.secondary_phone"
        "&col=parent.other_phone"
    ),
}


class SavedSearchError(ValueError):
    """It can't be kept so; the words say what would do."""


class NotYoursError(Exception):
    """It is there to see, and somebody else's to change."""


def bring_with_school(school_id: int) -> None:
    """The searches that come with every school."""
    for name, query_string in COME_WITH_SCHOOL.items():
        db.session.add(
            SavedSearch(
                school_id=school_id,
                name=name,
                query_string=query_string,
                shared=True,
                made_at=clock.now(),
            )
        )
    db.session.flush()


def save(school_id: int, owner: Actor, name: str, query_string: str, shared: bool) -> int:
    """Keep a search; the same name of the same account again replaces it, and what was shared
    stays so. Raises SavedSearchError."""
    name, query_string = _name(name), search_of(query_string)
    if not query_string:
        raise SavedSearchError("Search for something first, then save it.")
    if len(query_string) > LONGEST:
        raise SavedSearchError("This search is too long to save. Remove some columns.")
    mine = _mine(school_id, owner)
    found = next((row for row in mine if _same(row.name, name)), None)
    if found is None and len(mine) >= MOST:
        raise SavedSearchError(f"You already have {MOST} saved searches. Delete one first.")
    if found is None:
        found = SavedSearch(
            school_id=school_id,
            owner_id=owner.account_id,
            owner_name=owner.name,
            made_at=clock.now(),
        )
        db.session.add(found)
    found.name, found.query_string = name, query_string
    found.shared = shared or bool(found.shared)
    db.session.flush()
    return found.id


def search_of(query_string: str) -> str:
    """Return only the search in a query string, without its page or anything else."""
    pairs = parse_qsl(query_string[: 2 * LONGEST], keep_blank_values=True)
    return urlencode([(key, value) for key, value in pairs if _OF_A_SEARCH.fullmatch(key)])


def rename(school_id: int, owner: Actor, search_id: int, name: str, shared: bool) -> None:
    """Raises SavedSearchError; LookupError or NotYoursError if it is not the account's to change.

    One that is nobody's stays shared: else it would be there for nobody.
    """
    row = own(school_id, owner, search_id)
    name = _name(name)
    mine = row.owner_id == owner.account_id
    others = [other for other in _mine(school_id, owner) if other.id != search_id]
    if mine and any(_same(other.name, name) for other in others):
        raise SavedSearchError(f"You already have a search named “{name}.” Use a different name.")
    row.name, row.shared = name, shared or not mine
    db.session.flush()


def delete(school_id: int, owner: Actor, search_id: int) -> str:
    """Gives its name. Raises LookupError or NotYoursError if it is not the account's to delete."""
    row = own(school_id, owner, search_id)
    name = row.name
    db.session.delete(row)
    db.session.flush()
    return name


def run(school_id: int, account_id: int, search_id: int) -> str:
    """Note that it was run; gives its query string. Raises LookupError if it is not to be seen."""
    row = db.session.scalars(
        select(SavedSearch).where(
            SavedSearch.school_id == school_id,
            SavedSearch.id == search_id,
            or_(SavedSearch.shared, SavedSearch.owner_id == account_id),
        )
    ).one_or_none()
    if row is None:
        raise LookupError(search_id)
    row.last_run_at = clock.now()
    db.session.flush()
    return row.query_string


def _mine(school_id: int, owner: Actor) -> Sequence[SavedSearch]:
    return db.session.scalars(
        select(SavedSearch).where(
            SavedSearch.school_id == school_id, SavedSearch.owner_id == owner.account_id
        )
    ).all()


def own(school_id: int, owner: Actor, search_id: int) -> SavedSearch:
    """The account's own, or, for an admin, a shared one that is nobody's: it came with the school,
    or its owner has left. Raises LookupError or NotYoursError."""
    row = db.session.get(SavedSearch, (school_id, search_id))
    mine = row is not None and row.owner_id == owner.account_id
    if row is None or not (row.shared or mine):
        raise LookupError(search_id)
    if not mine and not (owner.is_admin and _is_nobodys(row)):
        raise NotYoursError(search_id)
    return row


def _is_nobodys(row: SavedSearch) -> bool:
    """True if it came with the school, or if the person who saved it is no longer staff there."""
    if row.owner_id is None:
        return True
    staff = db.session.scalars(staff_ids(row.school_id))
    return row.owner_id not in set(staff)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _name(typed: str) -> str:
    name = clean(typed)
    if not name:
        raise SavedSearchError("Enter a name for the search.")
    if len(name) > LONGEST_NAME:
        raise SavedSearchError(f"Use {LONGEST_NAME} characters or fewer.")
    return name
