"""A sign-in ends: when it is old, when it was idle, by signing out, with the account."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask, g
from sqlalchemy import select, update

from portal import clock
from portal.enums import StaffRole
from portal.extensions import db, writing
from portal.models import Account, Membership, StaffSession
from portal.queries.schools import SchoolRow
from portal.views.staff.auth import access
from tests.support.client import AuditedClient
from tests.support.people import SignIn, make_account, sign_in

pytestmark = pytest.mark.own_app
PAGE = "/oakwood/staff/probe"
Clock = Callable[[timedelta], None]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """`later(timedelta)`: let time go on."""
    at = [clock.now()]
    monkeypatch.setattr(clock, "now", lambda: at[0])

    def go_on(span: timedelta) -> None:
        at[0] += span

    return go_on


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a page that says who is there, and one for editors."""

    def probe() -> dict[str, str]:
        return {"name": g.member.name, "role": g.member.role, "school": g.school.slug}

    app.add_url_rule("/<slug>/staff/probe", "staff.probe", probe)
    app.add_url_rule(
        "/<slug>/staff/editors",
        "staff.editors",
        access.needs(StaffRole.EDITOR)(lambda: {"in": True}),
    )
    return app


def _in(client: AuditedClient) -> bool:
    status = client.get(PAGE).status_code
    assert status in {200, 303}
    return status == 200


def test_a_member_is_known_with_their_role(staff: SignIn) -> None:
    client = staff("editor", name="Ann Lee")
    assert client.get(PAGE).get_json() == {"name": "Ann Lee", "role": "editor", "school": "oakwood"}


def test_a_session_ends_after_an_idle_hour(staff: SignIn, later: Clock) -> None:
    client = staff()
    later(timedelta(minutes=60))
    assert _in(client)
    later(timedelta(minutes=60, seconds=1))
    assert not _in(client)


def test_work_keeps_a_session_alive_for_twelve_hours_and_no_longer(
    staff: SignIn, later: Clock
) -> None:
    client = staff()
    for _ in range(14):
        later(timedelta(minutes=50))
        assert _in(client)
    later(timedelta(minutes=21))
    assert not _in(client)


def test_the_cookie_is_renewed_at_most_once_a_minute(staff: SignIn, later: Clock) -> None:
    client = staff()
    later(timedelta(seconds=59))
    assert "Set-Cookie" not in client.get(PAGE).headers
    later(timedelta(seconds=2))
    assert "Set-Cookie" in client.get(PAGE).headers
    assert "Set-Cookie" not in client.get(PAGE).headers


def test_a_page_costs_one_query_to_know_who_it_is(
    staff: SignIn, count_queries: Callable[[], object]
) -> None:
    client = staff()
    with count_queries() as queries:  # type: ignore[attr-defined]
        client.get(PAGE)
    assert len(queries) == 1


def test_signing_out_ends_the_session_and_not_only_the_cookie(staff: SignIn) -> None:
    client = staff()
    stolen = client.get_cookie("portal")
    assert stolen is not None
    answer = client.post("/staff/sign-out", data={"csrf_token": _token(client)})

    assert answer.location == "/staff/sign-in"
    assert "You are signed out." in client.page("/staff/sign-in").text("main")
    assert not _in(client)
    client.set_cookie("portal", stolen.value)
    assert not _in(client)
    assert db.session.scalar(select(StaffSession.ended_at)) is not None


def test_signing_out_takes_a_form_with_its_token(staff: SignIn) -> None:
    client = staff()
    assert client.get("/staff/sign-out").status_code == 405
    assert client.post("/staff/sign-out").status_code == 400
    assert _in(client)


def test_a_session_is_one_of_many(school: SchoolRow, app: Flask) -> None:
    make_account("ann@oakwood.example", "oakwood", StaffRole.EDITOR)
    one, two = app.test_client(), app.test_client()
    for client in (one, two):
        sign_in(client, "ann@oakwood.example")  # type: ignore[arg-type]
    one.post("/staff/sign-out", data={"csrf_token": _token(one)})  # type: ignore[arg-type]
    assert not _in(one)  # type: ignore[arg-type]
    assert _in(two)  # type: ignore[arg-type]


def test_a_disabled_account_is_out_at_once(staff: SignIn) -> None:
    client = staff()
    with writing():
        db.session.execute(update(Account).values(disabled_at=clock.now()))
    assert not _in(client)


def test_a_role_that_is_taken_away_is_gone_at_once(staff: SignIn) -> None:
    client = staff("editor")
    assert client.get("/oakwood/staff/editors").status_code == 200
    with writing():
        db.session.execute(update(Membership).values(role=StaffRole.VIEWER))
    assert client.get("/oakwood/staff/editors").status_code == 403


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("editor", 200), ("admin", 200)])
def test_a_role_includes_those_before_it(staff: SignIn, role: str, status: int) -> None:
    assert staff(role).get("/oakwood/staff/editors").status_code == status


def test_staff_of_one_school_learn_nothing_of_another(
    staff: SignIn, other_school: SchoolRow
) -> None:
    client = staff("admin")
    there, nowhere = client.get("/birchwood/staff/probe"), client.get("/nosuch/staff/probe")
    assert there.status_code == nowhere.status_code == 404
    assert there.text == nowhere.text


@pytest.mark.parametrize("token", ["", "x", 7, None])
def test_a_made_up_token_is_nobodys(
    client: AuditedClient, school: SchoolRow, token: object
) -> None:
    with client.session_transaction() as session:
        session["staff"], session["seen"] = token, int(clock.now().timestamp())
    assert not _in(client)


def _token(client: AuditedClient) -> str:
    """The form token of the browser's session."""
    with client.application.test_request_context():
        from flask import session as inner
        from flask_wtf.csrf import generate_csrf

        with client.session_transaction() as session:
            inner.update(session)
            token = generate_csrf()
            session["csrf_token"] = inner["csrf_token"]
    return token
