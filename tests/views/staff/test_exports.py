"""The opt-out export by button."""

import csv
import io

import pytest

from portal.extensions import writing
from portal.phone import show_number
from portal.queries.schools import SchoolRow
from portal.services.schools.schools import set_school
from tests.queries.search.search_school import SearchSchool
from tests.support.client import AuditedClient
from tests.support.families import HOME, make_parent, phone, stop
from tests.support.people import SignIn

ANA = "+12065550182"


@pytest.mark.parametrize("role", ["viewer", "editor", "admin"])
def test_staff_get_the_list_as_a_file(staff: SignIn, school: SchoolRow, role: str) -> None:
    make_parent(school, "Ana Núñez", phones=[phone(ANA)])
    stop(school, ANA)
    answer = staff(role).get("/oakwood/staff/opt-outs.csv")
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=opt-outs-oakwood")
    header, row = answer.data.decode("utf-8").splitlines()
    names = ["parent_id", "parent_name", "phone_number", "phone_type", "opted_out_at", "source"]
    assert header == ",".join(f'"{name}"' for name in names)
    assert '"Ana Núñez","(206) 555-0182","cell",' in row


def test_the_list_is_there_where_texting_is_off(staff: SignIn, school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)])
    stop(school, ANA)
    with writing():
        set_school("oakwood", texting_on=False)
    assert "Ana Ruiz" in staff("viewer").get("/oakwood/staff/opt-outs.csv").text


def test_another_schools_list_is_not_there(staff: SignIn, other_school: SchoolRow) -> None:
    assert staff("admin").get("/birchwood/staff/opt-outs.csv").status_code == 404


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("opt-outs", '"Ana Ruiz","(206) 555-0182","cell","20'),
        ("opt-ins", '"Ben Ruiz","(206) 555-0183","cell","20'),
        ("never-asked", '"Cleo Ruiz","(206) 555-0184","cell","",""'),
    ],
)
def test_each_state_has_an_export_of_its_own_parents(
    staff: SignIn, school: SchoolRow, name: str, line: str
) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)])
    stop(school, ANA)
    make_parent(school, "Ben Ruiz", phones=[phone("+12065550183")], typed=True)
    make_parent(school, "Cleo Ruiz", phones=[phone("+12065550184"), phone("+12065550185", HOME, 1)])
    rows = staff("viewer").get(f"/oakwood/staff/{name}.csv").text.splitlines()
    assert len(rows) == 2
    assert line in rows[1]


@pytest.mark.parametrize("name", ["opt-outs", "opt-ins", "never-asked"])
def test_the_exports_hold_each_parents_numbers_of_their_state(
    world: SearchSchool, desk: AuditedClient, name: str
) -> None:
    """A Cell's state is its circle's; an opt-out is listed whatever the number's type is now."""
    state = {"opt-outs": "opted_out", "opt-ins": "opted_in", "never-asked": "not_asked"}[name]
    right = set()
    for parent in world.rows("parent"):
        for slot, there in parent.phones.items():
            known = parent.statuses.get(there.number)
            out = name == "opt-outs" and known is not None and known.state == state
            if parent.state(slot) == state or out:
                right.add((str(parent.id), show_number(there.number, "US")))
    rows = list(csv.reader(io.StringIO(desk.get(f"/oakwood/staff/{name}.csv").text)))
    since = {"opt-outs": "opted_out_at", "opt-ins": "opted_in_at", "never-asked": "lapsed_at"}
    assert rows[0] == [
        "parent_id",
        "parent_name",
        "phone_number",
        "phone_type",
        since[name],
        "source",
    ]
    found = [(row[0], row[2]) for row in rows[1:]]
    assert len(found) == len(set(found))
    assert set(found) == right
    assert [row[1] for row in rows[1:]] == sorted(row[1] for row in rows[1:])
