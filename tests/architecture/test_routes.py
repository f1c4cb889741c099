"""Each address opens for those who may open it. routes.py lists all of them, or a test fails."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.enums import InboundVia, NoticeKind, StaffRole
from portal.extensions import db, writing
from portal.models import InboundMessage, SavedSearch, StaffNotice
from portal.queries.accounts.members import waiting_invitations
from portal.queries.records.invitations import CampaignChoice
from portal.queries.records.phones import PhoneRow, phones_of_ids
from portal.queries.schools import SchoolRow
from portal.services.accounts.staff_invitations import invite_staff
from portal.services.accounts.staff_roles import find_account
from portal.services.actor import COMMAND, Actor
from portal.services.mail import campaigns, staff_notices
from portal.services.texting import inbound
from portal.services.texting import send as texting
from portal.services.texting.inbound import Received
from tests.architecture.routes import (
    CSRF_BY_ITSELF,
    ENDS_THE_SESSION,
    ROUTES,
    STAFF_RANKS,
    Route,
    Who,
)
from tests.support.client import AuditedClient
from tests.support.families import make_parent, make_student, phone
from tests.support.people import SignIn, make_account, parent_signed_in


def test_every_route_has_a_line() -> None:
    """Looks at an app that needs no database: routes are the same everywhere."""
    from portal import create_app
    from tests.support.databases import settings

    app = create_app(settings("sqlite:////nowhere/at/all"))
    found = {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    listed = [(route.endpoint, method) for route in ROUTES for method in route.methods.split()]

    assert found - set(listed) == set(), "say in ROUTES who may open these"
    assert set(listed) - found == set(), "these are gone"
    assert len(listed) == len(set(listed))


@pytest.fixture
def app(app: Flask) -> Flask:
    """Without form tokens: who may open an address is asked apart from them."""
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def addresses(school: SchoolRow, other_school: SchoolRow) -> Callable[[Route], str]:
    """The address of a route, with the ids of a family that is on file."""
    ids = {"student": make_student(school, "Mateo Ruiz")}
    ids["parent"] = make_parent(school, "Ana Ruiz", ids["student"], email="ana@example.com")
    ids["other"] = make_parent(school, "Ben Ruiz", phones=[phone("+12065550181")], proof=None)
    ids["number"] = 12065550181
    with writing():
        sent = texting.send(school, COMMAND, "key", "Ana", [ids["parent"]], typed="Hi")
        staff_notices.notify_staff(school.id, NoticeKind.MAIL_DELAYED, "school")
        number = "+12065550181"
        inbound.receive_text(
            Received("SM1", number, school.texting_number, "Hi"), InboundVia.HANDSET
        )
        ids["campaign"] = campaigns.start(school, CampaignChoice(), 32 * "k", "Pat Fields")
    ids["batch"] = sent.batch_id
    ids["text"] = db.session.scalars(select(InboundMessage.id)).one()
    make_account("colleague@oakwood.example", school.slug, StaffRole.VIEWER, "Cole League")
    ids["account"] = find_account("colleague@oakwood.example").id
    with writing():
        by, role = Actor(ids["account"]), StaffRole.VIEWER
        invite_staff(school, "new@oakwood.example", role, by, lambda token: token)
    ids["invitation"] = waiting_invitations(school.id)[0].id
    ids["notice"] = db.session.scalars(select(StaffNotice.id)).one()
    ids["search"] = db.session.scalars(select(SavedSearch.id).limit(1)).one()
    return lambda route: route.address.format(*(ids[name] for name in route.ids.split()))


def _ask(client: AuditedClient, method: str, address: str) -> TestResponse:
    return client.open(address, method=method, data={} if method == "POST" else None)


def _sent_to_sign_in(answer: TestResponse) -> bool:
    return answer.status_code == 303 and answer.location.startswith("/staff/sign-in?next=")


def _sent_to_parents_sign_in(answer: TestResponse) -> bool:
    return answer.status_code == 303 and answer.location == "/oakwood/sign-in"


def _may(answer: TestResponse, route: Route, method: str) -> bool:
    """True if the address was opened: a GET as it should be, a POST at least not turned away."""
    if method == "GET":
        return answer.status_code == route.status and not _sent_to_sign_in(answer)
    if route.post is not None:
        return answer.status_code == route.post
    return answer.status_code in {200, 303, 400, 410, 422} and not _sent_to_sign_in(answer)


def _walk(
    client: AuditedClient,
    addresses: Callable[[Route], str],
    expect: Callable[[Route, str, TestResponse], bool],
) -> list[str]:
    """The addresses that did not answer as expected; signing out comes last."""
    return [
        f"{method} {route.endpoint}: {answer.status}"
        for route in sorted(ROUTES, key=lambda route: route.endpoint in ENDS_THE_SESSION)
        for method in route.methods.split()
        for answer in [_ask(client, method, addresses(route))]
        if not (
            answer.status_code == 403  # none of them has the provider's signature
            if route.who is Who.PROVIDER
            else expect(route, method, answer)
        )
    ]


def test_a_visitor_sees_the_parents_side_and_the_sign_in(
    client: AuditedClient, addresses: Callable[[Route], str]
) -> None:
    def expect(route: Route, method: str, answer: TestResponse) -> bool:
        if route.who is Who.ANYONE:
            return _may(answer, route, method)
        if route.who is Who.PARENT:
            return _sent_to_parents_sign_in(answer)
        return _sent_to_sign_in(answer)

    assert _walk(client, addresses, expect) == []


@pytest.mark.parametrize("rank", STAFF_RANKS, ids=lambda rank: rank.value)
def test_staff_open_what_their_role_includes(
    rank: Who, staff: SignIn, addresses: Callable[[Route], str]
) -> None:
    def expect(route: Route, method: str, answer: TestResponse) -> bool:
        if route.endpoint == "accounts.sign_in" and method == "GET":
            return answer.location == "/staff/"
        if route.who is Who.PARENT:
            return _sent_to_parents_sign_in(answer)
        if route.who in STAFF_RANKS and STAFF_RANKS.index(route.who) > STAFF_RANKS.index(rank):
            return answer.status_code == 403
        return _may(answer, route, method)

    assert _walk(staff(rank.value), addresses, expect) == []


def test_staff_of_another_school_find_nothing_there(
    staff: SignIn, addresses: Callable[[Route], str]
) -> None:
    nothing: set[str] = set()

    def expect(route: Route, method: str, answer: TestResponse) -> bool:
        if route.endpoint == "accounts.sign_in" and method == "GET":
            return answer.location == "/staff/"
        if route.who is Who.PARENT:
            return _sent_to_parents_sign_in(answer)
        if route.who not in STAFF_RANKS:
            return _may(answer, route, method)
        nothing.add(answer.text)
        return answer.status_code == 404

    assert _walk(staff("admin", school="birchwood"), addresses, expect) == []
    assert len(nothing) == 1, "the answer tells what is there"


def test_a_signed_in_parent_opens_the_parents_side_only(
    app: Flask, school: SchoolRow, addresses: Callable[[Route], str]
) -> None:
    def expect(route: Route, method: str, answer: TestResponse) -> bool:
        if route.endpoint == "parent.sign_in" and method == "GET":
            return answer.location == "/oakwood/household"
        if route.who in {Who.ANYONE, Who.PARENT}:
            return _may(answer, route, method) and (
                route.who is Who.ANYONE or not _sent_to_parents_sign_in(answer)
            )
        return _sent_to_sign_in(answer)

    child = make_student(school, "Lucia Moss")
    make_parent(school, "Eve Moss", child, email="eve@example.com")
    client = parent_signed_in(app, "eve@example.com")
    assert _walk(client, addresses, expect) == []


OF_ANA = ("(415) 555-0182", "+14155550182", "ana.ruiz@example.com")


@pytest.mark.parametrize("whose", ["of the same child", "of another family"])
def test_no_other_parent_sees_or_changes_what_is_anas(
    app: Flask, school: SchoolRow, whose: str
) -> None:
    child = make_student(school, "Mateo Ruiz")
    ana = make_parent(
        school,
        "Ana Ruiz",
        child,
        email="ana.ruiz@example.com",
        phones=[phone(OF_ANA[1])],
        typed=True,
    )
    theirs = child if whose == "of the same child" else make_student(school, "Lucia Moss")
    make_parent(school, "Ben Moss", theirs, email="ben@example.com", phones=[phone("+14155550199")])
    client = parent_signed_in(app, "ben@example.com")
    before = _of(school, ana)
    for route in ROUTES:
        if route.who is not Who.PARENT:
            continue
        for method in route.methods.split():
            answer = client.open(
                route.address,
                method=method,
                data={"number": OF_ANA[1], "answer": "no", "seen": "1"}
                if method == "POST"
                else None,
                follow_redirects=True,
            )
            shown = [word for word in OF_ANA if word in answer.text]
            assert not shown, f"{method} {route.endpoint}"
    assert _of(school, ana) == before


def _of(school: SchoolRow, contact_id: int) -> list[PhoneRow]:
    return phones_of_ids(school, [contact_id])[contact_id]


def test_a_record_of_another_school_is_not_found_under_ones_own(
    staff: SignIn, addresses: Callable[[Route], str]
) -> None:
    client = staff("admin", school="birchwood")
    for route in ROUTES:
        if not route.ids:
            continue
        for method in route.methods.split():
            there = addresses(route).replace("/oakwood/", "/birchwood/")
            assert _ask(client, method, there).status_code == 404, f"{method} {route.endpoint}"


@pytest.mark.parametrize("number", ["0", "1", str(2**63 - 1), str(2**63), "9" * 30])
def test_a_record_that_is_not_there_is_not_found(
    number: str, staff: SignIn, school: SchoolRow
) -> None:
    client = staff("admin")
    for route in ROUTES:
        if not route.ids:
            continue
        address = route.address.format(*[number] * len(route.ids.split()))
        for method in route.methods.split():
            assert _ask(client, method, address).status_code == 404, f"{method} {route.endpoint}"


def test_nothing_is_taken_without_a_forms_token(
    staff: SignIn, app: Flask, addresses: Callable[[Route], str]
) -> None:
    client = staff("admin")
    app.config["WTF_CSRF_ENABLED"] = True
    answers = {
        route.endpoint: _ask(client, "POST", addresses(route)).status_code
        for route in ROUTES
        if "POST" in route.methods and route.endpoint not in CSRF_BY_ITSELF
    }
    assert set(answers.values()) == {400}, answers
