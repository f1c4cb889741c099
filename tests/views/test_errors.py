"""Pages for what went wrong: designed, in plain words, and shown without the database."""

from collections.abc import Iterator
from contextvars import Context
from pathlib import Path

import pytest
from flask import Flask, Response, abort, request, stream_with_context
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from portal import create_app
from portal.extensions import csrf, db, writing
from portal.queries.schools import SchoolRow
from tests.support.audit import Page
from tests.support.client import AuditedClient
from tests.support.databases import settings


@pytest.fixture
def away(tmp_path: Path) -> Flask:
    """An app whose database can't be opened, with addresses that fail in every way."""
    app = create_app(settings(f"sqlite:///{tmp_path}/no/such/folder/db"))
    app.test_client_class = AuditedClient

    @app.get("/fail/<int:code>")
    def fail(code: int) -> str:
        if code == 500:
            raise RuntimeError("a secret of the code")
        abort(code)

    @app.get("/fail/why")
    def fail_why() -> str:
        abort(403, "You can't opt a parent out yourself.")

    @app.get("/fail/records")
    def fail_records() -> str:
        db.session.connection()
        return ""

    @app.post("/fail/form")
    def fail_form() -> str:
        return str(len(request.form))

    return app


@pytest.fixture
def client(away: Flask) -> AuditedClient:
    client = away.test_client()
    assert isinstance(client, AuditedClient)
    return client


@pytest.mark.parametrize("code", [400, 403, 404, 405, 413, 418, 429, 500, 503])
def test_every_error_says_what_happened_and_what_to_do(client: AuditedClient, code: int) -> None:
    page = client.page(f"/fail/{code}", status=code)

    assert page.text("h1")
    assert len(page.query("main p")) >= 2
    assert page.query("main a[href='/']")
    assert "secret" not in page.text("main")


def test_whoever_refuses_may_say_why(client: AuditedClient) -> None:
    assert "You can't opt a parent out yourself." in client.page("/fail/why", status=403).text(
        "main"
    )


def test_the_database_being_away_is_told_in_plain_words(client: AuditedClient) -> None:
    answer = client.get("/fail/records")

    assert answer.status_code == 503
    assert Page(answer.text).text("h1") == "We can't get to our records right now"
    assert answer.headers["Retry-After"] == "30"
    assert "sqlite" not in answer.text.lower()


@pytest.mark.parametrize("path", ["/elmwood/", "/", "/staff/sign-in"])
def test_pages_that_need_the_database_say_so_or_do_without(
    client: AuditedClient, path: str
) -> None:
    assert client.get(path).status_code == (200 if path == "/staff/sign-in" else 503)


def test_a_form_without_its_token_is_not_taken(client: AuditedClient) -> None:
    answer = client.post("/fail/form", data={"a": "1"})
    assert answer.status_code == 400
    assert Page(answer.text).text("h1") == "This page has expired"


def test_a_form_that_is_too_large_is_told_so(client: AuditedClient) -> None:
    answer = client.post("/fail/form", data={"a": "x" * 300_000})
    assert answer.status_code == 413
    assert "more than this page can accept" in answer.text


def test_an_address_that_only_takes_forms_says_which_methods_it_has(
    client: AuditedClient,
) -> None:
    answer = client.get("/staff/sign-out")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_a_lock_that_is_held_too_long_is_a_503(away: Flask, client: AuditedClient) -> None:
    def locked() -> str:
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    away.view_functions["fail_records"] = locked
    assert client.get("/fail/records").status_code == 503


@pytest.fixture
def dying(app: Flask, school: SchoolRow) -> Flask:
    """An app with pages at which the database goes away once they are made."""

    def end_connections() -> None:
        pid = text("SELECT pg_backend_pid()")
        mine = db.session.scalar(pid)
        with db.engine.connect() as other:
            other.execute(text(f"SELECT pg_terminate_backend({mine})"))

    @app.get("/dying/page")
    def page() -> str:
        end_connections()
        return "the page"

    @app.post("/dying/form")
    def form() -> Response:
        with writing():
            db.session.execute(text("UPDATE school SET name = 'Saved School'"))
        end_connections()
        return Response("it is saved", content_type="text/plain")

    @app.get("/dying/download")
    def download() -> Response:
        def lines() -> Iterator[str]:
            yield "heading\n"
            end_connections()
            yield str(db.session.scalar(text("SELECT 1")))

        return Response(stream_with_context(lines()), content_type="text/csv")

    csrf.exempt(form)
    return app


@pytest.mark.own_app
@pytest.mark.parametrize(
    "database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
class TestAConnectionThatDies:
    """Between the page and the end of its session, which is past Flask's handlers."""

    @pytest.mark.parametrize("path", ["/dying/page", "/dying/download"])
    def test_a_page_says_so_as_designed(self, dying: Flask, path: str) -> None:
        answer = in_context_of_its_own(dying, "GET", path)
        assert answer.status_code == 503
        assert Page(answer.text).text("h1") == "We can't get to our records right now"
        assert answer.headers["Retry-After"] == "30"
        assert "Content-Security-Policy" in answer.headers

    def test_a_form_that_was_saved_is_answered_as_it_was(self, dying: Flask) -> None:
        answer = in_context_of_its_own(dying, "POST", "/dying/form")
        assert (answer.status_code, answer.text) == (200, "it is saved")
        assert db.session.scalars(text("SELECT name FROM school")).all() == ["Saved School"]

    def test_the_next_page_has_a_new_connection(self, dying: Flask) -> None:
        for _ in range(3):
            assert in_context_of_its_own(dying, "GET", "/dying/page").status_code == 503
            assert in_context_of_its_own(dying, "GET", "/oakwood/").status_code == 200
        assert db.engine.pool.checkedout() <= 1  # type: ignore[attr-defined]


def in_context_of_its_own(app: Flask, method: str, path: str) -> TestResponse:
    """Ask as over the network: the session of the request ends with it, and is not the test's."""
    return Context().run(app.test_client().open, path, method=method)
