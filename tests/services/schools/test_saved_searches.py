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
from portal.services.actor import Actor
from portal.services.schools import saved_searches as service
from portal.services.schools.saved_searches import (
    COME_WITH_SCHOOL,
    NotYoursError,
    SavedSearchError,
)
from tests.support.people import make_account

ADDRESS = "f1=grade&o1=is&v1=3"


def keeper(school: SchoolRow, name: str, role: StaffRole = StaffRole.EDITOR) -> Actor:
    make_account(f"{name}@example.com", school.slug, role)
    found = find_credentials(f"{name}@example.com")
    assert found is not None
    return Actor(found.account_id, name, is_admin=role is StaffRole.ADMIN)


def account_id(owner: Actor) -> int:
    assert owner.account_id is not None
    return owner.account_id


@pytest.fixture
def ana(school: SchoolRow) -> Actor:
    return keeper(school, "Ana")


@pytest.fixture
def ben(school: SchoolRow) -> Actor:
    return keeper(school, "Ben", StaffRole.ADMIN)


def save(
    school: SchoolRow,
    owner: Actor,
    name: str = "Third grade",
    query_string: str = ADDRESS,
    shared: bool = False,
) -> int:
    with writing():
        return service.save(school.id, owner, name, query_string, shared)


def seen(school: SchoolRow, owner: Actor) -> dict[str, SavedRow]:
    """The account's, and those that are shared with it, without those of the school."""
    rows = saved_searches(school.id, account_id(owner), owner.is_admin)
    return {row.name: row for row in rows if row.name not in COME_WITH_SCHOOL}


def test_a_search_is_its_owners_alone_until_it_is_shared(
    school: SchoolRow, ana: Actor, ben: Actor
) -> None:
    kept = save(school, ana)
    assert (seen(school, ana)["Third grade"].mine, seen(school, ben)) == (True, {})
    with writing():
        service.rename(school.id, ana, kept, "Our third grade", shared=True)
    shared = seen(school, ben)["Our third grade"]
    assert (shared.mine, shared.owner_name, shared.may_change) == (False, "Ana", False)


def test_nobody_changes_anothers_search_not_even_an_admin(
    school: SchoolRow, ana: Actor, ben: Actor
) -> None:
    kept = save(school, ana, shared=True)
    with pytest.raises(NotYoursError):
        service.rename(school.id, ben, kept, "Mine now", shared=True)
    with pytest.raises(NotYoursError):
        service.delete(school.id, ben, kept)
    assert list(seen(school, ben)) == ["Third grade"]


def test_running_says_when_and_a_private_one_of_another_is_not_there(
    ana: Actor, ben: Actor, school: SchoolRow
) -> None:
    kept = save(school, ana)
    assert seen(school, ana)["Third grade"].last_run_at is None
    with writing():
        assert service.run(school.id, account_id(ana), kept) == ADDRESS
    assert seen(school, ana)["Third grade"].last_run_at is not None
    with pytest.raises(LookupError):
        service.run(school.id, account_id(ben), kept)


def test_another_schools_searches_are_not_there(
    ana: Actor, school: SchoolRow, other_school: SchoolRow
) -> None:
    kept = save(school, ana, shared=True)
    ana = replace(ana, is_admin=True)
    with pytest.raises(LookupError):
        service.run(other_school.id, account_id(ana), kept)
    with pytest.raises(LookupError):
        service.delete(other_school.id, ana, kept)
    assert seen(other_school, ana) == {}


def test_only_admins_change_what_came_with_the_school(
    school: SchoolRow, ana: Actor, ben: Actor
) -> None:
    rows = saved_searches(school.id, account_id(ana))
    assert {row.name: row.may_change for row in rows} == dict.fromkeys(COME_WITH_SCHOOL, False)
    with pytest.raises(NotYoursError):
        service.delete(school.id, ana, rows[0].id)
    with pytest.raises(NotYoursError):
        service.rename(school.id, ana, rows[0].id, "Mine", shared=True)
    with writing():
        service.rename(school.id, ben, rows[0].id, "Enrolled", shared=False)
        for row in rows[1:]:
            service.delete(school.id, ben, row.id)
    left = saved_searches(school.id, account_id(ana))
    assert [(row.name, row.shared) for row in left] == [("Enrolled", True)]


