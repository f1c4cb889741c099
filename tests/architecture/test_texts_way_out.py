"""Every way of sending a text goes through the gate, checked on the source itself.

A transport takes nothing without a SendPermit; only the gate makes one; only the text sender
reaches a transport; nothing but the transports speaks to the provider.
"""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from portal.config import ROOT

PORTAL = ROOT / "portal"
GATE = PORTAL / "consent" / "gate.py"
TRANSPORTS = PORTAL / "delivery" / "transports"

HTTP = {"requests", "urllib3", "httpx", "aiohttp", "http", "urllib.request", "xmlrpc"}
MAIL_AND_FILES = {"smtplib", "imaplib", "poplib", "nntplib", "ftplib", "telnetlib"}
BARE = {"socket", "socketserver", "ssl", "asyncio", "ctypes"}
PROGRAMS = {"subprocess", "multiprocessing", "pty", "os.system", "os.popen", "os.fork"}
SPEAKERS = HTTP | MAIL_AND_FILES | BARE | PROGRAMS | {"twilio", "twilio.request_validator"}
"""By which a text could leave some other way, itself or by another program."""
MANY_NAMED = ("os.exec", "os.spawn", "os.posix_spawn")
MAY_SPEAK = {
    "views/webhooks.py": {"twilio.request_validator"},  # looks at what comes in
    "delivery/mail_worker.py": {"smtplib"},  # mail, and only mail
    "server.py": {"socket"},  # whether another server has the port
    "server_worker.py": {"socket"},  # what visitors are told before a thread has their request
    "delivery/smtp.py": {"smtplib", "ssl"},
    "supervisor.py": {"subprocess"},  # `make run`: the server and the workers
    "trial.py": {"socket"},  # whether the server can have its port
}
REMAKERS = {"dataclasses.replace", "copy.copy", "copy.deepcopy", "copy.replace"}
REMAKING = {"__new__", "__replace__", "__setattr__", "__setstate__", "__class__"}
HOLDS_A_PERMIT = {"SendPermit", "permit", "ClaimedMessage"}

Scan = Callable[[ast.Module], list[str]]


class Absolute(ast.NodeTransformer):
    """Relative imports, as if they were absolute ones."""

    def __init__(self, package: str) -> None:
        self.package = package.split(".")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        if node.level:
            base = self.package[: len(self.package) - node.level + 1]
            node.module = ".".join([*base, *filter(None, [node.module])])
            node.level = 0
        return node


def parsed(code: str, package: str) -> ast.Module:
    module = Absolute(package).visit(ast.parse(code))
    assert isinstance(module, ast.Module)
    return module


@cache
def tree(path: Path) -> ast.Module:
    return parsed(path.read_text(), ".".join(path.relative_to(ROOT).parent.parts))


def found_by(scan: Scan) -> dict[str, list[str]]:
    """The finds of a scan, by module, in all but the transports."""
    found = {
        path.relative_to(PORTAL).as_posix(): scan(tree(path))
        for path in sorted(PORTAL.rglob("*.py"))
        if TRANSPORTS not in path.parents
    }
    return {path: some for path, some in found.items() if some}


def calls(module: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(module) if isinstance(node, ast.Call))


@cache
def names(module: ast.AST) -> dict[str, str]:
    """The full name of each name in a module that is imported or is only another name."""
    known: dict[str, str] = {}
    nodes = list(ast.walk(module))
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            known |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
        elif isinstance(node, ast.Import):
            known |= {a.asname: a.name for a in node.names if a.asname}
    for node in [*nodes, *nodes]:  # twice: a name may be another's before that is known
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name | ast.Attribute):
            for target in node.targets:
                if isinstance(target, ast.Name) and (what := full(node.value, known)) != target.id:
                    known[target.id] = what
    return known


def full(node: ast.AST, known: dict[str, str]) -> str:
    """A name with dots, as far as it can be told what it stands for."""
    if isinstance(node, ast.Attribute):
        return f"{full(node.value, known)}.{node.attr}"
    if isinstance(node, ast.Call) and full(node.func, known) == "getattr" and len(node.args) > 1:
        told = node.args[1]
        return f"{full(node.args[0], known)}.{told.value if isinstance(told, ast.Constant) else ''}"
    return known.get(node.id, node.id) if isinstance(node, ast.Name) else ""


def last(name: str) -> str:
    return name.rpartition(".")[2]


