"""Nothing that staff typed is lost when their session, its token or the database is gone."""

import pytest
from flask import Flask, request
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from portal import clock
from portal.enums import StaffRole
from portal.extensions import db, writing
from portal.models import StaffSession
from portal.queries.schools import SchoolRow
from portal.views.staff.auth import access
from portal.views.staff.auth.resume import KEPT_MAX
from tests.support.audit import Page
from tests.support.client import AuditedClient, form_values
from tests.support.people import PASSWORD, SignIn, make_account

pytestmark = pytest.mark.own_app
EDIT, ACT = "/oakwood/staff/probe/edit", "/oakwood/staff/probe/act"
TYPED = {
    "first_name": "Ana \u201c<b>\u201d",
    "email": "ana@example.com",
    "password": "x",
    "next": "//e",
}


@pytest.fixture
def saved() -> list[dict[str, str]]:
    """The values that the pages below have saved."""
    return []


@pytest.fixture
def app(app: Flask, saved: list[dict[str, str]]) -> Flask:
    """With a page to edit, which can be reviewed, and an address that only does something."""

    @access.reviewable
    def edit() -> dict[str, object]:
        fields = {name: value for name, value in request.form.items() if name != "csrf_token"}
        if access.reviewing():
            return {"shown": fields}
        if "away" in fields:
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        saved.append(fields)
        return {"saved": fields}

    def act() -> str:
        saved.append(dict(request.form))
        return "done"

    app.add_url_rule("/<slug>/staff/probe/edit", "staff.probe_edit", edit, methods=["POST"])
    app.add_url_rule("/<slug>/staff/probe/act", "staff.probe_act", act, methods=["POST"])
    return app


def _token(client: AuditedClient) -> dict[str, str]:
    """A form token of the browser's session, as a page that it has open would hold it."""
    page = client.page("/staff/") if client.get("/staff/").status_code == 200 else None
    fields = form_values(page) if page else client.form("/staff/sign-in")
    return {"csrf_token": fields["csrf_token"]}


def _expire() -> None:
    with writing():
        db.session.execute(update(StaffSession).values(ended_at=clock.now()))


def _pick_up(client: AuditedClient, page: Page) -> dict[str, object]:
    """Press the button of the page that brings back what was typed."""
    action = page.query("main form")[0].attrs["action"]
    answer = client.post(action, data=form_values(page))
    assert answer.status_code == 200
    return answer.get_json()


def test_typing_survives_the_end_of_a_session(
    client: AuditedClient, school: SchoolRow, saved: list[dict[str, str]]
) -> None:
    make_account("ann@oakwood.example", "oakwood", StaffRole.EDITOR)
    sent = client.post(f"{EDIT}?a=1", data=_token(client) | TYPED)
    assert sent.status_code == 401
    page = Page(sent.text)
    assert "Your work isn't saved yet" in page.text("main")

    wrong = form_values(page) | {"email": "ann@oakwood.example", "password": "wrong password"}
    page = Page(client.post("/staff/sign-in", data=wrong).text)
    right = form_values(page) | {"email": "ann@oakwood.example", "password": PASSWORD}
    answer = client.post("/staff/sign-in", data=right)

    assert answer.status_code == 200
    page = Page(answer.text)
    assert page.query("main form")[0].attrs["action"] == f"{EDIT}?a=1"
    assert _pick_up(client, page) == {"shown": {"review": "1", **TYPED}}
    assert saved == []


def test_typing_survives_a_cookie_that_is_gone_altogether(
    client: AuditedClient, school: SchoolRow, saved: list[dict[str, str]]
) -> None:
    sent = client.post(EDIT, data=TYPED | {"csrf_token": "of another browser"})
    assert sent.status_code == 401
    kept = form_values(Page(sent.text))
    assert {name: kept[f"kept-{name}"] for name in TYPED} == TYPED
    assert saved == []


def test_typing_survives_an_old_token(staff: SignIn, saved: list[dict[str, str]]) -> None:
    client = staff()
    sent = client.post(EDIT, data=TYPED | {"csrf_token": "an old one"})

    assert sent.status_code == 400
    assert _pick_up(client, Page(sent.text)) == {"shown": {"review": "1", **TYPED}}
    assert saved == []


def test_typing_survives_the_database_being_away(
    app: Flask, school: SchoolRow, saved: list[dict[str, str]], staff: SignIn
) -> None:
    client = staff()
    page = Page(client.post(EDIT, data=TYPED | {"csrf_token": "old"}).text)
    values = {k: v for k, v in form_values(page).items() if k != "review"}
    sent = client.post(EDIT, data=values | {"away": "1"})

    assert sent.status_code == 503
    assert _pick_up(client, Page(sent.text)) == {"shown": {"review": "1", "away": "1", **TYPED}}
    assert saved == []


def test_what_only_does_something_is_never_done_later(
    staff: SignIn, saved: list[dict[str, str]]
) -> None:
    client = staff()
    fields = _fresh(client)
    assert client.post(ACT, data=fields | {"review": "1"}).status_code == 400
    _expire()
    back = "/oakwood/staff/contacts/5?tab=1"
    sent = client.post(
        ACT, data=fields | {"x": "1"}, headers={"Referer": f"http://localhost{back}"}
    )

    assert sent.status_code == 303
    assert sent.location == "/staff/sign-in?next=/oakwood/staff/contacts/5?tab%3D1"
    assert saved == []


def test_a_way_back_from_another_site_is_not_taken(staff: SignIn) -> None:
    client = staff()
    fields = _fresh(client)
    _expire()
    sent = client.post(ACT, data=fields, headers={"Referer": "https://evil.example/x"})
    assert sent.location == "/staff/sign-in?next=/oakwood/staff/"


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}],
)
def test_what_another_site_sent_is_not_shown_as_typed_here(
    client: AuditedClient, staff: SignIn, headers: dict[str, str]
) -> None:
    for browser in (client, staff()):
        answer = browser.post(EDIT, data=TYPED, headers=headers)
        assert answer.status_code == 400
        assert "ana@example.com" not in answer.text


def test_more_than_anyone_types_is_not_kept(client: AuditedClient, school: SchoolRow) -> None:
    sent = client.post(EDIT, data=_token(client) | {"note": "x" * (KEPT_MAX + 1)})
    assert sent.status_code == 303


def test_a_school_that_is_not_there_keeps_nothing(client: AuditedClient, school: SchoolRow) -> None:
    for path in (EDIT.replace("oakwood", "nosuch"), "/nosuch/staff/probe/act"):
        for fields in (TYPED, TYPED | _token(client)):
            assert client.post(path, data=fields).status_code in {400, 404}


def _fresh(client: AuditedClient) -> dict[str, str]:
    """A form token for who is signed in, taken from a page with a form."""
    page = Page(client.post(EDIT, data={"a": "1", "csrf_token": "old"}).text)
    return {"csrf_token": form_values(page)["csrf_token"]}
