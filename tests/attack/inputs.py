"""Odd input, by hypothesis: the contact form, emails, numbers, searches and webhooks.

What must hold: no 500, bounded time and size, nobody sees another's data, nothing of a family
changes by an unsigned form, no mail lets anybody in but the one whose address is on file, and what
is not signed by the provider is refused.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from sqlalchemy import select

from portal.extensions import db
from portal.models import ConsentStatus, Contact, Mail, Phone
from portal.queries.schools import get_school
from tests.attack import cases, forged, odd
from tests.attack.browser import Answer, Browser, Fields, encode
from tests.attack.digests import changed, noticing_writes, of_family
from tests.attack.findings import Deadline, Findings, example_of
from tests.attack.planted import (
    Planted,
    by_form,
    key_of,
    leaks,
    plant,
    sign_in_parent,
    sign_in_staff,
)
from tests.attack.site import Site
from tests.support.families import make_parent, make_student, phone
from tests.support.twilio_stand_in import signature
from tests.support.webhooks import INBOUND, STATUS

LARGEST = 256 * 1024
"""The most that a post may hold. More is refused with 413."""
FORM = "/oakwood/forms/contact"
FINE = {200, 303, 400, 409, 410, 413, 422, 429}
EMAIL = "jossie.fisk@massmail.example"
E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
Check = Callable[[Any], None]

GOOD = {
    "child1-first_name": "Mia",
    "child1-last_name": "Moss",
    "child1-grade": "3",
    "parent1-first_name": "Eve",
    "parent1-last_name": "Moss",
    "parent1-relationship": "mother",
    "parent1-email": "eve@example.com",
    "parent1-primary_phone-type": "cell",
    "parent1-primary_phone-number": "(415) 555-0199",
    "parent1-primary_phone-consent": "yes",
}
HIDDEN = ("form_token", "csrf_token", "wording", "action", "seen-+14155550111", "correct", "lang")


@dataclass
class Target:
    """The portal with its families, and those who type at it."""

    app: Flask
    planted: Planted
    findings: Findings
    part: str = "requests: signing in"
    on_file: list[str] = field(default_factory=list)
    typed: set[str] = field(default_factory=set)
    """Values that forms may have put on Oakwood's own records: no secrets there anymore."""

    def __post_init__(self) -> None:
        school = get_school("oakwood")
        assert school is not None
        child = make_student(school, "Jossie Fisk")
        phones = [phone("+14155550171")]
        make_parent(school, "Jo Fisk", child, email=EMAIL, phones=phones, typed=True)
        came, stolen = by_form(self.browser(), school)
        self.planted.families["oakwood", "c"] = came
        other = self.browser().get("/birchwood/forms/contact").form("forms/contact")
        assert other is not None
        self.stolen = [stolen, *(v for k, v in other.fields if k in HIDDEN)]
        """The token of somebody else's form, and those of a form of another school."""
        families = self.planted.families.values()
        self.on_file = [EMAIL] * 6 + [
            *(f.email for f in families),
            *(f.hidden_email for f in families),
        ]
        self.numbers = [f.number(n) for f in families for n in (11, 12, 13)]
        self.secrets = {s for f in families for s in f.secrets()}
        self.editor = sign_in_staff(self.browser(), "editor", "oakwood")
        self.parent = sign_in_parent(self.browser(), "oakwood", EMAIL)
        self.anybody = self.browser()

    def browser(self) -> Browser:
        return Browser(self.app, observers=[self._watch])

    def _watch(self, answer: Answer) -> None:
        self.findings.watch(self.part)(answer)

    def judge(self, answer: Answer, fine: set[int], sent: str) -> None:
        shape = f"{answer.method} {answer.path.partition('?')[0][:60]}"
        if answer.status not in fine and answer.status < 500:
            what = f"{shape}: {answer.status}"
            self.findings.fault("odd input is answered as it should be", what, example_of(answer))
        shown = leaks(answer, {s for s in self.secrets if s.lower() not in sent.lower()})
        if shown:
            what = f"{shape} shows {shown[0]}"
            self.findings.fault("nobody sees another's data", what, example_of(answer))

    # The contact form

    def form_names(self) -> list[str]:
        page = self.anybody.get(FORM).form("forms/contact")
        assert page is not None
        base = {*page.names, *GOOD, *HIDDEN}
        far = [n.replace("1", other, 1) for n in GOOD for other in ("2", "4", "5", "0", "13", "99")]
        return sorted(base | set(far))

    def send_form(self, fields: Fields, who: Browser) -> None:
        page = who.get(FORM).form("forms/contact")
        assert page is not None
        typed = {name for name, _ in fields}
        own = [(k, v) for k, v in page.fields if k not in typed and k in HIDDEN]
        self.typed |= {key_of(value) for _, value in fields}
        body = encode([*own, *fields]).encode()
        answer = who.post(FORM, body)
        if len(body) > LARGEST and answer.status != 413:
            self.findings.fault("bounded size", "a form larger than 256 KiB", example_of(answer))
        self.judge(answer, FINE, answer.sent + " ".join(v for _, v in fields))

    def contact_form(self, case: tuple[Fields, bool]) -> None:
        fields, signed_in = case
        self.send_form(fields, self.parent if signed_in else self.anybody)

    def own_phones(self, fields: Fields) -> None:
        """A form by a signed-in parent about their own phones."""
        path = "/oakwood/household/phones"
        page = self.parent.get(path).form("/household/phones")
        if page is not None:
            typed = {name for name, _ in fields}
            own = [(k, v) for k, v in page.fields if k not in typed]
            self.typed |= {key_of(value) for _, value in fields}
            answer = self.parent.post(path, [*own, *fields])
            self.judge(answer, FINE, answer.sent + " ".join(v for _, v in fields))

    # Emails

    def sign_in(self, email: str) -> None:
        """A code goes only to an address that is on file, as it is on file."""
        who = self.browser()
        form = who.get("/oakwood/sign-in").form("/sign-in")
        assert form is not None
        newest = self._newest_mail()
        self.judge(who.post("/oakwood/sign-in", form.values(email=email)), FINE, email)
        for mail in self._mails(newest):
            known = re.search(r"^ +\d{6}$", mail.body, re.MULTILINE) or "sign-in/link/" in mail.body
            if known and not self._on_file(mail.to_address):
                what = "a code goes to an address that is not on file"
                example = f"{email!r}: to {mail.to_address!r}"
                self.findings.fault("nobody signs in as another", what, example)

    def form_email(self, email: str) -> None:
        """The link in a form's receipt shows no record of another address."""
        newest = self._newest_mail()
        fields = list({**GOOD, "parent1-email": email}.items())
        self.send_form(fields, self.browser())
        for mail in self._mails(newest):
            link = re.search(r"/\S*sign-in/link/\S+", mail.body)
            if link and not self._on_file(mail.to_address):
                self._follow(link[0].removeprefix("//localhost"), mail.to_address)

    def _follow(self, link: str, address: str) -> None:
        who = self.browser()
        path = link[link.index("/oakwood/") :]
        form = who.get(path).form(path)
        if form is None:
            return
        there = who.post(path, form.fields).location
        page = who.get(there or "/oakwood/household")
        if page.status == 200 and any(name in page.text for name in ("Jossie", *self._tags())):
            what = "a receipt's link opens a record of another address"
            self.findings.fault("nobody signs in as another", what, repr(address))

    def _tags(self) -> list[str]:
        return [family.tag for family in self.planted.families.values()]

    def _on_file(self, address: str) -> bool:
        """As it is, but for the case of ASCII letters."""
        rows = select(Contact.email).where(Contact.email.is_not(None))
        return _ascii_lower(address) in {_ascii_lower(e) for e in db.session.scalars(rows) if e}

    def _newest_mail(self) -> int:
        return db.session.scalar(select(Mail.id).order_by(Mail.id.desc()).limit(1)) or 0

    def _mails(self, since: int) -> list[Mail]:
        db.session.rollback()
        return list(db.session.scalars(select(Mail).where(Mail.id > since)))

    # Numbers and searches

    def number(self, case: tuple[str, str, bool]) -> None:
        number, kind, signed_in = case
        name = "parent1-primary_phone"
        fields = {**GOOD, f"{name}-number": number, f"{name}-type": kind}
        self.send_form(list(fields.items()), self.parent if signed_in else self.browser())
        answer = self.editor.get("/oakwood/staff/", [("q", number)])
        self.judge(answer, FINE, " ".join(self.secrets))

    def numbers_are_e164(self) -> None:
        for column in (Phone.number, ConsentStatus.number):
            for number in db.session.scalars(select(column)):
                if not E164.fullmatch(number):
                    what = f"{column.class_.__tablename__}, by {self.part}"
                    self.findings.fault("only phone numbers are kept as such", what, repr(number))

    def search(self, case: tuple[str, Fields]) -> None:
        page, fields = case
        answer = self.editor.get(f"/oakwood/staff/{page}", fields)
        others = {s for (slug, _), f in self.planted.families.items() for s in f.secrets()
                  if slug != "oakwood"}  # fmt: skip
        others = {s for s in others if key_of(s) not in self.typed}
        shown = leaks(answer, {s for s in others if s not in encode(fields)})
        if shown:
            self.findings.fault("nobody sees another's data", page, example_of(answer))
        if answer.status not in {*FINE, 404, 302, 414} and answer.status < 500:
            self.findings.fault("odd input is answered as it should be", page, example_of(answer))

    # Webhooks

    def signed_webhook(self, case: tuple[str, dict[str, str]]) -> None:
        """Post anything as the provider: no 500 then, nor on the pages of staff afterwards."""
        path, fields = case
        headers = {"X-Twilio-Signature": signature(f"http://localhost{path}", fields)}
        answer = self.anybody.post(path, list(fields.items()), headers)
        if answer.status not in {200, 400, 403, 404, 413} and answer.status < 500:
            self.findings.fault("odd input is answered as it should be", path, example_of(answer))
        for page in ("", "texts?show=replies", "texts"):
            self.editor.get(f"/oakwood/staff/{page}")

    def forged_webhook(self, case: tuple[str, dict[str, str], str]) -> None:
        path, fields, forged = case
        with noticing_writes() as writes:
            answer = self.anybody.post(path, list(fields.items()), {"X-Twilio-Signature": forged})
            wrote = writes.taken()
        if answer.status != 403 or wrote:
            self.findings.fault("what is not signed is refused", path, example_of(answer))


