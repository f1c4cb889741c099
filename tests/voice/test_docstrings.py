"""Docstrings start with a verb, or with a noun that is the thing: never with a clause."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.config import ROOT

CLAUSE = re.compile(
    r"(?:How|That|What(?:ever)?|When(?:ever)?|Where|Whether|Which|Who(?:ever|m|se)?|Why)\b"
)


def docstrings(source: str) -> Iterator[tuple[int, str]]:
    """The line and the text of every docstring, with those of attributes and constants."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text)), lineno=line):
                yield line, text


def modules() -> list[Path]:
    return sorted(m for folder in ("portal", "tests") for m in (ROOT / folder).rglob("*.py"))


def test_no_docstring_starts_with_a_clause() -> None:
    found = [
        f"{module.relative_to(ROOT)}:{line}: {text.splitlines()[0]}"
        for module in modules()
        for line, text in docstrings(module.read_text())
        if CLAUSE.match(text)
    ]
    assert found == []


@pytest.mark.parametrize("text", ["Whether it is so.", "What came of it.", "Whoever did it."])
def test_a_docstring_that_starts_with_a_clause_is_found(text: str) -> None:
    assert [t for _, t in docstrings(f'x = 1\n"""{text}"""\n') if CLAUSE.match(t)] == [text]
