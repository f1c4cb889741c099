"""The families whose records, between them, show all there is to show."""

import re
import secrets
from dataclasses import dataclass
from datetime import timedelta

from portal import clock
from portal.enums import Answer, InboundVia, NoticeKind, Relationship, Source, StaffRole
from portal.extensions import db, writing
from portal.models import Contact
from portal.queries.records.record import get_record
from portal.queries.schools import SchoolRow
from portal.services.accounts import parent_sign_in
from portal.services.actor import Actor
from portal.services.contacts import contacts
from portal.services.contacts.email_changes import ChangedBy
from portal.services.mail import staff_notices
from portal.services.schools import schools
from portal.services.texting import inbound
from portal.services.texting import send as texting
from portal.services.texting.inbound import Received
from tests.browser.browser_families import BrowserFamilies, shown
from tests.browser.pages import ContactFormPage, SentPage
from tests.support import burst, families
from tests.support.families import CELL, HOME, WORK, phone, say
from tests.support.live import Live, inside, send_due, wait_until_applied
from tests.support.people import make_account, newest_mail

LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff" * 2
LONG_EMAIL = f"{'a' * 60}@{'b' * 60}.example"
OF_TWO_PARENTS = "both.parents@example.com"
OF_TWO_SCHOOLS = "both"
"""A role for tests: an account that is an admin at two schools."""


@dataclass(frozen=True)
class BrowserSchool:
    """Families that show all there is to show."""

    live: Live
    families: BrowserFamilies
    student: int
    """Has two parents with every circle between them, a history, and changes that wait."""
    parent: int
    batch: int
    """A text to the student's parents, of which some failed; replies to it wait."""
    alone: int
    full: int
    long: int
    not_proven: str
    """The contact and the number, in an address, of a parent whose numbers only a form gave."""

    def link(self, email: str) -> str:
        """The address in a mail that signs a parent in."""
        with inside(self.live) as school, writing():
            return f"/oakwood/sign-in/link/{parent_sign_in.make_link(school.id, email, 'code')}"

    def objection(self) -> str:
        """The address in the mail to a parent whose sign-in email was just changed."""
        old = f"former{secrets.token_hex(4)}@example.com"
        with inside(self.live) as school:
            parent = families.make_parent(school, "Nora Moved", email=old)
            with writing():
                contact = db.session.get_one(Contact, (school.id, parent))
                contacts.set_fields(contact, {"email": "new@example.com"}, ChangedBy("Pat Fields"))
            found = re.search(r"/oakwood/sign-in/email/\S+", newest_mail(old).body)
        assert found is not None
        return found[0]


def make_browser_school(
    live: Live, browser_families: BrowserFamilies, form: ContactFormPage
) -> BrowserSchool:
    with inside(live) as school:
        student, parent, out, not_proven = _ruiz(school, browser_families)
        alone = families.make_student(school, "Olga Alone", grade=None, status=None)
        full = families.make_student(school, "Fay Full")
        for n in range(4):
            email = OF_TWO_PARENTS if n < 2 else None
            families.make_parent(school, f"Parent{n} Full", full, email=email)
        long = families.make_student(school, f"{LONG_NAME} {LONG_NAME}")
        families.make_parent(
            school,
            f"{LONG_NAME} {LONG_NAME}",
            long,
            email=LONG_EMAIL,
            phones=[phone("+525512345678"), phone("+447400123456", WORK, 1, ext="123456")],
        )
        with writing():
            schools.create_school(
                "birchwood", "Birchwood School", "+12065550148", send_window="always"
            )
        for slug in ("oakwood", "birchwood"):
            make_account(live.email(OF_TWO_SCHOOLS), slug, StaffRole.ADMIN)
        _burst(school, browser_families)
        batch, number = _text(school, student, parent)
        _notices(school, parent)
    send_due(live)
    with inside(live) as school:
        _reply(school, number, "Thank you! When does the bus leave?")
        _reply(school, number, "Which bus stop is it?")
        _reply(school, browser_families.number(), "please stop texting me")
    _send_again(form.open(), out, browser_families.number())
    wait_until_applied(live)
    return BrowserSchool(
        live, browser_families, student, parent, batch, alone, full, long, not_proven
    )


