"""docs/interface.md names everything that others may rely on, and nothing that isn't there; and
every link between the pages of the documentation leads somewhere."""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import click
import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from portal import create_app
from portal.config import ROOT
from portal.enums import (
    ConsentState,
    Grade,
    MessageFault,
    PhoneType,
    Refusal,
    Relationship,
    Source,
    StaffRole,
)
from portal.forms.contact import MOST_CHILDREN, MOST_PARENTS, ContactForm, SchoolFacts
from portal.queries.search.catalogue import FIELDS
from portal.queries.search.fields import Operator
from tests.support.databases import settings

PAGE = (ROOT / "docs" / "interface.md").read_text()
NOT_OURS = {"db"}
"""Groups of commands that a library brings."""
OF_THE_SERVER = {"PORT", "WEB_CONCURRENCY"}
"""Settings without our prefix."""
WRITTEN = [
    page
    for page in ROOT.rglob("*.md")
    if not {".venv", ".git", "build", "node_modules"} & set(page.relative_to(ROOT).parts)
    and not page.name.startswith("NOTES")
]

Command = tuple[str, click.Command]


def section(title: str) -> str:
    """The text under a heading, up to the next heading of its level."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert found, f"docs/interface.md has no section {title!r}"
    return found[1]


def in_code(text: str) -> list[str]:
    """All inline code."""
    return re.findall(r"`([^`\n]+)`", text)


def rows(text: str) -> Iterator[list[str]]:
    """The cells of each row of a table that begins with code."""
    for line in text.splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


NOW = PAGE.replace(section("Changed since"), "")
"""The page without what it says of former days."""


@pytest.fixture(scope="module")
def app() -> Flask:
    """An app that needs no database: routes and commands are the same everywhere."""
    return create_app(settings("sqlite:////nowhere/at/all"))


def blank(address: str) -> str:
    """An address with every placeholder written the same: `/{school}/staff` is `/{}/staff`."""
    return re.sub(r"<[^>]*>|\{[^}]*\}", "{}", address)


def methods_by_address(app: Flask) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        mine = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        found.setdefault(blank(rule.rule), set()).update(mine)
    return found


def commands(app: Flask) -> list[Command]:
    found: list[Command] = []
    for name, group in app.cli.commands.items():
        if name not in NOT_OURS:
            assert isinstance(group, click.Group)
            found += [(f"{name} {command}", made) for command, made in group.commands.items()]
    return found


def usages() -> dict[str, str]:
    """The usage line of each command, by its name."""
    lines = [in_code(row[0])[0] for row in rows(section("Commands"))]
    return {" ".join(line.split()[:2]): line for line in lines}


def words_of(command: click.Command) -> set[str]:
    """A command's options and arguments, as its usage names them."""
    return {
        parameter.opts[0] if isinstance(parameter, click.Option) else (parameter.name or "").upper()
        for parameter in command.params
    }


def test_every_address_is_named_with_its_methods(app: Flask) -> None:
    named = {blank(in_code(row[0])[0]): set(row[1].split()) for row in rows(section("Addresses"))}
    assert named == methods_by_address(app)


def test_no_address_is_named_that_does_not_exist(app: Flask) -> None:
    there = set(methods_by_address(app)) | {"/demo"}
    named = {blank(code.partition("?")[0]) for code in in_code(NOW) if code.startswith("/")}
    assert named - there == set()


def test_every_command_is_named_and_no_other(app: Flask) -> None:
    assert set(usages()) == {name for name, _ in commands(app)}


def test_every_command_is_named_with_its_arguments_and_options(app: Flask) -> None:
    for name, command in commands(app):
        usage = usages()[name]
        arguments = re.sub(r"\[?--.*", "", usage).split()[2:]
        options = re.findall(r"--[a-z-]+", usage)
        assert {*arguments, *options} == words_of(command), name


def test_an_option_that_may_be_left_out_is_in_brackets(app: Flask) -> None:
    for name, command in commands(app):
        in_brackets = set(re.findall(r"\[(--[a-z-]+)", usages()[name]))
        optional = {
            o.opts[0] for o in command.params if isinstance(o, click.Option) and not o.required
        }
        assert in_brackets == optional, name


