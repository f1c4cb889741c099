"""Every address x every visitor, with forged ids in the path, the query and the body.

What must hold: no 500; nobody sees another school's or (but for staff) another family's data;
nothing of theirs changes; who may not open an address is turned away; another school's id in a
body that is otherwise right is a 404.
"""

import random
from dataclasses import dataclass, field

from flask import Flask
from werkzeug.routing import Rule

from tests.architecture.routes import ENDS_THE_SESSION, Who
from tests.attack import digests, forged, templates
from tests.attack.browser import Answer, Browser, Fields, encode
from tests.attack.digests import Digest, Writes, noticing_writes
from tests.attack.findings import Deadline, Findings, example_of
from tests.attack.planted import Planted, leaks, plant
from tests.attack.site import Site
from tests.attack.templates import Templates, arguments, filled
from tests.attack.visitors import VISITORS, WHO, Visitor, refused

PART = "requests: routes x visitors"
CONTACT_FORM = "parent.send_contact_form"
EACH = 400
"""Requests over one database, before all is planted anew: attackers spoil what they attack."""


def attack(site: Site, seed: int, deadline: Deadline) -> Findings:
    """Each visitor in turn, over a database of their own, until the time is over."""
    findings = Findings()
    turn = 0
    while not deadline.over():
        visitor = VISITORS[turn % len(VISITORS)]
        with site.app(WTF_CSRF_ENABLED=False) as app:
            planted = plant(app)
            draw = random.Random(f"{seed}-{turn}")
            found = templates.collect(app, planted)
            walk = Walk(app, planted, found, visitor, draw, findings)
            walk.until(Deadline.within(min(deadline.left(), 60)), EACH)
        turn += 1
    return findings


