"""A school keeps an admin, whatever happens at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal import clock
from portal.enums import StaffRole
from portal.extensions import db, writing
from portal.models import Account, Membership
from portal.queries.schools import SchoolRow
from portal.services.accounts import accounts, staff_roles
from portal.services.accounts.last_admin import LastAdminError
from portal.services.accounts.staff_invitations import find_invitation, invite_staff
from portal.services.actor import COMMAND, Actor

VIEWER = StaffRole.VIEWER
Undoing = Callable[[int, int], object]
UNDOINGS: dict[str, Undoing] = {
    "demoted": lambda school, who: staff_roles.change_role(school, who, VIEWER, COMMAND),
    "removed": lambda school, who: staff_roles.remove_member(school, who, COMMAND),
    "disabled": lambda _school, who: staff_roles.disable_account(who, COMMAND),
    "joined again": lambda school, who: accounts.set_role(who, school, VIEWER),
}


def make_admin(school: SchoolRow, name: str) -> int:
    with writing():
        made = accounts.create_account(
            f"{name}@oakwood.example", name, "x", school.id, StaffRole.ADMIN
        )
    return made.account_id


def admins(school: SchoolRow) -> int:
    found = (
        select(Membership.account_id)
        .join(Account, Account.id == Membership.account_id)
        .where(
            Membership.school_id == school.id,
            Membership.role == StaffRole.ADMIN,
            Account.disabled_at.is_(None),
        )
    )
    return len(db.session.scalars(found).all())


@pytest.mark.parametrize("undo", UNDOINGS.values(), ids=UNDOINGS)
def test_the_last_admin_is_kept(school: SchoolRow, undo: Undoing) -> None:
    only = make_admin(school, "ada")
    with pytest.raises(LastAdminError, match="last admin of Oakwood School"), writing():
        undo(school.id, only)
    assert admins(school) == 1


@pytest.mark.parametrize("undo", UNDOINGS.values(), ids=UNDOINGS)
def test_one_of_two_admins_may_go(school: SchoolRow, undo: Undoing) -> None:
    first, _ = make_admin(school, "ada"), make_admin(school, "bo")
    with writing():
        undo(school.id, first)
    assert admins(school) == 1


def test_an_admin_who_is_disabled_already_keeps_no_school(school: SchoolRow) -> None:
    first, second = make_admin(school, "ada"), make_admin(school, "bo")
    with writing():
        db.session.execute(
            update(Account).where(Account.id == first).values(disabled_at=clock.now())
        )
    with pytest.raises(LastAdminError), writing():
        staff_roles.remove_member(school.id, second, COMMAND)
    with writing():
        staff_roles.remove_member(school.id, first, COMMAND)
    assert admins(school) == 1


@pytest.mark.parametrize("name", ["demoted", "removed", "disabled"])
def test_whoever_is_no_admin_any_more_lets_nobody_in(school: SchoolRow, name: str) -> None:
    first, second = make_admin(school, "ada"), make_admin(school, "bo")
    tokens: dict[int, str] = {}
    for who in (first, second):
        with writing():
            invite_staff(
                school,
                f"new{who}@x.example",
                StaffRole.ADMIN,
                Actor(who),
                lambda token, who=who: tokens.setdefault(who, token),
            )
    with writing():
        UNDOINGS[name](school.id, first)
    assert find_invitation(tokens[first]) is None
    assert find_invitation(tokens[second]) is not None


@pytest.mark.parametrize("name", UNDOINGS)
def test_two_admins_who_go_at_the_same_moment_leave_one(
    app: Flask, school: SchoolRow, name: str
) -> None:
    both = [make_admin(school, "ada"), make_admin(school, "bo")]
    db.session.rollback()
    together = Barrier(2)

    def go(who: int) -> bool:
        with app.app_context():
            together.wait(20)
            try:
                with writing():
                    UNDOINGS[name](school.id, who)
            except LastAdminError:
                return False
            return True

    with ThreadPoolExecutor(2) as threads:
        went = list(threads.map(go, both))
    assert sorted(went) == [False, True]
    assert admins(school) == 1
