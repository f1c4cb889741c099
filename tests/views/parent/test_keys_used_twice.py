"""A code or a link that is used again: by a parent on a slow line, and by somebody else."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal import clock
from portal.extensions import db, writing
from portal.models import ParentSession
from portal.queries.accounts.parents import parents_with
from portal.queries.schools import SchoolRow
from portal.services.accounts import parent_sessions, parent_sign_in
from portal.services.accounts.tokens import token_hash
from tests.support.client import AuditedClient, form_values
from tests.support.families import make_parent, make_student
from tests.support.people import newest_code

ANA, MOSS = "ana.ruiz@example.com", "moss@example.com"
ASK, CODE, WHO, OUT = (
    f"/oakwood/{path}" for path in ("sign-in", "sign-in/code", "sign-in/who", "sign-out")
)
HOUSEHOLD = "/oakwood/household"

Press = Callable[[], TestResponse]


@pytest.fixture(autouse=True)
def families(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", make_student(school, "Mateo Ruiz"), email=ANA)
    child = make_student(school, "Lia Moss")
    for name in ("Eve Moss", "Kit Moss"):
        make_parent(school, name, child, email=MOSS)


@pytest.fixture
def link(school: SchoolRow) -> str:
    return link_for(school, ANA)


def link_for(school: SchoolRow, email: str) -> str:
    with writing():
        token = parent_sign_in.make_link(school.id, email, "invitation")
    return f"/oakwood/sign-in/link/{token}"


def new_browser(app: Flask) -> AuditedClient:
    client = app.test_client()
    assert isinstance(client, AuditedClient)
    return client


def ask(client: AuditedClient, email: str = ANA) -> str:
    """Ask for a code; gives it."""
    client.post(ASK, data=client.form(ASK) | {"email": email})
    return newest_code(email)


def ready(client: AuditedClient, way: str, school: SchoolRow, email: str = ANA) -> Press:
    """Go to the last page before the sign-in, and return what presses its button, with the token
    that the page has."""
    if way == "code":
        code = ask(client, email)
        fields = client.form(CODE) | {"code": code}
        return lambda: client.post(CODE, data=fields)
    path = link_for(school, email)
    fields = client.form(path)
    return lambda: client.post(path, data=fields)


@contextmanager
def answer_lost(client: AuditedClient) -> Iterator[None]:
    """Lose the answers meanwhile: the browser has the cookies from before."""
    cookie = client.get_cookie("portal")
    assert cookie is not None
    yield
    client.set_cookie("portal", cookie.value)


@contextmanager
def later(monkeypatch: pytest.MonkeyPatch, **by: int) -> Iterator[None]:
    then = clock.now() + timedelta(**by)
    with monkeypatch.context() as patched:
        patched.setattr(clock, "now", lambda: then)
        yield


def is_in(client: AuditedClient) -> bool:
    return client.get(HOUSEHOLD).status_code == 200


def sign_out(client: AuditedClient) -> None:
    client.post(OUT, data=client.form(HOUSEHOLD, f"form[action='{OUT}']"))
    assert not is_in(client)


both_ways = pytest.mark.parametrize("way", ["code", "link"])


@both_ways
def test_sign_in_pressed_twice_on_a_slow_line_signs_in(
    client: AuditedClient, school: SchoolRow, way: str
) -> None:
    press = ready(client, way, school)
    with answer_lost(client):
        assert press().location == HOUSEHOLD
    assert not is_in(client)
    assert press().location == HOUSEHOLD
    assert is_in(client)
    assert db.session.scalar(select(func.count()).select_from(ParentSession)) == 1


@both_ways
def test_sign_in_pressed_again_when_the_first_answer_has_come_goes_on(
    client: AuditedClient, school: SchoolRow, way: str
) -> None:
    """The page is still the old one, and has the token from before the sign-in."""
    press = ready(client, way, school)
    press()
    assert press().location == HOUSEHOLD
    assert is_in(client)


@both_ways
def test_a_couple_with_one_email_may_press_everything_twice(
    client: AuditedClient, school: SchoolRow, way: str
) -> None:
    press = ready(client, way, school, MOSS)
    with answer_lost(client):
        assert press().location == WHO
    assert press().location == WHO
    page = client.page(WHO)
    kit = next(b.attrs["value"] for b in page.query("[name=contact]") if "Kit" in b.to_text())
    chosen = form_values(page) | {"contact": kit}
    with answer_lost(client):
        client.post(WHO, data=chosen)
    for _ in range(2):
        assert client.post(WHO, data=chosen).location == HOUSEHOLD
    assert "Kit" in client.page(HOUSEHOLD).text("h1")


def test_a_link_tapped_again_while_signed_in_by_it_leads_to_the_family(
    client: AuditedClient, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post(link, data=client.form(link))
    assert client.get(link).location == HOUSEHOLD
    with later(monkeypatch, hours=5):
        assert client.get(link).location == HOUSEHOLD


def test_a_link_whose_answer_was_lost_can_be_tapped_again_within_a_minute(
    client: AuditedClient, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = client.form(link)
    with answer_lost(client):
        client.post(link, data=fields)
    with later(monkeypatch, seconds=61):
        assert client.get(link).status_code == 410
        assert client.post(link, data=fields).status_code == 410
    assert client.post(link, data=client.form(link)).location == HOUSEHOLD
    assert is_in(client)


def test_a_link_of_another_parent_is_not_taken_for_the_one_that_signed_in(
    client: AuditedClient, school: SchoolRow, link: str
) -> None:
    client.post(link, data=client.form(link))
    theirs = link_for(school, MOSS)
    assert "Tap the button to sign in" in client.page(theirs).text("main")


def test_a_link_used_again_by_another_browser_signs_nobody_in(
    app: Flask, client: AuditedClient, link: str
) -> None:
    stranger = new_browser(app)
    fields = stranger.form(link)
    client.post(link, data=client.form(link))
    assert stranger.get(link).status_code == 410
    assert stranger.post(link, data=fields).status_code == 410
    assert not is_in(stranger)
    assert is_in(client)


@both_ways
def test_a_key_used_again_after_a_minute_is_used_up(
    client: AuditedClient, school: SchoolRow, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    press = ready(client, way, school)
    with answer_lost(client):
        press()
    with later(monkeypatch, seconds=61):
        assert press().status_code in {410, 422}
    assert not is_in(client)


@both_ways
def test_a_key_is_never_good_again_after_sign_out(
    client: AuditedClient, school: SchoolRow, way: str
) -> None:
    press = ready(client, way, school)
    before = client.get_cookie("portal")
    assert before is not None
    press()
    sign_out(client)
    assert press().status_code in {400, 410}
    client.set_cookie("portal", before.value)  # as somebody who kept a copy
    assert press().status_code in {410, 422}
    assert not is_in(client)


@both_ways
def test_a_key_is_never_good_again_after_signing_out_on_all_devices(
    app: Flask, client: AuditedClient, school: SchoolRow, way: str
) -> None:
    other = new_browser(app)
    ready(other, way, school)()
    press = ready(client, way, school)
    with answer_lost(client):
        press()
    fields = other.form(HOUSEHOLD, f"form[action='{OUT}']")
    other.post(OUT, data=fields | {"everywhere": "1"})
    assert press().status_code in {410, 422}
    assert not is_in(client)


def test_a_token_opens_no_session_of_another_parent_and_none_that_ended(school: SchoolRow) -> None:
    eve, kit = parents_with(school.id, MOSS)

    def opened(contact_id: int) -> str | None:
        with writing():
            return parent_sessions.open_session(school.id, contact_id, MOSS, "en", "token")

    assert opened(eve) == opened(eve) == "token"
    assert opened(kit) is None
    with writing():
        parent_sessions.end_session(school.id, token_hash("token"))
    assert opened(eve) is None


def test_the_form_has_another_name_for_a_parent_who_is_signed_in(
    client: AuditedClient, link: str
) -> None:
    """A draft is kept under it: one of nobody in particular must not get onto a record."""

    def name() -> str:
        [form] = client.page("/oakwood/forms/contact").query("form#contact")
        return str(form.attrs["name"])

    before = name()
    client.post(link, data=client.form(link))
    signed_in = name()
    assert signed_in not in {before, ""}
    sign_out(client)
    assert name() not in {before, signed_in}


def test_a_choice_between_two_parents_is_over_after_sign_out(
    client: AuditedClient, school: SchoolRow
) -> None:
    ready(client, "link", school, MOSS)()
    page = client.page(WHO)
    before = client.get_cookie("portal")
    assert before is not None
    people = [b.attrs["value"] for b in page.query("[name=contact]")]
    client.post(WHO, data=form_values(page) | {"contact": people[0]})
    sign_out(client)
    for person in people:
        client.set_cookie("portal", before.value)
        client.post(WHO, data=form_values(page) | {"contact": person})
        assert not is_in(client)


def test_the_last_two_codes_are_good(client: AuditedClient) -> None:
    first, second, third = ask(client), ask(client), ask(client)
    for code, status in ((first, 422), (second, 303)):
        answer = client.post(CODE, data=client.form(CODE) | {"code": code})
        assert (answer.status_code, code) == (status, code)
    assert is_in(client)
    assert third != second


def test_a_code_asked_for_twice_on_a_slow_line_is_good_from_either_email(
    client: AuditedClient,
) -> None:
    fields = client.form(ASK) | {"email": ANA}
    with answer_lost(client):
        client.post(ASK, data=fields)
        first = newest_code(ANA)
    client.post(ASK, data=fields)
    client.post(CODE, data=client.form(CODE) | {"code": first})
    assert is_in(client)


def test_a_code_that_another_browser_asked_for_is_not_good_here(
    app: Flask, client: AuditedClient
) -> None:
    stranger = new_browser(app)
    ask(stranger)
    code = ask(client)
    for n in range(5):
        wrong = code if n == 0 else f"{(int(code) + n) % 10**6:06d}"
        fields = stranger.form(CODE) | {"code": wrong}
        assert stranger.post(CODE, data=fields).status_code == 422
    assert not is_in(stranger)
    assert client.post(CODE, data=client.form(CODE) | {"code": code}).status_code == 303


def test_a_code_for_another_email_is_not_one_of_the_two(client: AuditedClient) -> None:
    first = ask(client, MOSS)
    ask(client)
    assert client.post(CODE, data=client.form(CODE) | {"code": first}).status_code == 422


def test_five_wrong_codes_end_both(client: AuditedClient) -> None:
    codes = [ask(client), ask(client)]
    wrong = next(f"{n:06d}" for n in range(9) if f"{n:06d}" not in codes)
    for code in [wrong] * 5 + codes:
        assert client.post(CODE, data=client.form(CODE) | {"code": code}).status_code == 422