def imported(module: ast.AST) -> Iterator[str]:
    """Every module that is imported, and each name out of it, also within functions."""
    known = names(module)
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Attribute):
            yield full(node, known)
        elif isinstance(node, ast.Call) and imports_by_call(node, known):
            yield from (str(a.value) for a in node.args if isinstance(a, ast.Constant))


def imports_by_call(call: ast.Call, known: dict[str, str]) -> bool:
    return last(full(call.func, known)) in {"import_module", "__import__"}


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def reaches_a_transport(module: ast.Module) -> list[str]:
    return [name for name in imported(module) if within(name, "portal.delivery.transports")]


def speaks_by_itself(module: ast.Module) -> list[str]:
    found = set()
    for name in imported(module):
        of = [package for package in SPEAKERS if within(name, package)]
        found |= {max(of, key=len)} if of else set()
        found |= {name} if name.startswith(MANY_NAMED) else set()
    return sorted(found)


def imports_what_cannot_be_seen(module: ast.Module) -> list[str]:
    known = names(module)
    return [
        ast.unparse(call)
        for call in calls(module)
        if full(call.func, known) in {"exec", "eval"}
        or (imports_by_call(call, known) and not isinstance(call.args[0], ast.Constant))
    ]


def makes_a_permit(module: ast.Module) -> list[str]:
    """Each place that makes a SendPermit, a kind of one, or another one out of it."""
    known = names(module)
    found = [
        f"{node.lineno}: class {node.name}"
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef)
        and any(last(full(base, known)) == "SendPermit" for base in node.bases)
    ]
    holds = holds_a_permit(module, known)
    for call in calls(module):
        name = full(call.func, known)
        of_its_type = isinstance(call.func, ast.Call) and full(call.func.func, known) == "type"
        remade = name in REMAKERS or last(name) in REMAKING or of_its_type
        if last(name) == "SendPermit" or (remade and holds):
            found.append(f"{call.lineno}: {ast.unparse(call)}")
    return found


def holds_a_permit(module: ast.Module, known: dict[str, str]) -> bool:
    """True if a SendPermit can come by: by its name, in a text in hand, or fresh from the gate."""
    mentioned = {*known.values(), *(full(node, known) for node in ast.walk(module))}
    return any(
        last(name) in HOLDS_A_PERMIT or name.endswith("gate.authorize") for name in mentioned
    )


def asks_for_a_transport(module: ast.Module) -> list[str]:
    """By `transport_of` of another module. Email has its own, which only the mail worker uses."""
    known = names(module)
    told = {*imported(module), *(full(call, known) for call in calls(module))}
    return sorted(n for n in told if n.endswith(".transport_of"))


def sends(module: ast.Module) -> list[str]:
    """Each use of a `send`, called or kept, that is not one of the services."""
    known = names(module)
    return [
        ast.unparse(node)
        for node in ast.walk(module)
        if (name := full(node, known)).endswith(".send") and not within(name, "portal.services")
    ]


def test_only_the_text_sender_reaches_a_transport() -> None:
    assert set(found_by(reaches_a_transport)) == {"delivery/text_sender.py"}


def test_only_the_text_sender_and_its_worker_ask_for_a_transport() -> None:
    assert set(found_by(asks_for_a_transport)) == {"delivery/text_worker.py"}


def test_only_the_text_sender_sends_where_it_carries_a_text_and_with_its_permit_alone() -> None:
    assert found_by(sends) == {
        "delivery/text_sender.py": ["transport.send"],
        "server_worker.py": ["conn.sock.send"],  # to a visitor's browser
    }
    [send_claimed] = [
        f
        for f in ast.walk(tree(PORTAL / "delivery" / "text_sender.py"))
        if _is_function(f, "send_claimed")
    ]
    sent = [
        ast.unparse(call) for call in calls(send_claimed) if last(full(call.func, {})) == "send"
    ]
    assert sent == ["transport.send(claimed.permit, claimed)"]


def test_nothing_but_the_transports_speaks_to_the_provider() -> None:
    assert {path: set(by) for path, by in found_by(speaks_by_itself).items()} == MAY_SPEAK


def test_nothing_is_imported_or_run_that_cannot_be_seen_here_but_the_pages_of_staff() -> None:
    assert set(found_by(imports_what_cannot_be_seen)) == {"views/staff/__init__.py"}


def test_only_the_gate_makes_a_permit() -> None:
    assert set(found_by(makes_a_permit)) == {"consent/gate.py"}
    assert [path for path in TRANSPORTS.glob("*.py") if makes_a_permit(tree(path))] == []


