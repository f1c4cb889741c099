"""Choosing columns without JavaScript: which, of whom, in which order."""

from importlib import import_module
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from portal.queries.search.result_columns import MOST_COLUMNS
from tests.support.audit import Page
from tests.support.client import AuditedClient

COLUMNS = "/oakwood/staff/search/columns"
THREE = "col=student.name&col=student.grade&col=parent1.primary_phone"


def chosen(page: Page) -> list[str]:
    return [field.attrs["value"] for field in page.query("ol input[name=order]")]


def ticked(page: Page) -> set[str]:
    boxes = page.query("#offers input[name=col]")
    return {box.attrs["value"] for box in boxes if "checked" in box.attrs}


@pytest.mark.parametrize(
    ("pressed", "order"),
    [
        ("", [0, 1, 2]),
        ("&up=student.grade", [1, 0, 2]),
        ("&down=student.grade", [0, 2, 1]),
        ("&up=student.name", [0, 1, 2]),
        ("&down=parent1.primary_phone", [0, 1, 2]),
        ("&out=student.grade", [0, 2]),
        ("&up=nobody.nothing", [0, 1, 2]),
    ],
)
def test_the_chosen_ones_are_moved_and_taken_out(
    desk: AuditedClient, pressed: str, order: list[int]
) -> None:
    keys = ["student.name", "student.grade", "parent1.primary_phone"]
    page = desk.page(f"{COLUMNS}?{THREE}{pressed}")
    assert chosen(page) == [keys[i] for i in order]
    assert ticked(page) == set(chosen(page))


def test_new_ones_come_last_and_the_others_keep_their_places(desk: AuditedClient) -> None:
    order = "&".join(f"order={k}" for k in ("student.grade", "student.name"))
    ticks = "col=parent3.email&col=student.name&col=student.grade"
    page = desk.page(f"{COLUMNS}?{ticks}&{order}")
    assert chosen(page) == ["student.grade", "student.name", "parent3.email"]


def test_apply_goes_back_to_the_search_with_its_criteria(desk: AuditedClient) -> None:
    asked = "f1=grade&o1=is&v1=3&sort=-student.grade"
    page = desk.page(f"{COLUMNS}?{asked}&{THREE}")
    fields = [(f.attrs["name"], f.attrs.get("value", "")) for f in page.query("[type=hidden]")]
    assert dict(fields)["v1"] == "3"
    answer = desk.get(f"{COLUMNS}?{asked}&{THREE}&up=student.grade&apply=yes")
    assert answer.status_code == 302
    assert urlsplit(answer.location).path == "/oakwood/staff/search"
    assert parse_qsl(urlsplit(answer.location).query) == [
        ("f1", "grade"),
        ("o1", "is"),
        ("v1", "3"),
        ("col", "student.grade"),
        ("col", "student.name"),
        ("col", "parent1.primary_phone"),
        ("sort", "-student.grade"),
    ]
    found = desk.page(answer.location)
    heads = [" ".join(h.to_text().split()) for h in found.query("thead th")]
    assert heads == ["Grade ↓", "Name", "Parent 1: Primary Phone"]


def test_back_without_changes_changes_nothing_however_many_were_made(desk: AuditedClient) -> None:
    page = desk.page(f"{COLUMNS}?f1=grade&o1=is&v1=3&{THREE}")
    for more in ({"out": "student.grade"}, {"up": "parent1.primary_phone"}, {"find": "email"}):
        fields = [(f.attrs["name"], f.attrs.get("value", "")) for f in page.query("[type=hidden]")]
        asked = [*fields, *(("col", key) for key in ticked(page)), *more.items()]
        page = desk.page(f"{COLUMNS}?{urlencode(asked)}")
    assert chosen(page) == ["parent1.primary_phone", "student.name"]
    back = parse_qsl(urlsplit(page.query("[data-close]")[0].attrs["href"]).query)
    assert [value for name, value in back if name == "col"] == [
        "student.name",
        "student.grade",
        "parent1.primary_phone",
    ]
    assert ("v1", "3") in back
    harm = desk.page(f"{COLUMNS}?{THREE}&was=parent.x,%22%3E,student.name")
    back = parse_qsl(urlsplit(harm.query("[data-close]")[0].attrs["href"]).query)
    assert [value for name, value in back if name == "col"] == ["student.name"]