@dataclass
class Walk:
    """One visitor's way through all addresses."""

    app: Flask
    planted: Planted
    found: Templates
    visitor: Visitor
    draw: random.Random
    findings: Findings
    said: set[str] = field(default_factory=set)
    """Secrets that the visitor has sent along: to be told them again is no leak."""

    def __post_init__(self) -> None:
        self.names = sorted(self.found.names)
        self.secrets = self.visitor.secrets(self.planted)
        self.browser = self._arrive()

    def _arrive(self) -> Browser:
        browser = self.visitor.arrive(self.app, self.planted)
        browser.observers.append(self.findings.watch(PART))
        return browser

    def until(self, deadline: Deadline, most: int) -> None:
        rules = [(r, m) for r in self.app.url_map.iter_rules() for m in _methods(r)]
        with noticing_writes() as writes:
            before = self.visitor.state_of_others(self.planted)
            for n in range(most):
                if deadline.over() or (n % 50 == 49 and not self._still_here()):
                    return
                before = self.once(*self._next(rules), writes, before)

    def once(
        self, rule: Rule, method: str, writes: Writes, before: dict[str, Digest]
    ) -> dict[str, Digest]:
        """One request, judged; gives the state after it."""
        slug, answer, swapped = self._try(rule, method)
        self._judge(rule, method, slug, answer, swapped)
        if not writes.taken():
            return before
        now = self.visitor.state_of_others(self.planted)
        self._compare(rule, before, now, answer)
        return now

    def _next(self, rules: list[tuple[Rule, str]]) -> tuple[Rule, str]:
        rule, method = self.draw.choice(rules)
        signed_in = self.visitor.school and not self.visitor.signed_out
        if signed_in and rule.endpoint in ENDS_THE_SESSION:
            return self._next(rules)
        return rule, method

    def _still_here(self) -> bool:
        if self.visitor.still_here(self.browser):
            return True
        try:
            self.browser = self._arrive()
        except AssertionError:  # they have changed themselves out of the school
            return False
        return self.visitor.still_here(self.browser)

    def _try(self, rule: Rule, method: str) -> tuple[str, Answer, str]:
        """A request; also whose school the address names, and the id that was swapped in a body
        that is otherwise right."""
        slug = self._slug()
        forms = self.found.forms.get((slug, rule.endpoint, method), [])
        if forms and self.draw.random() < 0.6:
            form = self.draw.choice(forms)
            fields, swapped = self._swapped(form.fields)
            if not swapped:
                fields = forged.forged(self.draw, form.fields, self.names, self.planted)
            return slug, self._send(rule, method, form.path, fields), swapped
        args = {name: self._argument(name, slug) for name in arguments(rule)}
        slug = args.get("slug", slug)
        path = filled(rule, args)
        fields = forged.forged(self.draw, [], self.names, self.planted)
        return slug, self._send(rule, method, path, fields), ""

    def _slug(self) -> str:
        return self.draw.choice(["oakwood", "birchwood"])

    def _argument(self, name: str, slug: str) -> str:
        if name == "slug":
            return slug if self.draw.random() < 0.9 else forged.value(self.draw, self.planted)
        if self.draw.random() < 0.4:
            whose = self.planted.ids[slug]
            kind = name.removesuffix("_id")
            return str(whose.get(kind) or whose[self.draw.choice(["student", "parent"])])
        return forged.value(self.draw, self.planted)

    def _swapped(self, fields: Fields) -> tuple[Fields, str]:
        """The fields with one school's id for the other's; and the id, if there was one."""
        at = [i for i, (_, v) in enumerate(fields) if v in self.planted.numbers_of]
        if not at or self.draw.random() < 0.5:
            return fields, ""
        i = self.draw.choice(at)
        name, own = fields[i]
        foreign = self.planted.numbers_of[own]
        return [*fields[:i], (name, foreign), *fields[i + 1 :]], f"{name}={foreign}"

    def _send(self, rule: Rule, method: str, path: str, fields: Fields) -> Answer:
        if rule.endpoint == CONTACT_FORM:
            fields = self._on_a_page_of_their_own(path, fields)
        text = " ".join(v for _, v in fields)
        self.said |= {s for s in self.secrets if s in text}
        if method != "POST":
            joint = "&" if "?" in path else "?"
            return self.browser.ask(method, path + joint + browser_query(fields[:6]))
        query = forged.query(self.draw, self.names, self.planted)
        return self.browser.post(path + (f"?{browser_query(query)}" if query else ""), fields)

    def _on_a_page_of_their_own(self, path: str, fields: Fields) -> Fields:
        """With the form's tokens of this browser, without which nothing is read."""
        page = self.browser.get(path.partition("?")[0]).form("forms/contact")
        tokens = {"csrf_token", "form_token"}
        own = [(k, v) for k, v in page.fields if k in tokens] if page else []
        return own + [(k, v) for k, v in fields if k not in tokens]

    def _judge(self, rule: Rule, method: str, slug: str, answer: Answer, swapped: str) -> None:
        who, shape = self.visitor.name, f"{method} {rule.endpoint}"
        shown = leaks(answer, self.secrets - self.said)
        if shown:
            what = f"{shape} shows {who} another's data"
            self.findings.fault(
                "nobody sees another's data", what, f"{shown}: {example_of(answer)}"
            )
        if (rule.endpoint, method) not in WHO:
            self.findings.fault("every route has a line", shape, "add it to ROUTES")
            return
        may = self.visitor.may(rule.endpoint, method, slug)
        known = slug in self.planted.ids or "slug" not in arguments(rule)
        if not may and known and not refused(answer):
            self.findings.fault("who may not is turned away", f"{shape}: {who}", example_of(answer))
        if may and swapped and answer.status not in {404, 422} and self.visitor.role:
            what = f"{shape}: {swapped.partition('=')[0]}"
            self.findings.fault("another school's id in a body is a 404", what, example_of(answer))

    def _compare(
        self, rule: Rule, before: dict[str, Digest], now: dict[str, Digest], answer: Answer
    ) -> None:
        """A family that is not theirs never changes; a school only by those who may, or by what is
        open to all."""
        open_to_all = WHO.get((rule.endpoint, answer.method)) is Who.ANYONE
        for whose, digest in now.items():
            tables = digests.changed(before[whose], digest)
            a_family = " " in whose
            mine = whose == self.visitor.school
            may = open_to_all or (mine and self.visitor.may(rule.endpoint, answer.method, whose))
            if tables and (a_family or not may):
                what = f"{answer.method} {rule.endpoint} by {self.visitor.name}: {whose} {tables}"
                self.findings.fault("nothing of others changes", what, example_of(answer))


def browser_query(fields: Fields) -> str:
    """A query no longer than servers take."""
    return encode([(k, v[:4000]) for k, v in fields])


def _methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
