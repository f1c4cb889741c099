"""Searches are kept, renamed, shared and deleted here. Callers commit."""

from sqlalchemy import or_, select

from portal import times
from portal.extensions import db
from portal.models import SavedSearch
from portal.text import clean

LONGEST_NAME = 100
LONGEST_ADDRESS = 8000
MOST = 200
"""For one account at a school."""

COME_WITH_SCHOOL = {
    "Enrolled students with parents' phones": (
        "f1=enrollment_status&o1=currently&v1=enrolled&col=student.name&col=student.grade"
        "&col=parent1.name&col=parent1.primary_phone&col=parent2.name&col=parent2.primary_phone"
    ),
    "Parents who opted out": (
        "f1=role&o1=is&v1=parent&f2=any_texts&o2=is&v2=no&col=parent.name&col=parent.email"
        "&col=parent.primary_phone&col=parent.secondary_phone&col=parent.other_phone"
    ),
}


class SavedSearchError(ValueError):
    """It can't be kept so; the words say what would do."""


def bring_with_school(school_id: int) -> None:
    """The searches that come with every school."""
    for name, address in COME_WITH_SCHOOL.items():
        db.session.add(
            SavedSearch(
                school_id=school_id,
                name=name,
                address=address,
                shared=True,
                made_at=times.now(),
            )
        )
    db.session.flush()


def save(
    school_id: int, account_id: int, account_name: str, name: str, address: str, shared: bool
) -> int:
    """Keep a search; the same name of the same account again replaces it. Raises
    SavedSearchError."""
    name = _name(name)
    if not address or len(address) > LONGEST_ADDRESS:
        raise SavedSearchError("This search is too long to be kept. Take some columns out.")
    mine = db.session.scalars(
        select(SavedSearch).where(
            SavedSearch.school_id == school_id, SavedSearch.owner_id == account_id
        )
    ).all()
    found = next((row for row in mine if row.name.casefold() == name.casefold()), None)
    if found is None and len(mine) >= MOST:
        raise SavedSearchError(f"You have {MOST} searches already. Delete one first.")
    if found is None:
        found = SavedSearch(
            school_id=school_id,
            owner_id=account_id,
            owner_name=account_name,
            made_at=times.now(),
        )
        db.session.add(found)
    found.name, found.address, found.shared = name, address, shared
    db.session.flush()
    return found.id


def rename(school_id: int, account_id: int, search_id: int, name: str, shared: bool) -> None:
    """Raises SavedSearchError, or LookupError if it is not the account's to change."""
    row = _own(school_id, account_id, search_id)
    row.name, row.shared = _name(name), shared
    db.session.flush()


def delete(school_id: int, account_id: int, search_id: int) -> str:
    """Gives its name. Raises LookupError if it is not the account's to delete."""
    row = _own(school_id, account_id, search_id)
    name = row.name
    db.session.delete(row)
    db.session.flush()
    return name


def run(school_id: int, account_id: int, search_id: int) -> str:
    """Note that it was run; gives its address. Raises LookupError if it is not there to see."""
    row = db.session.scalars(
        select(SavedSearch).where(
            SavedSearch.school_id == school_id,
            SavedSearch.id == search_id,
            or_(SavedSearch.shared, SavedSearch.owner_id == account_id),
        )
    ).one_or_none()
    if row is None:
        raise LookupError(search_id)
    row.last_run_at = times.now()
    db.session.flush()
    return row.address


def _own(school_id: int, account_id: int, search_id: int) -> SavedSearch:
    """The account's own, or one that came with the school, which belongs to all."""
    row = db.session.get(SavedSearch, (school_id, search_id))
    if row is None or row.owner_id not in {None, account_id}:
        raise LookupError(search_id)
    return row


def _name(typed: str) -> str:
    name = clean(typed)
    if not name:
        raise SavedSearchError("Give the search a name.")
    if len(name) > LONGEST_NAME:
        raise SavedSearchError(f"Make the name shorter: {LONGEST_NAME} characters at most.")
    return name
