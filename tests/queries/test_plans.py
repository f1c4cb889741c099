"""Query plans: nothing reads all contacts, words or phones to find a family, and counts in the ten
thousands are read from an index alone."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, event, text

from portal.demo import families as demo_families
from portal.extensions import db, on_postgresql, writing
from portal.queries.lookup.families import look_up
from portal.queries.schools import SchoolRow
from portal.queries.search.parse import read
from portal.queries.search.results import MANY, count, page
from portal.services.contacts import search_words
from tests.support.queries import NOT_QUERIES

BIG = ("contact", "contact_word", "contact_role", "phone", "parent_link", "holding")
SCANNED = re.compile(rf"\b(?:SCAN|BLOOM FILTER ON|Seq Scan on) ({'|'.join(BIG)})\b")
TYPED = {
    "garcia": {"contact_word"},
    "de la garcia": {"contact_word", "name_word"},
    "g": {"contact_word"},
    "ga": {"contact_word"},
    "arci": {"contact_word"},
    "ana garcia": {"contact_word"},
    "ana 0182": {"contact_word", "ix_phone_tail_4"},
    "ana.garcia@example.com": {"contact_word"},
    "0182": {"ix_phone_tail_4", "ix_phone_tail_11"},
    "555-0182": {"ix_phone_tail_7"},
    "(206) 555": {"ix_phone_tail_6", "ix_phone_tail_11"},
    "206 555 0182": {"ix_phone_number", "ix_phone_tail_10"},
    "44 20 7946 0958": {"ix_phone_number"},
    "2065550147 4155550100": {"ix_phone_number", "ix_phone_tail_10"},
    "Ana <ana.garcia@example.com>,": {"contact_word"},
    "+44 7400 123456": {"ix_phone_number"},
    "xyzzy": {"contact_word"},
}


@pytest.fixture
def families(app: Flask) -> SchoolRow:
    """Enough that reading them all is the worse way, and known to be so many."""
    with writing():
        school = demo_families.make_schools()
        demo_families.make_families(school, 1, range(1000, 1200))
    if on_postgresql():  # earlier tests leave their pages behind, of tables and of indexes
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM"))
            for table in BIG:
                connection.execute(text(f"REINDEX TABLE {table}"))
    with writing():
        db.session.execute(text("ANALYZE"))
    return school


def test_every_look_up_is_served_by_its_index(families: SchoolRow) -> None:
    for typed, indexes in TYPED.items():
        plan = "\n".join(plans(partial(look_up, families, typed)))
        assert not SCANNED.findall(plan), f"{typed}: {plan}"
        for index in indexes:
            assert index in plan, f"{typed} is not served by {index}: {plan}"


def test_names_of_another_version_are_found_by_their_index(families: SchoolRow) -> None:
    """Each server looks for them all day, and nearly always there are none."""
    [plan] = plans(search_words.any_unfolded)
    assert "ix_contact_refold" in plan


def test_who_opted_out_is_counted_from_the_cells_of_parents_alone(families: SchoolRow) -> None:
    asked = [("f1", "role"), ("v1", "parent"), ("f2", "any_texts"), ("o2", "is"), ("v2", "no")]
    search = read(asked, families, {}, {}).search
    assert search is not None
    [plan] = plans(lambda: count(families, search))
    sqlite = db.engine.dialect.name == "sqlite"
    cells = "COVERING INDEX ix_phone_number" if sqlite else "Index Only Scan using ix_phone_cell"
    assert cells in plan
    assert "contact_role" not in plan


def test_the_date_of_an_answer_is_searched_in_an_index_alone(families: SchoolRow) -> None:
    for field, operator, day in (
        ("primary_phone_answered_at", "is", "2026-10-20"),
        ("primary_phone_answered_at", "is_empty", ""),
        ("primary_phone_answered_by", "is", "text_reply"),
        ("primary_phone_strength", "is", "staff_typed"),
        ("weakest_consent", "is", "form"),
        ("weakest_consent", "is_not_empty", ""),
    ):
        asked = [("f1", "role"), ("v1", "parent"), ("f2", field), ("o2", operator), ("v2", day)]
        search = read(asked, families, {}, {}).search
        assert search is not None
        [plan] = plans(lambda search=search: count(families, search))  # type: ignore[misc]
        # PostgreSQL reads an index alone only once the table was vacuumed.
        if db.engine.dialect.name == "sqlite":
            assert "COVERING INDEX ix_consent_status" in plan, f"{field} {operator}: {plan}"
        assert not re.search(r"\b(SCAN|Seq Scan on) consent_status\b", plan), plan


def test_many_emails_are_found_by_walking_in_the_order_of_the_page(families: SchoolRow) -> None:
    asked = [("f1", "role"), ("v1", "parent"), ("f2", "email"), ("o2", "starts_with"), ("v2", "a")]
    search = read(asked, families, {}, {}).search
    assert search is not None
    plan = plans(lambda: page(families, search, total=MANY + 1))[0]
    if db.engine.dialect.name == "sqlite":
        assert "ix_contact_sort" in plan
        assert "TEMP B-TREE" not in plan


def plans(ask: Callable[[], object]) -> list[str]:
    """The plan of each query. PostgreSQL plans as it would if tables were large: these
    are so small that reading them whole is best."""
    asked: list[tuple[str, Any]] = []

    def keep(_conn: Connection, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if not statement.lstrip().upper().startswith(NOT_QUERIES):
            asked.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", keep)
    try:
        ask()
    finally:
        event.remove(db.engine, "before_cursor_execute", keep)
    assert asked
    sqlite = db.engine.dialect.name == "sqlite"
    connection = db.session.connection()
    if not sqlite:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
    explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
    return [
        "\n".join(
            " ".join(map(str, row))
            for row in connection.exec_driver_sql(explain + statement, values)
        )
        for statement, values in asked
    ]
