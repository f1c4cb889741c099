"""Downloads of a search: what is on the screen, all of it, in its order, and harmless."""

import csv
import io
import random
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.extensions import db
from portal.models import Contact
from portal.queries.schools import SchoolRow
from portal.queries.search import results as search_results
from portal.services.exports.csv import csv_lines
from portal.services.exports.xlsx import xlsx_pieces
from tests.queries.search.search_school import SearchSchool
from tests.support.client import AuditedClient
from tests.support.families import make_student
from tests.support.people import SignIn
from tests.support.queries import counted
from tests.support.workbook import read_xlsx

SEARCH = "/oakwood/staff/search"
PHONES = (
    "f1=role&v1=parent&sort=-parent.last_name&col=parent.name&col=parent.primary_phone"
    "&col=parent.created_at&col=parent.primary_phone_opt_in&col=parent.children"
)
STUDENTS = (
    "f1=created_at&o1=after&v1=1999-01-01&sort=parent1.email&col=student.grade&col=parent1.email"
)
Table = list[list[str]]


def read_csv(data: bytes) -> Table:
    assert data.startswith(b"\xef\xbb\xbf"), "spreadsheets take it for another encoding"
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def on_screen(desk: AuditedClient, address: str) -> Table:
    """All pages' cells, as they are read there: without the words of circles."""
    table: Table = []
    link: str | None = f"{SEARCH}?{address}"
    while link:
        page = desk.page(link)
        for row in page.query("tbody tr"):
            cells = row.query("th, td:not(.pick)")
            table.append([" ".join(cell.to_text().split()) for cell in cells])
        links = {a.to_text(): a.attrs["href"] for a in page.query("nav.pages a")}
        link = links.get("Next")
    return table


@pytest.mark.parametrize("address", [PHONES, STUDENTS])
def test_both_files_hold_what_the_screen_shows(
    world: SearchSchool, desk: AuditedClient, address: str
) -> None:
    sheet = read_csv(desk.get(f"{SEARCH}.csv?{address}").data)
    book = read_xlsx(desk.get(f"{SEARCH}.xlsx?{address}").data)
    assert book == [[cell.removeprefix("'") for cell in row] for row in sheet]
    shown = on_screen(desk, address)
    assert len(shown) > search_results.PAGE
    assert len(sheet) == len(shown) + 1
    if address is STUDENTS:
        assert sheet[0] == ["Grade", "Parent 1: Email"]
        assert [[grade or "(no name)", email] for grade, email in sheet[1:]] == shown
        return
    assert sheet[0] == [
        "Name",
        "Primary Phone",
        "Primary Phone: Type",
        "Primary Phone: Texts",
        "Added on",
        "Primary Phone Opt-In",
        "Children",
    ]
    for line, seen in zip(book[1:], shown, strict=True):
        name, number, kind, texts, since, answer, children = line
        assert [name, children] == [seen[0], seen[4]]
        assert seen[1].startswith(f"{number} {kind}".strip())
        assert texts.lower() in seen[1].lower()
        assert bool(texts) is ("Opted" in seen[1] or "No answer yet" in seen[1])
        assert since in {"2026-03-07", "2026-03-08", "2026-03-09", "2026-04-18"}
        assert seen[3].startswith(answer)
        assert bool(answer) is bool(seen[3]), "a grey circle has a word too"


def test_the_file_is_an_attachment_that_says_how_long_it_is(
    world: SearchSchool, desk: AuditedClient
) -> None:
    answer = desk.get(f"{SEARCH}.csv?{PHONES}")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=search-oakwood-")
    assert answer.headers["X-Rows"] == str(len(world.rows("parent")))
    assert int(answer.headers["X-About-Bytes"]) > 100
    assert answer.content_type == "text/csv; charset=utf-8"


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("f2=primary_phone_opt_in&o2=is&v2=maybe", "is one of: Yes, No"),
        ("f2=shoe_size&o2=is&v2=\ud800é", "no field"),
        ("col=parent.shoe_size&col=parent.name", "A column in this link"),
    ],
)
def test_what_a_file_would_leave_out_is_told_instead(
    world: SearchSchool, desk: AuditedClient, ending: str, wrong: str, words: str
) -> None:
    asked = quote(f"f1=role&v1=parent&{wrong}", safe="&=", errors="surrogatepass")
    answer = desk.get(f"{SEARCH}.{ending}?{asked}")
    assert answer.status_code == 303
    page = desk.page(answer.location)
    assert words in " ".join(e.to_text() for e in page.query(".notice, .criterion .error"))
    assert page.query("#results")[0].to_text().startswith(f"{len(world.rows('parent'))} ")


