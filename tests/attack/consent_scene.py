"""A victim, her spouse, a stranger, a former owner, staff and the provider, and all they can do.

Everything goes through pages, mails and texts, as from outside; only what comes from the carrier
and from a list is taken straight to the ledger.
"""

import secrets
from datetime import timedelta
from typing import Any

from flask import Flask

from portal import clock as times
from portal.enums import Answer, Relationship, Source, StaffRole
from portal.extensions import db, writing
from portal.models import School
from portal.services.schools import schools
from tests.attack.browser import Browser, Fields, Form
from tests.attack.consent_facts import NUMBERS, STRANGERS, VICTIMS, Person
from tests.attack.consent_judge import Fault, Judged
from tests.attack.consent_model import Channel, Step
from tests.attack.planted import sign_in_parent
from tests.support import families
from tests.support.families import say
from tests.support.incoming import take
from tests.support.people import PASSWORD, make_account

__all__ = ["BEGINNINGS", "NUMBERS", "VICTIMS", "Scene"]

SLOTS = ("primary_phone", "secondary_phone", "other_phone")
BEGINNINGS = (
    "typed by staff",
    "typed while texting was off",
    "given on a form",
    "on no record",
    "of a former owner",
)


class Scene(Judged):
    def __init__(self, app: Flask, beginning: str, fault: Fault, judging: bool = True) -> None:
        super().__init__(fault, judging)
        self.app = app
        self.beginning = beginning
        self.slug = f"school-{secrets.token_hex(5)}"
        texting_number = f"+1206{2_000_000 + secrets.randbelow(7_999_999)}"
        with writing():
            made = schools.create_school(
                self.slug, "Attacked School", texting_number, send_window="always"
            )
        make_account(f"staff@{self.slug}.example", self.slug, StaffRole.EDITOR)
        self.school = made
        self.people = {
            name: Person(name, f"{name}@{self.slug}.example", self._browser(n))
            for n, name in enumerate(("victim", "spouse", "stranger", "accomplice", "former"))
        }
        self.desk = self._browser(99)
        self._begin()

    def _browser(self, n: int) -> Browser:
        return Browser(
            self.app, network=f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}.{n}"
        )

    def _begin(self) -> None:
        child = families.make_student(self.school, "Mateo Ruiz")
        for name, first in (("victim", "Ana"), ("spouse", "Ben")):
            families.make_parent(
                self.school,
                f"{first} Ruiz",
                child,
                email=self.people[name].email,
                phones=[],
                relationship=Relationship.GUARDIAN,
            )
        former = families.make_student(self.school, "Old Owner")
        families.make_parent(
            self.school, "Fay Owner", former, email=self.people["former"].email, phones=[]
        )
        for name in ("stranger", "accomplice"):
            self.unsigned(name, STRANGERS, "yes")
        if self.beginning == "typed by staff":
            self.staff_type("victim")
        elif self.beginning == "typed while texting was off":
            self._texting(False)
            self.staff_type("victim")
            self._texting(True)
        elif self.beginning == "given on a form":
            self.unsigned("accomplice", VICTIMS, "yes")
        elif self.beginning == "of a former owner":
            self.staff_type("former")
            self.staff_remove("former")

    def _texting(self, on: bool) -> None:
        with writing():
            db.session.get_one(School, self.school.id).texting_on = on

    # What people do

    def unsigned(self, name: str, number: str, said: str) -> None:
        """A form that is sent without signing in, under one's own email."""
        person = self.people[name]
        browser = person.browser
        if person.signed_in:  # another browser of theirs, that nobody is signed in on
            browser = Browser(self.app, browser.network, browser.observers)
        step = Step(name, Channel.UNSIGNED, session=browser.session)
        self.step(step, lambda: self._send_form(browser, person, number, said))

    def signed_form(self, name: str, number: str, said: str) -> None:
        person = self._in(name)
        if person is not None:
            act = lambda: self._send_form(person.browser, person, number, said)  # noqa: E731
            self.step(self._signed(person), act)

    def answers(self, name: str, number: str, said: str) -> None:
        """One tap on the family's page; forged, if the page does not offer the number."""
        person = self._in(name)
        if person is None:
            return
        forms = person.browser.get(f"/{self.slug}/household").forms()
        offered = [f for f in forms if f.action.endswith("/household/answer")]
        form = next((f for f in offered if ("number", number) in f.fields), None)
        form = form or next(iter(offered), None)
        if form is not None:
            fields = form.values(number=number, answer=said)
            self.step(
                self._signed(person),
                lambda: person.browser.post(f"/{self.slug}/household/answer", fields),
            )

    def parks(self, name: str, number: str, said: str) -> None:
        """Put the number on one's own record, with an answer."""
        self._phones(name, {0: (number, said)})

    def drops(self, name: str) -> None:
        """Take all numbers but the stranger's off one's own record."""
        self._phones(name, {0: (STRANGERS, "no")} if name == "stranger" else {})

    def _phones(self, name: str, wanted: dict[int, tuple[str, str]]) -> None:
        person = self._in(name)
        path = f"/{self.slug}/household/phones"
        form = person.browser.get(path).form("/household/phones") if person else None
        if person is None or form is None:
            return
        kept = [(k, v) for k, v in form.fields if not k.startswith(SLOTS)]
        for at, (number, said) in wanted.items():
            slot = SLOTS[at]
            kept += [(f"{slot}-type", "cell"), (f"{slot}-number", number)]
            kept += [(f"{slot}-consent", said)] if said else []
        self.step(self._signed(person), lambda: person.browser.post(path, kept))

    def claims(self, name: str) -> None:
        """Tap "Yes, that was me" under what waits."""
        person = self._in(name)
        if person is None:
            return
        page = person.browser.get(f"/{self.slug}/household")
        form = page.form("/household/waiting")
        if form is not None:
            fields = [*form.fields, ("mine", "1")]
            self.step(self._signed(person), lambda: person.browser.post(form.action, fields))

    def words(self, name: str, late: bool = False) -> None:
        """Text the word that `name` was shown, from the victim's handset. `late`: before a
        STOP, that comes in first."""
        contact = self.contact(name)
        word = self._word(contact) if contact else None
        if contact is None or word is None:
            return
        if late:
            sent = times.now()
            self.stop()
            step = Step(name, Channel.LATE_WORD, contact)
            self.step(step, lambda: self._text(word, happened_at=sent - timedelta(seconds=1)))
        else:
            step = Step(name, Channel.WORD, contact, proves=(contact, VICTIMS, "handset"))
            self.step(step, lambda: self._text(word))

    def links(self, name: str, signed: bool, oldest: bool, number: str, said: str) -> None:
        """Tap a link that was texted to the handset, and send the form there."""
        links = [link for link in self.model.links if link.number == VICTIMS]
        person = self._in(name) if signed else self.people[name]
        if not links or person is None:
            return
        link = links[0 if oldest else -1]
        page = (person.browser if signed else Browser(self.app)).get(link.path)
        if number != link.number and page.form("forms/contact") is None:
            return
        browser = person.browser if signed else Browser(self.app, person.browser.network)
        contact = self.contact(name) if signed else None
        proves = (contact, number, "handset") if contact and number == link.number else None
        step = Step(name, Channel.LINK, contact, browser.session, proves, link)
        self.step(step, lambda: self._send_form(browser, person, number, said, link.path))

    def asks_word(self, name: str) -> None:
        """Ask for a word to text, where the family's page offers one."""
        person = self._in(name)
        if person is None:
            return
        forms = person.browser.get(f"/{self.slug}/household").forms()
        offered = [f for f in forms if f.action.endswith("/household/handset")]
        form = next((f for f in offered if ("number", VICTIMS) in f.fields), None)
        if form is not None:
            self.step(self._signed(person), lambda: person.browser.post(form.action, form.fields))

    def staff_told(self, name: str, back: bool) -> None:
        """Staff note that the parent told them the victim's number; `back`: take that back."""
        contact = self.contact(name)
        if contact is None or contact not in self.on_records(VICTIMS):
            return
        path = f"/{self.slug}/staff/contacts/{contact}/numbers/{VICTIMS[1:]}"
        form = self._at_the_desk().get(path).form("/undo" if back else VICTIMS[1:])
        if form is None:
            return
        proves = (contact, VICTIMS, "untold" if back else "told")
        fields = _over(form, {} if back else {"note": "They called us."})
        step = Step("staff", Channel.STAFF_TOLD, proves=proves)
        self.step(step, lambda: self.desk.post(form.action, fields))

    def staff_email(self, name: str) -> None:
        """Staff change the address that somebody signs in with."""
        contact = self.contact(name)
        if contact is None:
            return
        path = f"/{self.slug}/staff/contacts/{contact}/edit"
        form = self._at_the_desk().get(path).form("/edit")
        if form is None:
            return
        person = self.people[name]
        local, _, domain = person.email.partition("@")
        new = f"{local.removesuffix('-new') if '-new' in local else f'{local}-new'}@{domain}"
        fields = _over(form, {"email": new})
        self.step(Step("staff", Channel.STAFF_EMAIL), lambda: self.desk.post(path, fields))
        if self.email_of(contact) == new:
            person.email, person.signed_in = new, False
            person.browser = Browser(self.app, person.browser.network)

    def stop(self) -> None:
        self.step(Step("victim", Channel.STOP), lambda: self._text("STOP"))

    def late_stop(self, minutes: int) -> None:
        sent = times.now() - timedelta(minutes=minutes)
        self.step(Step("victim", Channel.STOP), lambda: self._text("STOP", happened_at=sent))

    def texts(self, body: str) -> None:
        self.step(Step("victim", Channel.CHAT), lambda: self._text(body))

    def carrier(self) -> None:
        self._says(Channel.CARRIER, Source.CARRIER)

    def listed(self) -> None:
        self._says(Channel.LIST, Source.OPT_OUT_LIST)

    def _says(self, channel: Channel, source: Source) -> None:
        self.step(Step("provider", channel), lambda: say(self.school, VICTIMS, source, Answer.NO))

    def staff_type(self, name: str, number: str = VICTIMS) -> None:
        contact = self.contact(name)
        if contact is not None and contact not in self.on_records(number):
            step = Step("staff", Channel.STAFF_TYPES, proves=(contact, number, "staff"))
            self.step(step, lambda: self._staff_phones(contact, number))

    def staff_remove(self, name: str) -> None:
        contact = self.contact(name)
        if contact is not None:
            step = Step("staff", Channel.STAFF_REMOVE)
            self.step(step, lambda: self._staff_phones(contact, None))

    def staff_accept(self, name: str) -> None:
        contact = self.contact(name)
        if contact is None:
            return
        page = self._at_the_desk().get(f"/{self.slug}/staff/contacts/{contact}")
        form = page.form("/proposals")
        if form is not None:
            fields = [*form.fields, ("accept", "all")]
            step = Step("staff", Channel.STAFF_ACCEPT)
            self.step(step, lambda: self.desk.post(form.action, fields))

    def clock(self, hours: int) -> None:
        """From now on it is another server that answers, whose clock is wrong."""
        self.skew = timedelta(hours=hours)

    # How they do it

    def _send_form(
        self, browser: Browser, person: Person, number: str, said: str, at: str = ""
    ) -> None:
        path = f"/{self.slug}/forms/contact"
        page = browser.get(at or path)
        if page.status in {302, 303}:
            page = browser.get(page.location)
        form = page.form("forms/contact")
        question = page.form(at) if at else None
        if question is not None and number == VICTIMS:
            browser.post(at, [*question.fields, ("answer", said)])
            return
        if form is None:
            return
        typed = {
            "child1-first_name": f"Child of {person.name}",
            "child1-last_name": "Ruiz",
            "parent1-first_name": person.name.capitalize(),
            "parent1-last_name": "Ruiz",
            "parent1-relationship": "mother",
            "parent1-email": person.email,
            "parent1-primary_phone-type": "cell",
            "parent1-primary_phone-number": number,
            "parent1-primary_phone-consent": said,
        }
        browser.post(form.action if at else path, _over(form, typed))

    def _signed(self, person: Person) -> Step:
        contact = self.contact(person.name)
        return Step(person.name, Channel.SIGNED, contact, person.browser.session)

    def _in(self, name: str) -> Person | None:
        """The person, signed in; None where the school has nobody with their email."""
        person = self.people[name]
        if self.contact(name) is None:
            return None
        home = f"/{self.slug}/household"
        if not person.signed_in or person.browser.get(home).status != 200:
            try:
                sign_in_parent(person.browser, self.slug, person.email)
            except AssertionError:  # the clock went back, or a limit was met
                return None
            person.signed_in = True
        return person

    def _at_the_desk(self) -> Browser:
        if self.desk.get(f"/{self.slug}/staff/").status != 200:
            form = self.desk.get("/staff/sign-in").form("/staff/sign-in")
            assert form is not None
            fields = form.values(email=f"staff@{self.slug}.example", password=PASSWORD)
            self.desk.post("/staff/sign-in", fields)
        return self.desk

    def _staff_phones(self, contact: int, number: str | None) -> None:
        path = f"/{self.slug}/staff/contacts/{contact}/phones"
        form = self._at_the_desk().get(path).form("/phones")
        assert form is not None, "staff can't edit phones"
        typed = {f"{s}-{f}": "" for s in SLOTS for f in ("type", "number", "extension")}
        if number is not None:
            typed |= {"primary_phone-type": "cell", "primary_phone-number": number}
        self.desk.post(path, _over(form, typed))

    def _text(self, body: str, **more: Any) -> None:
        take(body, VICTIMS, texting_number=self.school.texting_number, **more)


def _over(form: Form, typed: dict[str, str]) -> Fields:
    """The form's fields with what is typed in their place."""
    return [(k, v) for k, v in form.fields if k not in typed] + list(typed.items())