def test_where_texting_is_off_what_asks_about_texts_is_not_there(
    school: SchoolRow, ana: Actor
) -> None:
    save(school, ana, "No to any", "f1=role&o1=is&v1=parent&f12=any_texts&o12=is&v12=no")
    save(school, ana, "Children of", "f1=parents.other_phone_opt_in&o1=is_empty")
    save(school, ana, "A column more", f"{ADDRESS}&col=parent1.any_texts")
    for on, kept in ((True, {"No to any", "Children of", "A column more"}), (False, set())):
        rows = saved_searches(school.id, account_id(ana), texting_on=on)
        came = set(COME_WITH_SCHOOL) - (set() if on else {"Parents who opted out", "Paused"})
        assert {row.name for row in rows} == kept | came | {"A column more"}


def test_the_same_name_again_replaces_what_was_kept_under_it(school: SchoolRow, ana: Actor) -> None:
    first = save(school, ana)
    assert save(school, ana, "THIRD grade", "f1=grade&o1=is&v1=4") == first
    assert seen(school, ana)["THIRD grade"].query_string == "f1=grade&o1=is&v1=4"


def test_what_was_shared_stays_so_when_it_is_saved_again(
    school: SchoolRow, ana: Actor, ben: Actor
) -> None:
    save(school, ana, shared=True)
    save(school, ana, "Third grade", "f1=grade&o1=is&v1=4", shared=False)
    assert seen(school, ben)["Third grade"].query_string == "f1=grade&o1=is&v1=4"


@pytest.mark.parametrize("how", ["disabled", "no member any more"])
def test_what_someone_shared_who_has_left_is_for_admins_to_change(
    ana: Actor, ben: Actor, school: SchoolRow, how: str
) -> None:
    cleo = keeper(school, "Cleo")
    kept, private = save(school, ana, shared=True), save(school, ana, "Mine alone")
    with writing():
        if how == "disabled":
            gone = update(Account).where(Account.id == account_id(ana))
            db.session.execute(gone.values(disabled_at=clock.now()))
        else:
            db.session.execute(delete(Membership).where(Membership.account_id == account_id(ana)))
    assert {one.name: seen(school, one)["Third grade"].may_change for one in (ben, cleo)} == {
        "Ben": True,
        "Cleo": False,
    }
    with pytest.raises(NotYoursError):
        service.delete(school.id, cleo, kept)
    with pytest.raises(LookupError):
        service.delete(school.id, ben, private)
    save(school, ben, "Fourth grade")
    with writing():
        service.rename(school.id, ben, kept, "Fourth grade", shared=False)
    assert seen(school, cleo)["Fourth grade"].shared, "else it would be there for nobody"
    with writing():
        assert service.delete(school.id, ben, kept) == "Fourth grade"


def test_a_search_is_not_renamed_to_what_another_one_is_called(
    school: SchoolRow, ana: Actor
) -> None:
    save(school, ana)
    other = save(school, ana, "Fourth grade")
    with pytest.raises(SavedSearchError, match="already"):
        service.rename(school.id, ana, other, "third GRADE", shared=False)
    with writing():
        service.rename(school.id, ana, other, "fourth grade", shared=False)
    assert set(seen(school, ana)) == {"Third grade", "fourth grade"}


@pytest.mark.parametrize(
    ("name", "query_string", "words"),
    [
        (" \u200b\0", ADDRESS, "Enter a name for the search"),
        ("x" * 101, ADDRESS, "100 characters or fewer"),
        ("Long", "&".join(f"col=student.{n:0200}" for n in range(40)), "too long"),
        ("None", "", "first"),
        ("Nothing", "csrf_token=1&page=2", "first"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(
    school: SchoolRow, ana: Actor, name: str, query_string: str, words: str
) -> None:
    with pytest.raises(SavedSearchError, match=words):
        service.save(school.id, ana, name, query_string, shared=False)


def test_an_account_keeps_so_many_and_no_more(
    school: SchoolRow, ana: Actor, ben: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST", 2)
    save(school, ana, "One")
    save(school, ana, "Two")
    save(school, ben, "Three")
    with pytest.raises(SavedSearchError, match="already have 2 saved searches"):
        service.save(school.id, ana, "Three", ADDRESS, shared=False)
    save(school, ana, "Two", "f1=grade&o1=is&v1=5")


def test_of_an_address_only_the_search_is_kept() -> None:
    given = "f1=email&o1=contains&v1=a%00b%0d%0aX: y&after=W10&csrf_token=1&col=student.name&find=x"
    kept = service.search_of(given)
    assert kept == "f1=email&o1=contains&v1=a%00b%0D%0AX%3A+y&col=student.name"
    assert service.search_of(kept) == kept
