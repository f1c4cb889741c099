"""Ways to the pages about staff accounts in each of their states."""

import secrets

from playwright.sync_api import Page
from sqlalchemy import delete, select

from portal.enums import StaffRole
from portal.extensions import db, writing
from portal.models import Account, StaffInvitation
from portal.queries.schools import get_school
from portal.services.accounts import password_reset
from portal.services.accounts.staff_invitations import invite_staff
from portal.services.actor import Actor
from tests.browser.browser_school import BrowserSchool
from tests.support.live import inside
from tests.support.people import make_account

ACCOUNTS = "/oakwood/staff/accounts"


def weak_password(page: Page, _world: BrowserSchool) -> None:
    page.goto("/staff/password")
    page.get_by_label("Current password").fill("something")
    for label in ("New password", "New password again"):
        page.get_by_label(label, exact=True).fill("password123")
    page.get_by_role("button", name="Change password").click()
    page.get_by_role("alert").wait_for()


def forgot_without_email(page: Page, _world: BrowserSchool) -> None:
    page.goto("/staff/forgot")
    page.get_by_role("button", name="Email me a link").click()
    page.get_by_role("alert").wait_for()


def reset(page: Page, world: BrowserSchool) -> None:
    tokens: list[str] = []
    email = f"{secrets.token_hex(6)}@oakwood.example"
    with inside(world.live):
        make_account(email, "oakwood", StaffRole.VIEWER, "Wilhelmina Wolf")
        with writing():
            password_reset.request_reset(email, "", lambda token: tokens.append(token) or "")
    page.goto(f"/staff/reset/{tokens[0]}")


def join(page: Page, world: BrowserSchool) -> None:
    page.goto(_invitation(world, f"{secrets.token_hex(6)}@oakwood.example"))


def join_with_errors(page: Page, world: BrowserSchool) -> None:
    join(page, world)
    page.get_by_role("button", name="Create account and join").click()
    page.get_by_role("alert").wait_for()


def join_signed_in(page: Page, world: BrowserSchool) -> None:
    page.goto(_invitation(world, world.live.email("viewer"), "birchwood"))


def join_as_another(page: Page, world: BrowserSchool) -> None:
    page.goto(_invitation(world, world.live.email("editor"), "birchwood"))


def accounts(page: Page, world: BrowserSchool) -> None:
    _invitation(world, f"{secrets.token_hex(6)}@oakwood.example")
    page.goto(ACCOUNTS)


def accounts_with_errors(page: Page, _world: BrowserSchool) -> None:
    page.goto(ACCOUNTS)
    page.get_by_role("button", name="Email invitation").click()
    page.get_by_role("alert").wait_for()


def account(page: Page, _world: BrowserSchool) -> None:
    page.goto(ACCOUNTS)
    page.locator("tr", has_text="viewer@oakwood").get_by_role("link").click()
    page.get_by_role("button", name="Save role").wait_for()


def remove_account(page: Page, world: BrowserSchool) -> None:
    account(page, world)
    page.get_by_role("link", name="Remove from Oakwood School").click()
    page.get_by_role("button", name="Remove from school").wait_for()


def audit_of_nothing(page: Page, _world: BrowserSchool) -> None:
    page.goto("/oakwood/staff/audit?person=1")


def _invitation(world: BrowserSchool, email: str, slug: str = "oakwood") -> str:
    """The address in an invitation by an admin of both schools."""
    tokens: list[str] = []
    with inside(world.live):
        admin = world.live.email("both")
        by = db.session.scalars(select(Account.id).where(Account.email == admin)).one()
        school = get_school(slug)
        assert school is not None
        with writing():  # one that was made for an earlier sight counts for the limit of a day
            db.session.execute(delete(StaffInvitation).where(StaffInvitation.email == email))
            invite_staff(
                school, email, StaffRole.EDITOR, Actor(by), lambda token: tokens.append(token) or ""
            )
    return f"/staff/invitation/{tokens[0]}"
