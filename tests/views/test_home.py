"""`/`, and addresses that are nearly right."""

import pytest

from portal.queries.schools import SchoolRow
from tests.support.client import AuditedClient


def test_the_only_school_is_where_it_leads(client: AuditedClient, school: SchoolRow) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.location) == (302, "/oakwood/")


def test_several_schools_are_listed_by_name(
    client: AuditedClient, school: SchoolRow, other_school: SchoolRow
) -> None:
    page = client.page("/")
    links = [a.attrs["href"] for a in page.query("main a")]
    assert links[:2] == ["/birchwood/", "/oakwood/"]


def test_without_a_school_it_says_so(client: AuditedClient) -> None:
    assert client.page("/").text("h1") == "No schools yet"


@pytest.mark.parametrize("path", ["/oakwood", "/oakwood/staff"])
def test_a_missing_slash_is_put_there_for_a_school_that_exists(
    client: AuditedClient, school: SchoolRow, path: str
) -> None:
    answer = client.get(path)
    assert answer.status_code in {303, 308}


@pytest.mark.parametrize(
    "path",
    [
        "/nosuch",
        "/nosuch/",
        "/nosuch/forms/contact",
        "/nosuch/staff",
        "/nosuch/staff/",
        "/nosuch/staff/contacts/1",
        "/oakwood/nosuch",
        "/oakwood/forms/nosuch",
        "/oakwood/forms/contact/",
        "/oakwood/staff/nosuch",
        "/oakwood//",
        "/oakwood%00/",
        "/%00/staff/",
        "/favicon.ico",
        "/static/nosuch.css",
    ],
)
def test_what_does_not_exist_is_a_404_without_a_redirect(
    client: AuditedClient, school: SchoolRow, path: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "Page not found" in answer.text
