"""A few seconds of each attack, so that every run of the tests sees them: `make attack` is minutes.

And a test for each check, that it would see what it is there to see.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask, Response
from sqlalchemy import update

from portal.extensions import db, writing
from portal.models import ConsentStatus, Contact
from tests.attack import consent_machine, inputs, interference, routes, templates
from tests.attack.consent_machine import Move
from tests.attack.consent_model import IN, OUT, Channel, Link, Model, No, Said, Step
from tests.attack.consent_rules import allowed
from tests.attack.consent_scene import VICTIMS, Scene
from tests.attack.digests import noticing_writes
from tests.attack.findings import Deadline, Findings, table
from tests.attack.interference import difference, watch
from tests.attack.planted import Planted, plant
from tests.attack.routes import Walk
from tests.attack.site import Site
from tests.attack.templates import Templates
from tests.attack.visitors import VISITORS, Visitor
from tests.support.databases import ENGINES, Databases

both = pytest.mark.parametrize(
    "engine", [pytest.param(e, marks=getattr(pytest.mark, e)) for e in ENGINES]
)


ANONYMOUS, VIEWER, ADMIN = VISITORS[0], VISITORS[3], VISITORS[5]


@pytest.fixture
def site(databases: Databases) -> Site:
    return Site(databases, "sqlite")


def broken(findings: Findings) -> set[str]:
    return {promise for promise, _ in findings.faults}


# A little of each attack


@both
def test_forged_ids_open_nothing(databases: Databases, engine: str) -> None:
    findings = Findings()
    with Site(databases, engine).app(WTF_CSRF_ENABLED=False) as app:
        planted = plant(app)
        found = templates.collect(app, planted, pages=2)
        walk = Walk(app, planted, found, ADMIN, random.Random(1), findings)
        walk.until(Deadline.within(60), most=30)
    assert findings.tried[routes.PART] >= 30
    assert broken(findings) == set(), findings.faults


def test_odd_input_is_answered(site: Site) -> None:
    findings = Findings()
    with site.app() as app:
        target = inputs.Target(app, plant(app), findings)
        inputs.each(target, 1, 2, Deadline.within(60))
    assert len(findings.tried) == 9
    assert broken(findings) == set(), findings.faults


def test_nobody_does_with_consent_what_the_table_does_not_allow(site: Site) -> None:
    findings = Findings()
    with site.app() as app:
        run = consent_machine.Run(app, findings, Deadline.within(60))
        consent_machine.one_round(run, 1, 4)
    assert findings.tried[consent_machine.PART] >= 10
    assert run.ways == {}, run.ways


def test_a_stranger_cannot_tell_two_worlds_apart(site: Site) -> None:
    findings = Findings()
    with site.app() as app:
        comparison = interference.Comparison(app, findings, Deadline.within(60))
        doing = [("unsigned", ("stranger", VICTIMS, "yes"))]
        comparison.compare("on no record, never asked", "on a record, STOP", doing)
    assert findings.tried[interference.PART] == 1
    assert broken(findings) == set(), findings.faults


# The checks would see it


@dataclass
class Sabotage:
    """An app that breaks what it is told to."""

    app: Flask
    planted: Planted
    what: str = ""

    def before(self) -> None:
        if self.what == "a 500":
            raise RuntimeError("fell")
        if self.what == "a change":
            with writing():
                db.session.execute(update(Contact).values(version=Contact.version + 1))

    def after(self, response: Response) -> Response:
        if self.what == "a leak":
            response.headers["X-Leak"] = "+1 (907) 555-0112"
        if self.what == "an open door":
            response.status_code = 200
        return response

    def found(self, what: str, visitor: Visitor, endpoint: str, method: str) -> set[str]:
        """The promises that are broken when the visitor tries an address of the broken app."""
        findings = Findings()
        walk = Walk(
            self.app, self.planted, Templates(names={"id"}), visitor, random.Random(2), findings
        )
        rule = next(r for r in self.app.url_map.iter_rules(endpoint))
        with noticing_writes() as writes:
            before = visitor.state_of_others(self.planted)
            self.what = what
            try:
                for _ in range(4):
                    before = walk.once(rule, method, writes, before)
            finally:
                self.what = ""
        return broken(findings)


@pytest.fixture(scope="module")
def sabotage(databases: Databases) -> Iterator[Sabotage]:
    with Site(databases, "sqlite").app(WTF_CSRF_ENABLED=False) as app:
        hooks: list[Sabotage] = []
        app.before_request(lambda: hooks[0].before() if hooks else None)
        app.after_request(lambda response: hooks[0].after(response) if hooks else response)
        planted = plant(app)
        hooks.append(Sabotage(app, planted))
        yield hooks[0]


@pytest.mark.parametrize(
    ("what", "visitor", "endpoint", "method", "promise"),
    [
        ("a leak", VIEWER, "staff.help_page", "GET", "nobody sees another's data"),
        ("an open door", ANONYMOUS, "parent.confirm", "POST", "who may not is turned away"),
        ("a change", ADMIN, "staff.mark_read", "POST", "nothing of others changes"),
        ("a change", ANONYMOUS, "parent.sign_out", "POST", "nothing of others changes"),
        ("a 500", ANONYMOUS, "parent.privacy", "GET", "never a 500"),
    ],
)
def test_what_is_broken_would_be_seen(
    sabotage: Sabotage, what: str, visitor: Visitor, endpoint: str, method: str, promise: str
) -> None:
    assert promise not in sabotage.found("", visitor, endpoint, method)
    assert promise in sabotage.found(what, visitor, endpoint, method)


def test_what_a_form_put_on_a_record_is_no_leak_and_the_rest_still_is(site: Site) -> None:
    shown: list[str] = []

    def show(response: Response) -> Response:
        response.headers["X-Shown"] = " ".join(shown)
        return response

    with site.app() as app:
        app.after_request(show)
        findings = Findings()
        target = inputs.Target(app, plant(app), findings)
        target.number(("+19075550112", "cell", False))
        target.search(("", [("q", "Moss")]))
        assert "(907) 555-0112" in target.editor.get("/oakwood/staff/?q=Moss").text
        assert broken(findings) == set(), findings.faults

        for secret in ("(907) 555-0113", "18085550115", "hidden-birchwood-a@planted", "Wexumbra"):
            shown[:] = [f"{secret}.example"]
            findings.faults.clear()
            target.search(("search", []))
            assert broken(findings) == {"nobody sees another's data"}, secret


def test_an_opt_out_that_is_lifted_by_itself_would_be_seen(site: Site) -> None:
    with site.app() as app:
        found: list[str] = []
        scene = Scene(app, "typed by staff", lambda promise, _what: found.append(promise))
        scene.stop()
        assert (scene.state(VICTIMS), found) == (OUT, [])

        def lift() -> None:
            with writing():
                db.session.execute(update(ConsentStatus).values(state=IN))

        scene.step(Step("stranger", Channel.SIGNED, session="a browser"), lift)
        assert found == ["no opt-out is lifted but as the table allows"]


def test_a_way_is_made_as_short_as_it_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_app: object, _beginning: str, way: list[Move], _key: object) -> bool:
        return ("stop", ()) in way and ("claims", ("stranger",)) in way

    monkeypatch.setattr(consent_machine, "breaks", breaks)
    way: list[Move] = [("stop", ()), ("listed", ()), ("claims", ("stranger",)), ("carrier", ())]
    short = consent_machine.shorten(Flask(__name__), "", way, ("", ""), Deadline.within(60))
    assert short == [("stop", ()), ("claims", ("stranger",))]


def test_two_worlds_that_differ_would_be_told_apart(site: Site) -> None:
    doing = [("answers", ("stranger", VICTIMS, "yes"))]
    with site.app() as app:
        one, other = (watch(app, "on no record, never asked", doing) for _ in range(2))
        assert one.looks, "the stranger saw nothing"
        assert difference(one, other) is None
        after, where, words = other.looks[-1]
        other.looks[-1] = (after, where, words.rstrip() + "\nOpted out")
        assert difference(one, other) == (f"answers: {where}", "+Opted out")


# The model, by hand

ANA, EVE = 1, 2


def model(proven: bool, by_handset: bool = False) -> Model:
    """Ana has the number on her record; the next thing is somebody's no."""
    made = Model(emails={ANA: "ana@example.com"})
    made.begin()
    made.records({VICTIMS: {ANA}})
    if proven:
        how = "handset" if by_handset else "staff"
        made.prove(Step("x", Channel.WORD, ANA, proves=(ANA, VICTIMS, how)))
    made.begin()
    return made