def _ascii_lower(text: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in text)


def parts(target: Target) -> dict[str, tuple[SearchStrategy[Any], Check]]:
    """By what the table calls it: what is typed, and what is done with it."""
    names = [*target.form_names(), *forged.ODD_NAMES]
    own_names = [n.removeprefix("parent1-") for n in GOOD if "phone" in n]
    values = st.one_of(
        odd.text, st.sampled_from([*target.on_file, *target.numbers, *target.stolen])
    )
    search = target.editor.get("/oakwood/staff/search")
    keys = [v for form in search.forms() for k, v in form.buttons if k == "add"]
    paths = st.sampled_from([INBOUND, STATUS, f"{STATUS}?message=1"])
    kinds = st.sampled_from(["cell", "home", "work", "", "fax"])
    return {
        "the contact form": (
            st.tuples(odd.changed_form(GOOD, names, values), st.booleans()),
            target.contact_form,
        ),
        "a parent's own phones": (
            odd.changed_form({}, [*own_names, *forged.ODD_NAMES], st.one_of(values, st.just("1"))),
            target.own_phones,
        ),
        "emails at the sign-in": (odd.emails(target.on_file), target.sign_in),
        "emails on the form": (odd.emails(target.on_file), target.form_email),
        "numbers": (st.tuples(odd.numbers(target.numbers), kinds, st.booleans()), target.number),
        "searches": (cases.search_cases(sorted(set(keys)) or ["email"]), target.search),
        "signed webhooks": (st.tuples(paths, cases.webhook_fields()), target.signed_webhook),
        "forged webhooks": (
            st.tuples(paths, cases.webhook_fields(), st.text(alphabet=st.characters(codec="ascii",
                      categories=["L", "N", "P"]), max_size=40)),
            target.forged_webhook,
        ),
    }  # fmt: skip