def test_the_choices_of_an_option_are_named(app: Flask) -> None:
    for name, command in commands(app):
        for option in command.params:
            if isinstance(option.type, click.Choice):
                assert f"{option.opts[0]} {'/'.join(option.type.choices)}" in usages()[name], name


def test_no_option_is_named_that_does_not_exist(app: Flask) -> None:
    there = set().union(*(words_of(command) for _, command in commands(app))) | {"--help", "--app"}
    assert set(re.findall(r"--[a-z][a-z-]+", NOW)) - there == set()


def test_every_make_target_is_named_and_no_other() -> None:
    makefile = (ROOT / "Makefile").read_text()
    there = {f"make {name}" for name in re.findall(r"^([a-z]+):.*##", makefile, re.MULTILINE)}
    assert {in_code(row[0])[0] for row in rows(section("Make"))} == there
    assert {code for code in in_code(NOW) if code.startswith("make ")} - there == set()


def test_every_setting_is_named_and_no_other() -> None:
    code = "".join(file.read_text() for file in sorted((ROOT / "portal").rglob("*.py")))
    there = set(re.findall(r"PORTAL_[A-Z_]*[A-Z]", code)) | OF_THE_SERVER
    named = [name for row in rows(section("Settings")) for name in in_code(row[0])]
    assert sorted(named) == sorted(there)
    readme = (ROOT / "README.md").read_text()
    assert set(re.findall(r"PORTAL_[A-Z_]*[A-Z]", PAGE + readme)) - there == set()


def test_every_field_of_the_contact_form_is_named() -> None:
    form = ContactForm(MultiDict(), SchoolFacts("Oakwood School", "US", texting_on=True))
    names = set(_names(form.blank_child(1))) | set(_names(form.blank_parent(1)))
    one_slot = {n for n in names if "secondary_phone" not in n and "other_phone" not in n}
    named = {code for code in in_code(section("The contact form")) if "1-" in code}
    assert named - {f"child{MOST_CHILDREN}-", f"parent{MOST_PARENTS}-"} == one_slot
    assert len(one_slot) + 2 * len([n for n in one_slot if "primary_phone" in n]) == len(names)


def _names(block: Any) -> Iterator[str]:
    for field in block:
        if hasattr(field, "form"):
            yield from _names(field.form)
        else:
            yield field.name


@pytest.mark.parametrize(
    ("title", "codes"),
    [
        ("The contact form", PhoneType),
        ("The contact form", Relationship),
        ("What a page shows", ConsentState),
    ],
)
def test_every_code_is_named(title: str, codes: type[StrEnum]) -> None:
    assert {code.value for code in codes} - set(in_code(section(title))) == set()


@pytest.mark.parametrize("codes", [Source, Refusal, MessageFault, StaffRole])
def test_no_code_is_named_that_does_not_exist(codes: type[StrEnum]) -> None:
    """Each row has the codes of one kind, and all of them."""
    named = [in_code(line) for line in section("Codes").splitlines()]
    values = [code.value for code in codes]
    assert values in [row[-len(values) :] for row in named if len(row) <= len(values) + 1]


def test_the_grades_are_named() -> None:
    named = in_code(section("The contact form"))
    assert [c for c in named if c in set(Grade)] == [Grade.PK, Grade.KG, Grade.G1, Grade.G12]


def test_every_search_field_and_operator_is_named_and_no_other() -> None:
    fields, operators = (
        in_code(line)
        for line in section("The search").splitlines()
        if line.startswith("| f") or line.startswith("| o")
    )
    assert sorted(fields) == sorted(field.key for field in FIELDS)
    assert operators == [operator.value for operator in Operator]


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    broken = []
    for link in _links(page.read_text()):
        path, _, anchor = link.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in _anchors(there.read_text())):
            broken.append(link)
    assert broken == []


def _links(text: str) -> list[str]:
    """The relative links of a page, and its pictures."""
    text = re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.DOTALL | re.MULTILINE)
    found = re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", text)
    links = [first or second for first, second in found]
    return [link for link in links if not re.match(r"[a-z]+:", link)]


def _anchors(text: str) -> set[str]:
    """The anchors that links give the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}