def test_of_too_many_the_new_ones_are_left_out_and_the_search_says_so(
    desk: AuditedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    offers = desk.page(f"{COLUMNS}?{THREE}").query("#offers input[name=col]")
    every = [offer.attrs["value"] for offer in offers]
    shown = every[: -MOST_COLUMNS - 1 : -1]
    asked = [("f1", "grade"), ("v1", "3"), *(("col", key) for key in every)]
    asked += [("order", key) for key in shown]
    asked.append(("was", ",".join(every[:MOST_COLUMNS])))
    monkeypatch.setenv("PORTAL_SECRET_KEY", "of the server alone")
    server = import_module("portal.server")
    assert len(f"GET {COLUMNS}?{urlencode(asked)} HTTP/1.1") < server.limit_request_line
    page = desk.page(f"{COLUMNS}?{urlencode(asked)}")
    assert chosen(page) == shown
    assert "up to 40 columns" in page.query(".notice")[0].to_text()
    answer = desk.get(f"{COLUMNS}?{urlencode([*asked, ('apply', 'yes')])}")
    found = desk.page(answer.location)
    assert "up to 40 columns" in " ".join(e.to_text() for e in found.query(".notice"))


@pytest.mark.parametrize(
    ("role", "entities"),
    [
        ("student", ["Student", "Parent 1", "Parent 2", "Parent 3", "Parent 4"]),
        ("parent", ["Parent"]),
        ("consultant", ["Contact"]),
    ],
)
def test_columns_are_of_whoever_stands_in_a_row(
    desk: AuditedClient, role: str, entities: list[str]
) -> None:
    page = desk.page(f"{COLUMNS}?f1=role&o1=is&v1={role}")
    assert [h.to_text() for h in page.query("#offers h2")] == [f"Fields: {e}" for e in entities]
    groupings = [s.to_text() for s in page.query(".entity summary")]
    assert {"Grouping: Name", "Grouping: Phones"} <= set(groupings)
    relationships = [b for b in page.query("#offers input") if "relationship" in b.attrs["value"]]
    assert len(relationships) == (4 if role == "student" else 0)


def test_typing_part_of_a_name_leaves_the_others_out(desk: AuditedClient) -> None:
    page = desk.page(f"{COLUMNS}?{THREE}&find=PHONE")
    left = [o for o in page.query("#offers label") if "hidden" not in o.attrs]
    assert left
    assert all("phone" in o.to_text().lower() for o in left)
    assert ticked(page) == {"student.name", "student.grade", "parent1.primary_phone"}


def test_a_name_that_no_field_has_is_said_without_a_script(desk: AuditedClient) -> None:
    told = "No matching fields."
    for find, hidden in (("xyzzy", False), ("Phone", True), ("", True)):
        page = desk.page(f"{COLUMNS}?{THREE}&find={find}")
        [said] = [p for p in page.query("[data-none]") if told in p.to_text()]
        assert ("hidden" in said.attrs) is hidden, find


def test_apply_says_what_the_address_does_not_hold_any_more(desk: AuditedClient) -> None:
    asked = "f1=grade&o1=is_not_empty&f2=last_name&o2=is&v2=&f3=last_name&o3=is&v3=%2A"
    found = desk.page(f"{COLUMNS}?{asked}&{THREE}&apply=yes", follow_redirects=True)
    said = " ".join(e.to_text() for e in found.query(".notice, .criterion .error, .flash"))
    assert "Choose or type something for Last name" in said
    assert said.count("Type letters or digits for Last name") == 1
