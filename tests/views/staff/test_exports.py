"""The opt-out export by button."""

import csv
import io
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest

from portal.extensions import db, writing
from portal.models import Contact
from portal.phone import show_number
from portal.queries.consent_lists import NumberRow
from portal.queries.schools import SchoolRow
from portal.services.exports import workbook_rows
from portal.services.exports.csv import AT_ONCE
from portal.services.exports.xlsx import WIDEST, xlsx_pieces
from portal.services.schools.schools import set_school
from tests.queries.search.search_school import SearchSchool
from tests.support.client import AuditedClient
from tests.support.families import HOME, make_parent, phone, stop
from tests.support.people import SignIn
from tests.support.workbook import MAIN, read_xlsx

ANA = "+12065550182"


def _text(client: AuditedClient, name: str) -> str:
    return client.get(f"/oakwood/staff/{name}.csv").data.decode("utf-8-sig")


@pytest.mark.parametrize("role", ["viewer", "editor", "admin"])
def test_staff_get_the_list_as_a_file(staff: SignIn, school: SchoolRow, role: str) -> None:
    make_parent(school, "Ana Núñez", phones=[phone(ANA)])
    stop(school, ANA)
    answer = staff(role).get("/oakwood/staff/opt-outs.csv")
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=opt-outs-oakwood")
    assert answer.data.startswith(b"\xef\xbb\xbf"), "a spreadsheet takes it for another encoding"
    header, row = answer.data.decode("utf-8-sig").splitlines()
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
            paused = name == "opt-ins" and there.number in parent.paused
            if (parent.state(slot) == state and not paused) or out:
                right.add((str(parent.id), show_number(there.number, "US")))
    rows = list(csv.reader(io.StringIO(_text(desk, name))))
    since = {"opt-outs": "opted_out_at", "opt-ins": "opted_in_at", "never-asked": "no_answer_since"}
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


LISTS = {"opt-outs": "opted_out_at", "opt-ins": "opted_in_at", "never-asked": "no_answer_since"}


@pytest.mark.parametrize("name", LISTS)
def test_every_list_is_there_as_a_workbook_with_the_same_cells(
    world: SearchSchool, desk: AuditedClient, name: str
) -> None:
    answer = desk.get(f"/oakwood/staff/{name}.xlsx")
    assert answer.headers["Content-Disposition"].startswith(f"attachment; filename={name}-oakwood")
    assert ".xlsx" in answer.headers["Content-Disposition"]
    book = read_xlsx(answer.data)
    sheet = list(csv.reader(io.StringIO(_text(desk, name))))
    assert book == [[cell.removeprefix("'") for cell in row] for row in sheet]
    assert book[0][4] == LISTS[name]
    assert len(book) > 2


@pytest.mark.parametrize("name", LISTS)
def test_every_button_of_a_list_offers_both_kinds_of_file(
    staff: SignIn, school: SchoolRow, name: str
) -> None:
    page = staff("viewer").page("/oakwood/staff/search")
    links = {a.attrs["href"] for a in page.query("a")}
    assert {f"/oakwood/staff/{name}.csv", f"/oakwood/staff/{name}.xlsx"} <= links


def test_a_new_persons_id_survives_a_spreadsheet(staff: SignIn, school: SchoolRow) -> None:
    """A spreadsheet keeps 15 digits of a number."""
    parent_id = make_parent(school, "Ana Ruiz", phones=[phone(ANA)])
    stop(school, ANA)
    client = staff("viewer")
    [_, row] = csv.reader(io.StringIO(_text(client, "opt-outs")))
    as_a_number = f"{float(row[0]):.15g}"
    assert int(float(as_a_number)) == parent_id
    assert len(row[0]) <= 15
    [_, cells] = read_xlsx(client.get("/oakwood/staff/opt-outs.xlsx").data)
    assert cells[0] == str(parent_id), "as text"


@pytest.mark.parametrize("mark", [";", "\t", "; ", ';"', ";\u3000"])
@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\uff1d1"])
def test_a_formula_behind_a_semicolon_or_a_tab_in_a_name_is_harmless(
    staff: SignIn, school: SchoolRow, mark: str, formula: str
) -> None:
    parent = make_parent(school, "Ana Ruiz", phones=[phone(ANA)])
    with writing():
        db.session.get_one(Contact, (school.id, parent)).first_name = f"Ana{mark}{formula}"
    stop(school, ANA)
    client = staff("viewer")
    search = "/oakwood/staff/search.csv?f1=role&v1=parent&col=parent.name&col=parent.email"
    for text in (_text(client, "opt-outs"), client.get(search).data.decode("utf-8-sig")):
        for line in text.splitlines()[1:]:
            for separator in (",", ";", "\t"):
                for cell in _cells(line, separator):
                    bare = cell.lstrip(' "\u3000')
                    assert not bare.startswith(("=", "+", "-", "@", "\uff1d")), (separator, cell)


def _cells(line: str, separator: str) -> list[str]:
    """The cells as Excel splits them: quotes mean something at the start of a cell only."""
    return next(csv.reader([line], delimiter=separator))


def test_a_workbook_has_widths_a_frozen_heading_and_only_text(
    staff: SignIn, school: SchoolRow
) -> None:
    make_parent(school, "Ana " + "Maria " * 5 + "Ruiz", phones=[phone(ANA)])
    stop(school, ANA)
    with zipfile.ZipFile(io.BytesIO(staff("viewer").get("/oakwood/staff/opt-outs.xlsx").data)) as f:
        sheet = ET.fromstring(f.read("xl/worksheets/sheet1.xml"))
        styles = ET.fromstring(f.read("xl/styles.xml"))
        book = f.read("xl/workbook.xml").decode()
    [pane] = sheet.iter(f"{MAIN}pane")
    assert (pane.get("ySplit"), pane.get("state")) == ("1", "frozen")
    widths = [float(col.get("width", "0")) for col in sheet.iter(f"{MAIN}col")]
    assert len(widths) == 6
    assert widths[1] >= len("Ana " + "Maria " * 5 + "Ruiz")
    assert widths[2] >= len("(206) 555-0182")
    assert max(widths) <= WIDEST
    formats = [xf.get("numFmtId") for xf in styles.find(f"{MAIN}cellXfs") or ()]
    assert formats == ["49", "49"], "Text, also once a cell is edited"
    assert {c.get("t") for c in sheet.iter(f"{MAIN}c")} <= {"inlineStr", None}
    assert 'name="Opted out"' in book


def test_a_lists_rows_are_read_as_they_are_sent(school: SchoolRow) -> None:
    read = 0

    def rows() -> Iterator[NumberRow]:
        nonlocal read
        for read in range(1, 2001):
            yield NumberRow(read, "Ana Ruiz", ANA, "cell", None, None)

    pieces = xlsx_pieces(workbook_rows.header("opted_out_at"), workbook_rows.chunks(school, rows()))
    next(pieces)
    assert read <= 2 * AT_ONCE
    assert b"".join(pieces)
    assert read == 2000
