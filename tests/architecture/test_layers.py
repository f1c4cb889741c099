"""The map of docs/architecture.md, checked on the source itself."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from portal import models
from portal.config import ROOT

PORTAL = ROOT / "portal"
LEDGERS = {PORTAL / "consent" / name for name in ("ledger.py", "ledger_bulk.py", "pauses.py")}
LEDGER = PORTAL / "consent" / "ledger.py"
CONSENT_MODELS = {"ConsentEvent", "ConsentEvidence", "ConsentPause", "ConsentStatus", "Wording"}
CONSENT_TABLES = {vars(models)[name].__tablename__ for name in CONSENT_MODELS}
CONSENT_COLUMNS = {
    "state",
    "decided_by",
    "decided_at",
    "blocked_at",
    "last_seq",
    "last_hash",
    "prev_hash",
    "evidence_digest",
    "paused",
}
WRITING_CALLS = {
    "insert",
    "insert_for",
    "insert_missing",
    "insert_new",
    "insert_rows",
    "update",
    "delete",
    "bulk_insert_mappings",
    "bulk_update_mappings",
}
COMMITS = {"commit", "begin", "begin_nested", "writing"}


def test_each_layer_imports_only_what_lies_below_it() -> None:
    run = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:]


def _sources(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def makes_phones_or_roles(tree: ast.Module) -> bool:
    """True if the code makes a row of phones or roles, or takes a role away."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        called = getattr(call.func, "id", getattr(call.func, "attr", ""))
        of = {arg.id for arg in call.args if isinstance(arg, ast.Name)}
        if called in {"Phone", "ContactRoleAssignment"}:
            return True
        inserts = called == "_add" or called.startswith("insert")
        if inserts and of & {"Phone", "ContactRoleAssignment"}:
            return True
        if called == "delete" and "ContactRoleAssignment" in of:
            return True
    return False


def test_phones_and_roles_are_made_where_the_mark_of_a_parents_phone_is_kept() -> None:
    """Phone.of_parent: a search believes it."""
    found = {path.name for path in _sources(PORTAL) if makes_phones_or_roles(_tree(path))}
    assert found == {"contacts.py", "phones.py", "bulk.py"}
    elsewhere = "db.session.add(ContactRoleAssignment(school_id=1, contact_id=2, role='parent'))"
    assert makes_phones_or_roles(ast.parse(elsewhere))


def consent_writes(tree: ast.Module) -> Iterator[str]:
    """Each place that makes, changes or deletes a row of a consent table, as `line: what`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _writing_call(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _writing_sql(node, node.value)
    yield from _changed_rows(tree)


def _writing_call(call: ast.Call) -> Iterator[str]:
    name = _last_name(call.func)
    if name in CONSENT_MODELS:
        yield f"{call.lineno}: makes a {name}"
    if name in WRITING_CALLS or name.endswith("insert"):
        for argument in call.args:
            if _last_name(argument) in CONSENT_MODELS or (
                _last_name(argument) == "__table__"
                and isinstance(argument, ast.Attribute)
                and _last_name(argument.value) in CONSENT_MODELS
            ):
                yield f"{call.lineno}: {name} of {ast.unparse(argument)}"


def _writing_sql(node: ast.Constant, text: str) -> Iterator[str]:
    words = text.lower().replace('"', " ").split()
    for verb, table in zip(words, words[2:], strict=False):
        if verb in {"insert", "delete"} and table in CONSENT_TABLES:
            yield f"{node.lineno}: SQL on {table}"
    for verb, table in pairwise(words):
        if verb == "update" and table in CONSENT_TABLES:
            yield f"{node.lineno}: SQL on {table}"


def _changed_rows(tree: ast.Module) -> Iterator[str]:
    """Assignments to a consent column of a row, in a module that handles consent's models."""
    handled = {_last_name(node) for node in ast.walk(tree)} & CONSENT_MODELS
    if not handled:
        return
    for node in ast.walk(tree):
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AugAssign | ast.AnnAssign)
            else []
        )
        for target in targets:
            if isinstance(target, ast.Attribute) and target.attr in CONSENT_COLUMNS:
                yield f"{node.lineno}: assigns {ast.unparse(target)}"
        if isinstance(node, ast.Call) and _last_name(node.func) == "setattr":
            yield f"{node.lineno}: {ast.unparse(node)}"


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def test_only_the_ledger_writes_consent() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {what.partition(': ')[2]}"
        for path in _sources(PORTAL)
        if path not in LEDGERS
        for what in consent_writes(_tree(path))
    }
    # A repair of a derived column that says how an opt-in came about, and not if there is one.
    assert found == {"portal/database/derived_columns.py: SQL on consent_status"}
    repair = (PORTAL / "database/derived_columns.py").read_text()
    assert re.findall(r"UPDATE consent_\w+ SET (\w+)", repair) == ["strength"]


def test_the_ledger_is_seen_to_write_consent() -> None:
    """The scan above would find a write, were there one: it finds the ledger's."""
    found = " ".join(consent_writes(_tree(LEDGER)))
    assert "makes a ConsentEvent" in found
    assert "insert_new of ConsentStatus" in found
    assert "assigns status.state" in found


@pytest.mark.parametrize(
    "code",
    [
        "db.session.add(models.ConsentEvent(number=n))",
        "db.session.execute(update(ConsentStatus).values(state='opted_in'))",
        "db.session.execute(sqlite.insert(models.ConsentStatus))",
        "db.session.execute(delete(ConsentEvidence.__table__))",
        "insert_rows(ConsentEvent, *rows)",
        "row = session.get(ConsentStatus, key)\nrow.paused = None",
        "row: ConsentStatus = find()\nrow.state = 'opted_in'",
        "row = session.get(ConsentStatus, key)\nrow.last_seq += 1",
        "row = session.get(ConsentStatus, key)\nsetattr(row, name, value)",
        "connection.execute(text('UPDATE consent_status SET state = 1'))",
        "connection.execute(text('insert into consent_event values (1)'))",
    ],
)
def test_a_write_around_the_ledger_is_found(code: str) -> None:
    assert list(consent_writes(ast.parse(code)))


def test_reading_consent_is_no_write() -> None:
    code = "rows = session.execute(select(ConsentStatus.state).join(ConsentEvent))\nx.name = 'a'"
    assert not list(consent_writes(ast.parse(code)))


@pytest.mark.parametrize("folder", ["services", "queries", "consent", "forms", "models"])
def test_only_views_and_commands_decide_when_to_commit(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"
        for path in _sources(PORTAL / folder)
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call) and _last_name(node.func) in COMMITS
    ]
    assert not found


@pytest.mark.parametrize("folder", ["services", "queries", "consent", "models"])
def test_services_and_queries_never_see_the_request(folder: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"
        for path in _sources(PORTAL / folder)
        for node in ast.walk(_tree(path))
        if (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "flask")
        or (isinstance(node, ast.Import) and any(a.name == "flask" for a in node.names))
    ]
    assert not found


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize(("side", "other"), [("parent", "staff"), ("staff", "parent")])
def test_the_two_sides_never_import_each_other(side: str, other: str) -> None:
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in _sources(PORTAL / "views" / side)
        for name in _imports(path)
        if name.startswith(f"portal.views.{other}")
    ]
    assert not found
