"""The opt-out export: who is in it, in which order, and what a spreadsheet may make of it."""

import csv
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal import clock
from portal.enums import Answer, PhoneType, Source
from portal.extensions import writing
from portal.queries.consent_lists import opt_ins, opt_outs
from portal.queries.schools import SchoolRow
from portal.services.contacts.phones import set_phones
from portal.services.exports.csv import escape_formula, iso_time, opt_out_lines
from tests.support.families import HOME, WORK, make_parent, make_student, pause, phone, say, stop

ANA, BEN, HOUSE = "+12065550182", "+12065550183", "+12065550184"


def rows(
    school: SchoolRow, with_unknown: bool = False, with_paused: bool = False
) -> list[dict[str, str]]:
    lines = "".join(opt_out_lines(school, with_unknown, with_paused))
    return list(csv.DictReader(io.StringIO(lines)))


def test_paused_numbers_are_listed_when_asked_for_as_the_schools_own_decision(
    school: SchoolRow,
) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)], typed=True)
    make_parent(school, "Ben Ruiz", phones=[phone(BEN)], typed=True)
    stop(school, BEN)
    for number in (ANA, BEN, HOUSE):
        pause(school, number)
    assert [row["source"] for row in rows(school)] == ["text_reply"]
    found = {row["phone_number"]: row["source"] for row in rows(school, with_paused=True)}
    assert found == {"(206) 555-0182": "asked_school", "(206) 555-0183": "text_reply"}
    everyone = rows(school, with_unknown=True, with_paused=True)
    assert [row["parent_name"] for row in everyone] == ["", "Ana Ruiz", "Ben Ruiz"]
    assert all(row["opted_out_at"] for row in everyone)
    assert not list(opt_ins(school))


def test_the_columns_are_those_of_the_contract(school: SchoolRow) -> None:
    lines = list(opt_out_lines(school))
    names = ["parent_id", "parent_name", "phone_number", "phone_type", "opted_out_at", "source"]
    assert lines == [",".join(f'"{name}"' for name in names) + "\r\n"]


def test_a_row_says_who_which_number_since_when_and_by_what(
    school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone(ANA)])
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 7, 4, 3, 2, 1, 999, tzinfo=UTC))
    stop(school, ANA)
    assert rows(school) == [
        {
            "parent_id": str(ana),
            "parent_name": "Ana Ruiz",
            "phone_number": "(206) 555-0182",
            "phone_type": "cell",
            "opted_out_at": "2026-07-03T20:02:01-07:00",
            "source": "text_reply",
        }
    ]


def test_only_opted_out_numbers_of_parents_of_this_school_are_listed(
    school: SchoolRow, other_school: SchoolRow
) -> None:
    make_parent(school, "Yes Parent", phones=[phone("+12065550190")], typed=True)
    make_parent(school, "Unasked Parent", phones=[phone("+12065550191")])
    make_parent(other_school, "Other School", phones=[phone(ANA)])
    stop(other_school, ANA)
    student = make_student(school, "Mateo Ruiz")
    with writing():
        set_phones(school.id, student, [phone(BEN)])
    stop(school, BEN)
    assert rows(school) == []


def test_a_number_stays_in_whatever_its_type_is_now(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA, HOME)])
    make_parent(school, "Ben Ruiz", phones=[phone(BEN, WORK, ext="12")])
    stop(school, ANA)
    stop(school, BEN)
    assert [row["phone_type"] for row in rows(school)] == ["home", "work"]


def test_each_parent_of_a_number_has_a_row_and_two_slots_make_one(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA, HOME), phone(ANA, slot=2)])
    make_parent(school, "Ben Ruiz", phones=[phone(BEN), phone(ANA, HOME, 1)])
    stop(school, ANA)
    stop(school, BEN)
    listed = [(r["parent_name"], r["phone_number"], r["phone_type"]) for r in rows(school)]
    assert listed == [
        ("Ana Ruiz", "(206) 555-0182", "cell"),
        ("Ben Ruiz", "(206) 555-0182", "home"),
        ("Ben Ruiz", "(206) 555-0183", "cell"),
    ]


def test_names_come_in_the_order_of_their_code_points_then_ids(school: SchoolRow) -> None:
    names = ["ana ruiz", "Zoë Hill", "Émile Roy", "Ana Ruiz", "Ana Ruiz", "王 丽", "Ana-Lu Ruiz"]
    made = [
        (name, make_parent(school, name, phones=[phone(f"+120655501{i:02}")]))
        for i, name in enumerate(names)
    ]
    for i in range(len(names)):
        stop(school, f"+120655501{i:02}")
    listed = [(row["parent_name"], int(row["parent_id"])) for row in rows(school)]
    assert listed == sorted(made)


def test_numbers_from_abroad_are_as_people_at_the_school_dial_them(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone("+447400123456")])
    stop(school, "+447400123456")
    assert rows(school)[0]["phone_number"] == "011 44 7400 123456"


def test_unknown_numbers_come_first_and_only_when_asked_for(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)])
    stop(school, ANA)
    stop(school, HOUSE)
    student = make_student(school, "Mateo Ruiz")
    with writing():
        set_phones(school.id, student, [phone(BEN)])
    stop(school, BEN)
    assert len(rows(school)) == 1
    students, nobodys, known = rows(school, with_unknown=True)
    assert nobodys["parent_id"] == nobodys["parent_name"] == nobodys["phone_type"] == ""
    assert students["phone_number"] == "(206) 555-0183"
    assert nobodys["phone_number"] == "(206) 555-0184"
    assert known["parent_name"] == "Ana Ruiz"


def test_the_moment_is_when_the_state_began_and_the_source_what_stands(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone(ANA)])
    stop(school, ANA)
    first = next(opt_outs(school)).since
    say(school, ANA, Source.PUBLIC_FORM, Answer.NO)
    again = next(opt_outs(school))
    assert (again.since, again.source) == (first, "public_form")
    assert again.type == PhoneType.CELL


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_a_time_is_written_as_the_library_writes_it(zone: str) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for n in range(20_000):
        moment = start + timedelta(seconds=1597 * n, microseconds=n)
        local = moment.astimezone(ZoneInfo(zone))
        assert iso_time(moment, zone) == local.isoformat(timespec="seconds")


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "＋1", "－1", "＠A", " =1"]
)
def test_no_cell_begins_a_formula(cell: str) -> None:
    assert escape_formula(cell) == f"'{cell}"


@pytest.mark.parametrize("split", ["\t", "\r"])
def test_no_part_of_a_cell_begins_a_formula_where_it_may_be_split(split: str) -> None:
    assert escape_formula(f"{split}=1") == f"'{split}'=1"


@pytest.mark.parametrize("cell", ["", "Ana", "(206) 555-0147", "O'Brien", "a=b"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert escape_formula(cell) == cell


def test_a_name_that_is_a_formula_is_made_harmless(school: SchoolRow) -> None:
    make_parent(school, "=HYPERLINK(1) Ruiz", phones=[phone(ANA)])
    stop(school, ANA)
    assert rows(school)[0]["parent_name"] == "'=HYPERLINK(1) Ruiz"


def test_a_name_with_commas_and_quotes_comes_back_whole(school: SchoolRow) -> None:
    make_parent(school, 'Ana "Nan", Ruiz', phones=[phone(ANA)])
    stop(school, ANA)
    assert rows(school)[0]["parent_name"] == 'Ana "Nan", Ruiz'
