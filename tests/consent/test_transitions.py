"""The tables of docs/consent.md's rules, row by row, through the rules and the ledger."""

import csv
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from portal.consent import rules
from portal.consent.rules import Facts
from portal.enums import Answer, ConsentState, Refusal, Source
from tests.consent.consent_school import NUMBER, ConsentSchool

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / "tests" / "cases" / "consent_transitions.csv"
AGREED = ROOT.parent / "shared" / "cases" / "consent_transitions.csv"
"""The table that was agreed on, where the checkout lies beside it; elsewhere the copy is run."""
TABLES = [path for path in (AGREED, COPY) if path.is_file()]
ADDED = COPY.with_name("consent_transitions_added.csv")
"""The row that was agreed on since: a yes from the phone itself that is older than the opt-out."""
AGREED_SHA256 = "6ac557148ad0be5db821cc6477051fda2c2f48df94132672e8f0698fe9e10e52"


@dataclass(frozen=True)
class Row:
    line: int
    state: ConsentState
    decided_by: Source | None
    holder: bool
    older: bool
    source: Source
    answer: Answer | None
    expected: ConsentState
    event: bool
    code: Refusal | None

    def __str__(self) -> str:
        answer = self.answer or "left"
        return f"{self.line}:{self.state}-{self.decided_by or 'nobody'}-{self.source}-{answer}"


def _read(path: Path) -> list[Row]:
    with path.open(newline="") as file:
        return [
            Row(
                line=line,
                state=ConsentState(row["current"]),
                decided_by=Source(row["decided_by"]) if row["decided_by"] else None,
                holder=row["holder"] == "yes",
                older=row["older"] == "yes",
                source=Source(row["source"]),
                answer=Answer(row["answer"]) if row["answer"] else None,
                expected=ConsentState(row["expected"]),
                event=row["event"] == "yes",
                code=Refusal(row["code"]) if row["code"] else None,
            )
            for line, row in enumerate(csv.DictReader(file), start=2)
        ]


every_row = pytest.mark.parametrize("row", [*_read(TABLES[0]), *_read(ADDED)], ids=str)


@pytest.mark.parametrize("path", TABLES, ids=["agreed", "copy"][-len(TABLES) :])
def test_the_table_is_the_one_that_was_agreed_on(path: Path) -> None:
    assert hashlib.sha256(path.read_bytes()).hexdigest() == AGREED_SHA256


@every_row
def test_the_rules_decide_as_the_table_says(row: Row) -> None:
    facts = Facts(state=row.state, decided_by=row.decided_by, holder=row.holder, older=row.older)
    outcome = rules.decide(facts, row.source, row.answer)
    assert (outcome.state, outcome.event, outcome.code) == (row.expected, row.event, row.code)


@every_row
def test_the_ledger_does_as_the_table_says(world: ConsentSchool, row: Row) -> None:
    answerer = world.parent(NUMBER) if row.holder else world.parent()
    _bring_to(world, row, answerer)
    if not row.holder:
        world.holds(answerer, NUMBER)  # on record by now, but only after it was opted out
    before = world.events()
    result = world.says(
        row.source,
        row.answer,
        answerer_id=answerer if row.source is Source.PARENT_FORM else None,
        happened_at=before[-1].happened_at - timedelta(minutes=1) if row.older else None,
    )
    assert (result.state, result.code) == (row.expected, row.code)
    assert result.changed == (row.expected is not row.state)
    assert world.state() == row.expected
    _look_at_log(world, row, before=len(before), seq=result.seq)


def _bring_to(world: ConsentSchool, row: Row, answerer: int) -> None:
    """Bring the number where the row begins, by decisions as they are made."""
    if row.decided_by is None:
        assert row.state is ConsentState.NOT_ASKED
        return
    answer = Answer.YES if row.state is ConsentState.OPTED_IN else Answer.NO
    parent = answerer if row.decided_by is Source.PARENT_FORM else None
    world.says(row.decided_by, answer, answerer_id=parent)
    status = world.status()
    assert (status.state, status.decided_by) == (row.state, row.decided_by)


def _look_at_log(world: ConsentSchool, row: Row, before: int, seq: int | None) -> None:
    after = world.events()
    if not row.event:
        assert seq is None
        assert len(after) == before
        return
    assert seq == len(after) == before + 1
    event = after[-1]
    assert (event.source, event.answer) == (row.source, row.answer)
    assert (event.state, event.code) == (row.expected, row.code)