NAMES = [
    "=1+1",
    "+Ana",
    "-Ana",
    "@SUM(A1)",
    "\uff1d1",
    'Ana "Anita", Núñez',
    "<b>&amp;</b>]]>",
    "_x0041_na",
    "明 李",
    "Zoë \U0001f600",
]


def test_names_come_out_harmless_and_whole(staff: SignIn, school: SchoolRow) -> None:
    for name in NAMES:
        make_student(school, f"{name} Ruiz")
    address = "f1=grade&o1=is&v1=3&col=student.name&sort=student.created_at"
    desk = staff("viewer")
    sheet = read_xlsx(desk.get(f"{SEARCH}.xlsx?{address}").data)
    assert [name for (name,) in sheet[1:]] == [
        f"{name} Ruiz".replace("_x", "_x005F_x") for name in NAMES
    ]
    cells = [name for (name,) in read_csv(desk.get(f"{SEARCH}.csv?{address}").data)[1:]]
    assert [c[0] for c in cells[:5]] == ["'"] * 5
    assert cells[5:] == [f"{name} Ruiz" for name in NAMES[5:]]


@pytest.mark.parametrize("cell", ["=a", "+a", "-a", "@a", "\ta", "\ra", " \u3000=a", "\uff0ba"])
def test_a_cell_that_is_a_formula_is_a_text(cell: str) -> None:
    line = next(iter(list(csv_lines([cell], [[cell]]))[1:]))
    assert next(csv.reader(io.StringIO(line, newline=""))) == ["'" + cell]
    assert next(csv_lines([cell], ())).lstrip('"').startswith("'")


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("a\0b\x0bc\x1f", "abc"),
        ("\ud800a\ufffe\uffff", "a"),
        ("_x000D_ and __x0041__", "_x005F_x000D_ and __x005F_x0041__"),
        ("_xyz_ _x41_", "_xyz_ _x41_"),
        (" a\nb\t", " a\nb\t"),
        ("x" * 40_000, "x" * 32_767),
        ("<&>\"'", "<&>\"'"),
        ("", ""),
    ],
)
def test_a_workbook_holds_any_text(cell: str, kept: str) -> None:
    data = b"".join(xlsx_pieces(["Name"], [[[cell, "after"]]]))
    assert read_xlsx(data) == [["Name"], [kept, "after"]]


def test_a_workbook_goes_out_as_its_rows_are_read() -> None:
    read = 0

    def chunks() -> Iterator[Table]:
        nonlocal read
        for read in range(1, 4):
            yield [[random.Random(read).randbytes(50_000).hex()[:32_000]] * 2]

    pieces = xlsx_pieces(["A"], chunks())
    seen = [read for piece in pieces if len(piece) > 1000]
    assert seen[:3] == [1, 2, 3]


def test_a_download_is_sent_while_it_is_read(
    world: SearchSchool, desk: AuditedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Chunk after chunk: what was sent of one is gone before the next is asked for."""
    monkeypatch.setattr(search_results, "CHUNK", 20)
    with counted(db.engine) as asked:
        answer = FlaskClient.open(desk, f"{SEARCH}.csv?{PHONES}")  # not read to its end
        begun, pieces, before = len(asked), [], []
        for piece in answer.iter_encoded():
            pieces.append(piece)
            before.append(len(asked) - begun)
    rows = read_csv(b"".join(pieces))
    assert len(rows) == len(world.rows("parent")) + 1
    chunks = -(-len(world.rows("parent")) // 20)
    assert before[0] == 0
    assert sorted(set(before)) == list(range(max(before) + 1))
    assert chunks - 2 <= max(before) <= chunks


def test_another_schools_rows_are_in_no_file(world: SearchSchool, desk: AuditedClient) -> None:
    assert desk.get(f"/birchwood/staff/search.csv?{PHONES}").status_code == 404
    elsewhere = select(Contact.id).where(Contact.last_name == "Elsewhere")
    assert db.session.scalar(elsewhere) is not None
    for role, everything in (("parent", PHONES), ("student", STUDENTS + "&col=student.name")):
        rows = read_csv(desk.get(f"{SEARCH}.csv?{everything}").data)[1:]
        assert len(rows) == len(world.rows(role)) > 50
        assert "Elsewhere" not in str(rows)