def attack(site: Site, number: int, deadline: Deadline, examples: int = 40) -> Findings:
    """Each part in turn, in rounds, until the time is over."""
    findings = Findings()
    while not deadline.over():
        with site.app() as app:
            target = Target(app, plant(app), findings)
            whole = Deadline.within(min(deadline.left(), 60))
            while not whole.over():
                each(target, number, examples, whole)
                number += 1
    return findings


def each(target: Target, number: int, examples: int, deadline: Deadline) -> None:
    """A round of every part."""
    for name, (typed, check) in parts(target).items():
        if not deadline.over():
            target.part = f"requests: {name}"
            _round(target, typed, check, number, examples, deadline)


def _round(
    target: Target,
    typed: SearchStrategy[Any],
    check: Check,
    number: int,
    examples: int,
    deadline: Deadline,
) -> None:
    before = _families(target)

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=typed)
    def one(case: Any) -> None:
        if not deadline.over():
            check(case)

    one()
    target.numbers_are_e164()
    for whose, digest in _families(target).items():
        tables = changed(before[whose], digest)
        if tables and check != target.signed_webhook:  # the provider's word is about anybody
            what = f"{target.part}: {whose}: {tables}"
            target.findings.fault("nothing of others changes", what, f"in the round of {number}")


def _families(target: Target) -> dict[str, dict[str, str]]:
    db.session.rollback()
    found = {}
    for (slug, letter), family in target.planted.families.items():
        school = get_school(slug)
        assert school is not None
        found[f"{slug} {letter}"] = of_family(school.id, family)
    return found
