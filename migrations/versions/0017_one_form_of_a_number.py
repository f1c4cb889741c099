"""Opt-outs under an old form of a number, added to the log of its present form

Until now a STOP from +52 1 ... did not opt out the +52 ... on a record. Each such "no" is added by
the rules of the ledger at this version, copied here. The log of the old form stays. Running it
again adds nothing twice. It locks only the numbers that it writes about.
"""

import hashlib
import json
import re
import secrets
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

FORMS = (
    ("+521", "+522", re.compile(r"\+521([2-9][0-9]{9})"), r"+52\1"),
    ("+541", "+544", re.compile(r"\+54([1-3][0-9]{9})"), r"+549\1"),
    ("+551", "+56", re.compile(r"\+55([1-9]{2})([689][0-9]{7})"), r"+55\g<1>9\2"),
    ("+2292", "+2293", re.compile(r"\+229([2-9][0-9]{7})"), r"+22901\1"),
    ("+2293", "+23", re.compile(r"\+229([2-9][0-9]{7})"), r"+22901\1"),
)
"""Old forms: where they are in the order of numbers, and what each is now."""
SURE = {"parent_form", "handset"}
BY_PHONE = {"text_reply", "carrier", "opt_out_list"}
MOMENT = sa.DateTime(timezone=True)


def table(name: str, words: str, moments: str = "", *more: Any) -> Any:
    columns = [sa.column(n) for n in words.split()] + [
        sa.column(n, MOMENT) for n in moments.split()
    ]
    return sa.table(name, *columns, *more)


EVENT = table(
    "consent_event",
    "school_id number seq answer source state code actor wording_id language texting_number"
    " submission_id message_id evidence_digest prev_hash hash",
    "happened_at recorded_at",
)
EVIDENCE = table(
    "consent_evidence", "school_id number seq salt", "", sa.column("content", sa.JSON())
)
STATUS = table(
    "consent_status",
    "school_id number state decided_by since_seq last_seq last_hash",
    "decided_at since blocked_at",
    sa.column("handset_only", sa.Boolean()),
)
PHONE = table("phone", "school_id number")
LINK = table("texted_link", "school_id number", "used_at voided_at")


def upgrade() -> None:
    connection = op.get_bind()
    added = 0
    for school_id in (
        connection.execute(sa.text("SELECT id FROM school ORDER BY id")).scalars().all()
    ):
        for old, new in sorted(set(_pairs(connection, school_id))):
            added += _add_noes(connection, school_id, old, new)
    if added:
        print(f"Opt-outs added from old forms of phone numbers: {added}")


def downgrade() -> None:
    """Nothing to do: the ledger only grows."""


def _pairs(connection: Any, school_id: int) -> Iterator[tuple[str, str]]:
    """Pairs of numbers: the "no" answers of the first are added to the second. An old form that is on
    a record gets those of today's form too, because it is the same phone."""
    for first, after, old, new in FORMS:
        for source in (EVENT, PHONE):
            numbers = (
                sa.select(source.c.number)
                .distinct()
                .where(
                    source.c.school_id == school_id,
                    source.c.number >= first,
                    source.c.number < after,
                )
            )
            for number in connection.execute(numbers).scalars().all():
                if found := old.fullmatch(number):
                    now = found.expand(new)
                    yield (number, now) if source is EVENT else (now, number)


def _add_noes(connection: Any, school_id: int, old: str, new: str) -> int:
    noes = sa.select(EVENT).where(
        EVENT.c.school_id == school_id, EVENT.c.answer == "no", EVENT.c.number.in_([old, new])
    )
    found = [
        row._asdict() for row in connection.execute(noes.order_by(EVENT.c.number, EVENT.c.seq))
    ]
    there = Counter(_said(row) for row in found if row["number"] == new)
    added = 0
    for row in found:
        if row["number"] != old:
            continue
        if there[_said(row)]:
            there[_said(row)] -= 1
            continue
        _add_no(connection, row, _locked(connection, school_id, new))
        added += 1
    return added


