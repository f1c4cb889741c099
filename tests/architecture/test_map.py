"""docs/architecture.md names only modules, folders, and functions that exist."""

import ast
import re

import pytest

from portal.config import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text()
TOP = ("portal/", "templates/", "tests/")
NAMED = sorted({code for code in re.findall(r"`([^`\n]+)`", PAGE) if code.startswith(TOP)})
CODES = re.findall(r"`([A-Z][A-Za-z]+)` in `(portal/[a-z_/]+\.py)`", PAGE)


def defined(path: str) -> set[str]:
    """The functions and classes at the top of a module."""
    tree = ast.parse((ROOT / path).read_text())
    return {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}


def test_it_names_many() -> None:
    assert len(NAMED) > 60
    assert len([named for named in NAMED if ":" in named]) > 20
    assert len(CODES) == 3


@pytest.mark.parametrize("named", NAMED)
def test_a_module_or_function_on_the_map_exists(named: str) -> None:
    path, _, function = named.partition(":")
    assert (ROOT / path).exists()
    if function:
        assert function in defined(path)


@pytest.mark.parametrize(("name", "path"), CODES)
def test_a_kind_of_code_on_the_map_exists(name: str, path: str) -> None:
    assert name in defined(path)


def test_each_folder_of_the_portal_is_on_the_map() -> None:
    folders = {
        f"portal/{p.name}/" for p in (ROOT / "portal").iterdir() if (p / "__init__.py").exists()
    }
    assert folders - set(NAMED) == set()
