"""Those who try the addresses: who they are, what they may open, and what they must never see."""

from dataclasses import dataclass

from flask import Flask

from portal.enums import StaffRole
from portal.extensions import db
from portal.queries.schools import get_school
from tests.architecture.routes import ROUTES, STAFF_RANKS, Who
from tests.attack import digests
from tests.attack.browser import Answer, Browser
from tests.attack.digests import Digest
from tests.attack.planted import Planted, sign_in_parent, sign_in_staff

WHO = {(route.endpoint, method): route.who for route in ROUTES for method in route.methods.split()}


@dataclass(frozen=True)
class Visitor:
    name: str
    school: str = ""
    """The school they belong to; empty if they belong to none."""
    role: str = ""
    """Of staff."""
    parent: bool = False
    signed_out: bool = False
    """They signed out, and have the cookies from before."""

    def arrive(self, app: Flask, planted: Planted) -> Browser:
        browser = Browser(app)
        if self.role:
            sign_in_staff(browser, self.role, self.school)
        if self.parent:
            sign_in_parent(browser, self.school, planted.family(self.school).email)
        if self.signed_out:
            self._leave(browser)
        return browser

    def _leave(self, browser: Browser) -> None:
        old = browser.cookies()
        path = "/staff/sign-out" if self.role else f"/{self.school}/sign-out"
        browser.post(path, [("a", "b")])
        browser.put_back(old)

    def still_here(self, browser: Browser) -> bool:
        """True if they are signed in as they should be."""
        if self.signed_out or not self.school:
            return True
        home = f"/{self.school}/staff/" if self.role else f"/{self.school}/household"
        return browser.get(home).status == 200

    def may(self, endpoint: str, method: str, slug: str) -> bool:
        """True if they may open an address, by the table of tests/architecture."""
        who = WHO[endpoint, method]
        if who is Who.ANYONE:
            return True
        if self.signed_out or who is Who.PROVIDER:
            return False
        if who is Who.PARENT:
            return self.parent and self.school == slug
        if who is Who.SIGNED_IN:
            return bool(self.role)
        if who not in STAFF_RANKS:
            raise ValueError(f"who is {who}?")
        return (
            bool(self.role)
            and self.school == slug
            and StaffRole(self.role).includes(StaffRole(who.value))
        )

    def secrets(self, planted: Planted) -> set[str]:
        """Strings that no answer to them may hold."""
        found: set[str] = set()
        for (school, letter), family in planted.families.items():
            if not self.owns(school, letter):
                found |= family.secrets()
            elif self.parent:
                found |= family.secrets(of_known=False)
        return found

    def owns(self, slug: str, letter: str) -> bool:
        """True if a family is theirs to see: their own, or, for staff, any of their school."""
        if self.signed_out or slug != self.school:
            return False
        return bool(self.role) or (self.parent and letter == "a")

    def state_of_others(self, planted: Planted) -> dict[str, Digest]:
        """The state of each school, as `oakwood`, and of each family that is not theirs, as
        `oakwood b`."""
        db.session.rollback()
        found = {}
        for (slug, letter), family in planted.families.items():
            school = get_school(slug)
            assert school is not None
            if slug not in found:
                found[slug] = digests.of_school(school.id)
            if not self.owns(slug, letter):
                found[f"{slug} {letter}"] = digests.of_family(school.id, family)
        return found


VISITORS = [
    Visitor("anonymous"),
    Visitor("parent of Oakwood", "oakwood", parent=True),
    Visitor("parent of Birchwood", "birchwood", parent=True),
    Visitor("viewer", "oakwood", "viewer"),
    Visitor("editor", "oakwood", "editor"),
    Visitor("admin of Oakwood", "oakwood", "admin"),
    Visitor("admin of Birchwood", "birchwood", "admin"),
    Visitor("signed-out admin, old cookie", "oakwood", "admin", signed_out=True),
    Visitor("signed-out parent, old cookie", "oakwood", parent=True, signed_out=True),
]

_REFUSED = {400, 401, 403, 404, 405, 410, 413, 429}


def refused(answer: Answer) -> bool:
    """True if somebody was turned away, or sent to a sign-in; the page that keeps what was typed
    until they have signed in is one."""
    if answer.status in _REFUSED:
        return True
    if answer.status in {302, 303, 307, 308}:
        there = answer.location.partition("?")[0]
        return there.endswith("/sign-in") or answer.status == 308
    return "sign in" in _title(answer).lower()


def _title(answer: Answer) -> str:
    return answer.text.partition("<title>")[2].partition("</title>")[0]