def no(made: Model, channel: Channel, contact: int | None = None, alone: bool = False) -> None:
    step = Step("x", channel, contact, "a browser")
    made.number(VICTIMS).noes.append(No(made.place, step, alone))
    made.number(VICTIMS).by.append(step)
    made.begin()


def lifts(made: Model, contact: int, channel: Channel = Channel.SIGNED) -> bool:
    others = frozenset(made.holders_now(VICTIMS) - {contact})
    return allowed(Said(made, Step("x", channel, contact, "other"), VICTIMS, others), OUT, IN)


@pytest.mark.parametrize(
    ("proven", "by_handset", "said_no_by", "expected"),
    [
        (True, False, Channel.UNSIGNED, True),
        (True, False, Channel.STOP, False),
        (True, True, Channel.STOP, True),
        (True, True, Channel.CARRIER, True),
        (True, False, Channel.LIST, False),
        (False, False, Channel.UNSIGNED, False),
    ],
)
def test_only_a_proven_holder_lifts(
    proven: bool, by_handset: bool, said_no_by: Channel, expected: bool
) -> None:
    made = model(proven, by_handset)
    no(made, said_no_by)
    assert lifts(made, ANA) is expected


def test_a_proof_that_was_taken_back_before_the_no_makes_no_holder() -> None:
    made = model(proven=False)
    made.prove(Step("staff", Channel.STAFF_TOLD, proves=(ANA, VICTIMS, "told")))
    made.begin()
    made.prove(Step("staff", Channel.STAFF_TOLD, proves=(ANA, VICTIMS, "untold")))
    made.begin()
    no(made, Channel.UNSIGNED)
    assert not lifts(made, ANA)


