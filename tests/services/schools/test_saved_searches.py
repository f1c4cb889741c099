"""Searches that are kept: whose they are, and what is kept of an address."""

from dataclasses import replace

import pytest
from sqlalchemy import delete, update

from portal import clock
from portal.enums import StaffRole
from portal.extensions import db, writing
from portal.models import Account, Membership
from portal.queries.accounts.staff import find_credentials
from portal.queries.schools import SchoolRow
from portal.queries.search.saved import SavedRow, saved_searches
from portal.services.schools import saved_searches as service
from portal.services.schools.saved_searches import (
    COME_WITH_SCHOOL,
    NotYoursError,
    SavedSearchError,
    SearchOwner,
)
from tests.support.people import make_account

ADDRESS = "f1=grade&o1=is&v1=3"


def keeper(school: SchoolRow, name: str, role: StaffRole = StaffRole.EDITOR) -> SearchOwner:
    make_account(f"{name}@example.com", school.slug, role)
    found = find_credentials(f"{name}@example.com")
    assert found is not None
    return SearchOwner(school.id, found.account_id, name, role is StaffRole.ADMIN)


@pytest.fixture
def ana(school: SchoolRow) -> SearchOwner:
    return keeper(school, "Ana")


@pytest.fixture
def ben(school: SchoolRow) -> SearchOwner:
    return keeper(school, "Ben", StaffRole.ADMIN)


def save(
    keeper: SearchOwner, name: str = "Third grade", address: str = ADDRESS, shared: bool = False
) -> int:
    with writing():
        return service.save(keeper, name, address, shared)


def seen(keeper: SearchOwner) -> dict[str, SavedRow]:
    """The account's, and those that are shared with it, without those of the school."""
    rows = saved_searches(keeper.school_id, keeper.account_id, keeper.is_admin)
    return {row.name: row for row in rows if row.name not in COME_WITH_SCHOOL}


def test_a_search_is_its_owners_alone_until_it_is_shared(
    ana: SearchOwner, ben: SearchOwner
) -> None:
    kept = save(ana)
    assert (seen(ana)["Third grade"].mine, seen(ben)) == (True, {})
    with writing():
        service.rename(ana, kept, "Our third grade", shared=True)
    shared = seen(ben)["Our third grade"]
    assert (shared.mine, shared.owner_name, shared.may_change) == (False, "Ana", False)


def test_nobody_changes_anothers_search_not_even_an_admin(
    ana: SearchOwner, ben: SearchOwner
) -> None:
    kept = save(ana, shared=True)
    with pytest.raises(NotYoursError):
        service.rename(ben, kept, "Mine now", shared=True)
    with pytest.raises(NotYoursError):
        service.delete(ben, kept)
    assert list(seen(ben)) == ["Third grade"]


def test_running_says_when_and_a_private_one_of_another_is_not_there(
    ana: SearchOwner, ben: SearchOwner, school: SchoolRow
) -> None:
    kept = save(ana)
    assert seen(ana)["Third grade"].last_run_at is None
    with writing():
        assert service.run(school.id, ana.account_id, kept) == ADDRESS
    assert seen(ana)["Third grade"].last_run_at is not None
    with pytest.raises(LookupError):
        service.run(school.id, ben.account_id, kept)


def test_another_schools_searches_are_not_there(
    ana: SearchOwner, school: SchoolRow, other_school: SchoolRow
) -> None:
    kept = save(ana, shared=True)
    stranger = replace(ana, school_id=other_school.id, is_admin=True)
    with pytest.raises(LookupError):
        service.run(other_school.id, ana.account_id, kept)
    with pytest.raises(LookupError):
        service.delete(stranger, kept)
    assert seen(stranger) == {}


def test_only_admins_change_what_came_with_the_school(ana: SearchOwner, ben: SearchOwner) -> None:
    rows = saved_searches(ana.school_id, ana.account_id)
    assert {row.name: row.may_change for row in rows} == dict.fromkeys(COME_WITH_SCHOOL, False)
    with pytest.raises(NotYoursError):
        service.delete(ana, rows[0].id)
    with pytest.raises(NotYoursError):
        service.rename(ana, rows[0].id, "Mine", shared=True)
    with writing():
        service.rename(ben, rows[0].id, "Enrolled", shared=False)
        service.delete(ben, rows[1].id)
    left = saved_searches(ana.school_id, ana.account_id)
    assert [(row.name, row.shared) for row in left] == [("Enrolled", True)]


