"""Every way of sending a text goes through the gate, checked on the source itself.

A transport takes nothing without a Pass; only the gate makes one; only the texter reaches a
transport; nothing but the transports speaks to the provider.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.config import ROOT

PORTAL = ROOT / "portal"
GATE = PORTAL / "consent" / "gate.py"
TEXTER = PORTAL / "texter.py"
TRANSPORTS = PORTAL / "transports"
SPEAKS_TO_THE_PROVIDER = {"requests", "urllib3", "httpx", "aiohttp", "http", "urllib.request"}
"""Libraries by which a text could leave some other way; `twilio` itself is looked at apart."""
SIGNATURES = PORTAL / "signatures.py"
"""Takes from twilio what checks the signature of what comes in."""


def sources() -> list[Path]:
    return sorted(PORTAL.rglob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def imported(module: ast.AST) -> Iterator[str]:
    """Every module that is imported, and each name out of it, also within functions."""
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Call) and _name(node.func) in {"import_module", "__import__"}:
            yield from (str(a.value) for a in node.args if isinstance(a, ast.Constant))


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def reaches_a_transport(module: ast.AST) -> list[str]:
    return [name for name in imported(module) if within(name, "portal.transports")]


def speaks_by_itself(module: ast.AST) -> list[str]:
    return [
        name
        for name in imported(module)
        if any(within(name, package) for package in SPEAKS_TO_THE_PROVIDER | {"twilio"})
        and name != "twilio.request_validator"
        and not name.startswith("twilio.request_validator.")
    ]


def makes_a_pass(module: ast.AST) -> list[str]:
    """Where the code makes a Pass, or another one out of it."""
    found = []
    for node in ast.walk(module):
        if not isinstance(node, ast.Call):
            continue
        if _name(node.func) == "Pass":
            found.append(f"{node.lineno}: {ast.unparse(node)}")
        remade = _name(node.func) in {"replace", "__new__", "copy", "deepcopy"}
        if remade and any(_name(argument) in {"passed", "Pass"} for argument in node.args):
            found.append(f"{node.lineno}: {ast.unparse(node)}")
    return found


def test_only_the_texter_reaches_a_transport() -> None:
    found = {
        path.relative_to(PORTAL).as_posix()
        for path in sources()
        if TRANSPORTS not in path.parents and reaches_a_transport(tree(path))
    }
    assert found == {"texter.py"}


def test_only_the_transports_speak_to_the_provider() -> None:
    found = {
        path.relative_to(PORTAL).as_posix()
        for path in sources()
        if TRANSPORTS not in path.parents and speaks_by_itself(tree(path))
    }
    assert found == set()


def test_only_the_gate_makes_a_pass() -> None:
    found = {p.relative_to(PORTAL).as_posix() for p in sources() if makes_a_pass(tree(p))}
    assert found == {"consent/gate.py"}


def test_the_gate_makes_a_pass_in_one_place_where_it_found_no_fault() -> None:
    [made] = makes_a_pass(tree(GATE))
    [ask] = [
        node
        for node in ast.walk(tree(GATE))
        if isinstance(node, ast.FunctionDef) and node.name == "ask"
    ]
    assert made.split(": ", 1)[1] in ast.unparse(ask.body[-1])
    assert ast.unparse(ask.body[-1]).startswith("return fault or Pass(")


def test_the_texter_hands_a_transport_what_came_with_a_pass_alone() -> None:
    sends = [
        node
        for node in ast.walk(tree(TEXTER))
        if isinstance(node, ast.Call) and _name(node.func) == "send"
    ]
    assert [ast.unparse(node) for node in sends] == ["transport.send(hand.passed, hand)"]


def test_every_transport_checks_the_pass_before_anything_else() -> None:
    found = {}
    for path in sorted(TRANSPORTS.glob("*.py")):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef) and node.name != "Transport":
                for method in node.body:
                    if isinstance(method, ast.FunctionDef) and method.name == "send":
                        found[path.name] = ast.unparse(method.body[0])
    assert found == {"outbox.py": "check(passed, text)", "twilio.py": "check(passed, text)"}


@pytest.mark.parametrize(
    ("scan", "code"),
    [
        (reaches_a_transport, "from portal.transports.twilio import Twilio"),
        (reaches_a_transport, "def f():\n    import portal.transports"),
        (reaches_a_transport, "from portal import transports"),
        (reaches_a_transport, "importlib.import_module('portal.transports.twilio')"),
        (speaks_by_itself, "from twilio.rest import Client"),
        (speaks_by_itself, "import twilio"),
        (speaks_by_itself, "import requests"),
        (speaks_by_itself, "from urllib.request import urlopen"),
        (speaks_by_itself, "import http.client"),
        (makes_a_pass, "gate.Pass(1, number, 0)"),
        (makes_a_pass, "dataclasses.replace(hand.passed, number=other)"),
        (makes_a_pass, "object.__new__(Pass)"),
    ],
)
def test_a_way_around_the_gate_would_be_found(scan: object, code: str) -> None:
    assert callable(scan)
    assert scan(ast.parse(code))