def test_the_gate_makes_a_permit_in_one_place_where_it_found_no_fault() -> None:
    [made] = makes_a_permit(tree(GATE))
    [authorize] = [f for f in ast.walk(tree(GATE)) if _is_function(f, "authorize")]
    assert isinstance(authorize, ast.FunctionDef)
    assert made.split(": ", 1)[1] in ast.unparse(authorize.body[-1])
    assert ast.unparse(authorize.body[-1]).startswith("return fault or SendPermit(")


def test_every_transport_checks_the_permit_before_anything_else() -> None:
    found = {}
    for path in sorted(TRANSPORTS.glob("*.py")):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ClassDef) and node.name != "Transport":
                for method in node.body:
                    if isinstance(method, ast.FunctionDef) and method.name == "send":
                        found[path.name] = ast.unparse(method.body[0])
    assert found == {"outbox.py": "check(permit, text)", "twilio.py": "check(permit, text)"}


def _is_function(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name == name


@pytest.mark.parametrize(
    ("scan", "code"),
    [
        (reaches_a_transport, "from portal.delivery.transports.twilio import Twilio"),
        (reaches_a_transport, "def f():\n    import portal.delivery.transports"),
        (reaches_a_transport, "from portal.delivery import transports"),
        (reaches_a_transport, "from ..delivery.transports.twilio import Twilio"),
        (reaches_a_transport, "from ..delivery import transports as t"),
        (reaches_a_transport, "import portal as p\np.delivery.transports.twilio.Twilio(s)"),
        (reaches_a_transport, "importlib.import_module('portal.delivery.transports.twilio')"),
        (imports_what_cannot_be_seen, "from importlib import import_module as i\ni('por' + 'tal')"),
        (imports_what_cannot_be_seen, "exec(code)"),
        (speaks_by_itself, "from twilio.rest import Client"),
        (speaks_by_itself, "import twilio"),
        (speaks_by_itself, "from twilio.request_validator import RequestValidator"),
        (speaks_by_itself, "import requests"),
        (speaks_by_itself, "from urllib.request import urlopen"),
        (speaks_by_itself, "from urllib import request as r"),
        (speaks_by_itself, "import http.client"),
        (speaks_by_itself, "import socket as s"),
        (speaks_by_itself, "from subprocess import run"),
        (speaks_by_itself, "import smtplib, ftplib"),
        (speaks_by_itself, "import telnetlib"),
        (speaks_by_itself, "import os as o\no.system('curl')"),
        (speaks_by_itself, "from os import execv"),
        (makes_a_permit, "gate.SendPermit(1, number, 0)"),
        (makes_a_permit, "from portal.consent.gate import SendPermit as P\nP(1, number, 0)"),
        (
            makes_a_permit,
            "from ..consent import gate as g\nmake = g.SendPermit\nmake(1, number, 0)",
        ),
        (
            makes_a_permit,
            "from portal.consent import gate\ngetattr(gate, 'SendPermit')(1, number, 0)",
        ),
        (makes_a_permit, "class Mine(gate.SendPermit): ..."),
        (makes_a_permit, "type(claimed.permit)(1, number, 0)"),
        (makes_a_permit, "claimed.permit.__class__(1, number, 0)"),
        (makes_a_permit, "import dataclasses\ndataclasses.replace(claimed.permit, number=other)"),
        (
            makes_a_permit,
            "from dataclasses import replace as r\np = claimed.permit\nr(p, number=other)",
        ),
        (makes_a_permit, "from copy import copy\ndef f(p: gate.SendPermit): return copy(p)"),
        (
            makes_a_permit,
            "from dataclasses import replace\nreplace(gate.authorize(1, a), number=b)",
        ),
        (makes_a_permit, "object.__new__(SendPermit)"),
        (makes_a_permit, "object.__setattr__(claimed.permit, 'number', other)"),
        (
            asks_for_a_transport,
            "from portal.delivery import text_sender\ntext_sender.transport_of(s).send(p, t)",
        ),
        (asks_for_a_transport, "from ..delivery.text_sender import transport_of as of"),
        (asks_for_a_transport, "getattr(text_sender, 'transport_of')"),
        (sends, "text_sender.transport_of(s).send(p, t)"),
        (sends, "from portal.delivery import text_sender\ntext_sender.transport_of(s).send(p, t)"),
        (sends, "kept = self.transport.send"),
        (sends, "getattr(transport, 'send')(p, t)"),
    ],
)
def test_a_way_around_the_gate_would_be_found(scan: Scan, code: str) -> None:
    assert scan(parsed(code, "portal.services"))