def test_only_a_fresh_link_lifts_and_only_once() -> None:
    made = model(proven=False)
    no(made, Channel.STOP)
    old, fresh = Link(VICTIMS, "/a", made.place), Link(VICTIMS, "/b", made.place + 1)
    made.links += [old, fresh]
    assert [follows(made, link) for link in (old, fresh)] == [False, True]
    made.followed.add(fresh)
    assert not follows(made, fresh)


def follows(made: Model, link: Link) -> bool:
    step = Step("x", Channel.LINK, session="new", link=link)
    return allowed(Said(made, step, VICTIMS, frozenset({ANA})), OUT, IN)


def test_who_put_the_number_on_their_record_after_the_no_is_no_holder() -> None:
    made = model(proven=True)
    no(made, Channel.UNSIGNED)
    made.records({VICTIMS: {ANA, EVE}})
    made.prove(Step("staff", Channel.STAFF_TYPES, proves=(EVE, VICTIMS, "staff")))
    assert not lifts(made, EVE)


def test_ones_own_no_is_lifted_while_nobody_else_has_the_number() -> None:
    made = Model()
    made.begin()
    made.records({VICTIMS: {EVE}})
    no(made, Channel.SIGNED, EVE, alone=True)
    assert lifts(made, EVE)
    made.records({VICTIMS: {ANA, EVE}})
    assert not lifts(made, EVE)


def test_a_text_that_was_sent_before_the_stop_lifts_nothing() -> None:
    made = model(proven=True, by_handset=True)
    no(made, Channel.STOP)
    assert lifts(made, ANA, Channel.WORD)
    assert not lifts(made, ANA, Channel.LATE_WORD)


def test_the_table_says_what_was_tried_and_what_broke() -> None:
    findings = Findings()
    findings.tried["requests"] = 1234
    findings.fault("never a 500", "GET /", "GET / -> 500")
    assert "| requests | 1,234 |" in table({"sqlite": findings})
    assert "| **broken: never a 500** | 1 |" in table({"sqlite": findings})


DOCS = Path(__file__).resolve().parents[2] / "docs" / "security.md"


def test_the_page_on_security_names_checks_that_are_there() -> None:
    named = set(re.findall(r"`(tests/[\w/.]+)`", DOCS.read_text()))
    assert len(named) >= 4
    assert [path for path in sorted(named) if not (DOCS.parents[1] / path).exists()] == []