def test_where_texting_is_off_what_asks_about_texts_is_not_there(ana: SearchOwner) -> None:
    save(ana, "No to any", "f1=role&o1=is&v1=parent&f12=any_texts&o12=is&v12=no")
    save(ana, "Children of", "f1=parents.other_phone_opt_in&o1=is_empty")
    save(ana, "A column more", f"{ADDRESS}&col=parent1.any_texts")
    for on, kept in ((True, {"No to any", "Children of", "A column more"}), (False, set())):
        rows = saved_searches(ana.school_id, ana.account_id, texting_on=on)
        came = set(COME_WITH_SCHOOL) - (set() if on else {"Parents who opted out"})
        assert {row.name for row in rows} == kept | came | {"A column more"}


def test_the_same_name_again_replaces_what_was_kept_under_it(ana: SearchOwner) -> None:
    first = save(ana)
    assert save(ana, "THIRD grade", "f1=grade&o1=is&v1=4") == first
    assert seen(ana)["THIRD grade"].address == "f1=grade&o1=is&v1=4"


def test_what_was_shared_stays_so_when_it_is_saved_again(
    ana: SearchOwner, ben: SearchOwner
) -> None:
    save(ana, shared=True)
    save(ana, "Third grade", "f1=grade&o1=is&v1=4", shared=False)
    assert seen(ben)["Third grade"].address == "f1=grade&o1=is&v1=4"


@pytest.mark.parametrize("how", ["disabled", "no member any more"])
def test_what_someone_shared_who_has_left_is_for_admins_to_change(
    ana: SearchOwner, ben: SearchOwner, school: SchoolRow, how: str
) -> None:
    cleo = keeper(school, "Cleo")
    kept, private = save(ana, shared=True), save(ana, "Mine alone")
    with writing():
        if how == "disabled":
            gone = update(Account).where(Account.id == ana.account_id)
            db.session.execute(gone.values(disabled_at=clock.now()))
        else:
            db.session.execute(delete(Membership).where(Membership.account_id == ana.account_id))
    assert {one.name: seen(one)["Third grade"].may_change for one in (ben, cleo)} == {
        "Ben": True,
        "Cleo": False,
    }
    with pytest.raises(NotYoursError):
        service.delete(cleo, kept)
    with pytest.raises(LookupError):
        service.delete(ben, private)
    save(ben, "Fourth grade")
    with writing():
        service.rename(ben, kept, "Fourth grade", shared=False)
    assert seen(cleo)["Fourth grade"].shared, "else it would be there for nobody"
    with writing():
        assert service.delete(ben, kept) == "Fourth grade"


def test_a_search_is_not_renamed_to_what_another_one_is_called(ana: SearchOwner) -> None:
    save(ana)
    other = save(ana, "Fourth grade")
    with pytest.raises(SavedSearchError, match="already"):
        service.rename(ana, other, "third GRADE", shared=False)
    with writing():
        service.rename(ana, other, "fourth grade", shared=False)
    assert set(seen(ana)) == {"Third grade", "fourth grade"}


@pytest.mark.parametrize(
    ("name", "address", "words"),
    [
        (" \u200b\0", ADDRESS, "Give the search a name"),
        ("x" * 101, ADDRESS, "100 characters or fewer"),
        ("Long", "&".join(f"col=student.{n:0200}" for n in range(40)), "too long"),
        ("None", "", "first"),
        ("Nothing", "csrf_token=1&page=2", "first"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(
    ana: SearchOwner, name: str, address: str, words: str
) -> None:
    with pytest.raises(SavedSearchError, match=words):
        service.save(ana, name, address, shared=False)


def test_an_account_keeps_so_many_and_no_more(
    ana: SearchOwner, ben: SearchOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST", 2)
    save(ana, "One")
    save(ana, "Two")
    save(ben, "Three")
    with pytest.raises(SavedSearchError, match="already have 2 saved searches"):
        service.save(ana, "Three", ADDRESS, shared=False)
    save(ana, "Two", "f1=grade&o1=is&v1=5")


def test_of_an_address_only_the_search_is_kept() -> None:
    given = "f1=email&o1=contains&v1=a%00b%0d%0aX: y&after=W10&csrf_token=1&col=student.name&find=x"
    kept = service.search_of(given)
    assert kept == "f1=email&o1=contains&v1=a%00b%0D%0AX%3A+y&col=student.name"
    assert service.search_of(kept) == kept