def _said(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["source"], row["actor"], _utc(row["happened_at"])


def _locked(connection: Any, school_id: int, number: str) -> dict[str, Any]:
    """The number's row, locked, made first if it is missing."""
    mine = (STATUS.c.school_id == school_id, STATUS.c.number == number)
    query = sa.select(STATUS).where(*mine).with_for_update()
    row = connection.execute(query).first()
    if row is None:
        blank = {"state": "not_asked", "since_seq": 0, "last_seq": 0, "last_hash": ""}
        made = {"school_id": school_id, "number": number, "handset_only": False, **blank}
        connection.execute(STATUS.insert().values(made))
        row = connection.execute(query).one()
    return dict(row._asdict())


def _add_no(connection: Any, row: dict[str, Any], status: dict[str, Any]) -> None:
    """Add a "no" that comes late, like the ledger does."""
    source, happened, now = row["source"], _utc(row["happened_at"]), datetime.now(UTC)
    out = status["state"] == "opted_out"
    sure = status["state"] == "opted_in" and status["decided_by"] in SURE
    decided_at = status["decided_at"] and _utc(status["decided_at"])
    older = decided_at is not None and happened < decided_at
    change: dict[str, Any] = {}
    if sure and source == "carrier":
        change = {"blocked_at": status["blocked_at"] or now}
    elif sure and older:
        change = _append(connection, row, status, "opted_in", "older_than_the_parents_yes", now)
    else:
        if not (out and source in {"carrier", "opt_out_list"}):
            change = _append(connection, row, status, "opted_out", None, now)
            change |= _opted_out(row, status, min(happened, now), stays=out and older)
        if source in BY_PHONE:
            change["handset_only"] = True
    mine = (STATUS.c.school_id == row["school_id"], STATUS.c.number == status["number"])
    if change:
        connection.execute(STATUS.update().where(*mine).values(change))
    links = (LINK.c.school_id == row["school_id"], LINK.c.number == status["number"])
    good = (LINK.c.used_at.is_(None), LINK.c.voided_at.is_(None))
    connection.execute(LINK.update().where(*links, *good).values(voided_at=now))


def _opted_out(
    row: dict[str, Any], status: dict[str, Any], began: datetime, stays: bool
) -> dict[str, Any]:
    """The state from then on; `stays`: the decision that is there is newer."""
    out = status["state"] == "opted_out"
    since = min(_utc(status["since"]), began) if out and status["since"] else began
    change = {"state": "opted_out", "blocked_at": None, "since": since}
    if not out:
        change["since_seq"] = status["last_seq"] + 1
    if not stays:
        change |= {"decided_by": row["source"], "decided_at": _utc(row["happened_at"])}
    return change


def _append(
    connection: Any,
    row: dict[str, Any],
    status: dict[str, Any],
    state: str,
    code: str | None,
    now: datetime,
) -> dict[str, Any]:
    """Chain an event to the log. Return what that changes in the number's row."""
    salt, content = secrets.token_hex(16), {"number": row["number"], "seq": row["seq"]}
    digest = hashlib.sha256(f"{salt}\n{_canonical(content)}".encode()).hexdigest()
    event = {
        **{name: row[name] for name in ("school_id", "answer", "source", "actor", "wording_id")},
        **{name: row[name] for name in ("language", "texting_number", "submission_id")},
        "number": status["number"],
        "seq": status["last_seq"] + 1,
        "state": state,
        "code": code,
        "message_id": None,  # it is the old form's
        "happened_at": _utc(row["happened_at"]),
        "recorded_at": now,
        "evidence_digest": digest,
        "prev_hash": status["last_hash"],
    }
    said = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in event.items()
        if value is not None
    }
    event["hash"] = hashlib.sha256(_canonical(said).encode()).hexdigest()
    connection.execute(EVENT.insert().values(event))
    key = {name: event[name] for name in ("school_id", "number", "seq")}
    connection.execute(EVIDENCE.insert().values(**key, salt=salt, content=content))
    return {"last_seq": event["seq"], "last_hash": event["hash"]}


def _canonical(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