def _notices(school: SchoolRow, parent: int) -> None:
    """One of each kind on the overview."""
    alike = {"emails": ["ana.ruiz@example.com", LONG_EMAIL]}
    back = {"removed": LONG_EMAIL, "restored": "ana.ruiz@example.com", "changed_by": "Pat Fields"}
    with writing():
        for about in ("address", "network", "school"):
            staff_notices.notify_staff(school.id, NoticeKind.MAIL_DELAYED, about)
        for about in ("parent", "school"):
            staff_notices.notify_staff(school.id, NoticeKind.WELCOME_DELAYED, about)
        staff_notices.notify_staff(school.id, NoticeKind.EMAILS_ALIKE, "a", alike, parent)
        staff_notices.notify_staff(school.id, NoticeKind.EMAIL_PUT_BACK, "b", back, parent)


def _text(school: SchoolRow, student: int, parent: int) -> tuple[int, str]:
    """The batch, and a number of the parent that gets it."""
    pat = Actor(1, "Pat Fields")
    with writing():
        sent = texting.send(school, pat, "w" * 32, "Mateo's parents", [student], typed="No school")
    record = get_record(school, parent)
    assert record is not None
    return sent.batch_id, record.contact.phones[0].number


def _burst(school: SchoolRow, browser_families: BrowserFamilies) -> None:
    """Noes that wait for staff: several of one sender, one about a number of the long names', and
    one whose owner has no email."""
    burst.hold(school, [browser_families.number() for _ in range(3)], ip="203.0.113.7")
    burst.hold(school, ["+525512345678"], ip="203.0.113.7", name=f"{LONG_NAME} {LONG_NAME}")
    number = browser_families.number()
    families.make_parent(school, "Noor Silent", phones=[phone(number)])
    burst.hold(school, [number], ip="2001:db8::1")


def _reply(school: SchoolRow, number: str, words: str) -> None:
    came = Received(secrets.token_hex(16), number, school.texting_number, words)
    with writing():
        inbound.receive_text(came, InboundVia.HANDSET)


def _ruiz(school: SchoolRow, browser_families: BrowserFamilies) -> tuple[int, int, str, str]:
    """The student, Ana, Ana's number that opted out, and a number of Ben's; see World."""
    opted_in, home, out, blocked, work, late = (browser_families.number() for _ in range(6))
    student = families.make_student(school, "Mateo Ruiz-\u05d0\u05d1\u05d2")
    ana = families.make_parent(
        school,
        "Ana Ruiz",
        student,
        email="ana.ruiz@example.com",
        phones=[phone(opted_in), phone(home, HOME, 1), phone(out, CELL, 2)],
        typed=True,
    )
    ben = families.make_parent(
        school,
        "Ben Ruiz",
        student,
        phones=[phone(blocked), phone(work, WORK, 1, ext="12"), phone(late, CELL, 2)],
        relationship=Relationship.FATHER,
        proof=None,
    )
    families.stop(school, out)
    say(school, blocked, Source.PARENT_FORM, Answer.YES, ben)
    say(school, blocked, Source.CARRIER, Answer.NO)
    say(school, late, Source.PARENT_FORM, Answer.YES, ben)
    families.stop(school, late, clock.now() - timedelta(days=2))
    return student, ana, out, f"{ben}/numbers/{late[1:]}"


def _send_again(form: ContactFormPage, out: str, number: str) -> None:
    """Ana's form differs from what is on file in all the ways that wait for staff."""
    form.child("Mateo", "Ruiz-\u05d0\u05d1\u05d2")
    form.page.select_option("[name=child1-grade]", "4")
    form.parent("Ana", "Ruiz", "ana.ruiz@example.com")
    form.phone("Cell", shown(number))
    form.answer("Yes")
    form.ask_for("Add another phone")
    form.phone("Cell", shown(out), "secondary_phone")
    form.answer("Yes", "secondary_phone")
    form.ask_for("Add another parent")
    form.parent("Cleo", "Ruiz", "cleo.ruiz@example.com", n=2)
    form.phone("Work", shown(number)[:-1] + "9", n=2)
    form.send()
    SentPage(form.page)
