"""Find a text in the portal as it is now, however the code or the page puts it together."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path

from portal.config import ROOT
from tests.voice import voice

HOLE = re.compile(
    r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|</?[a-z][^<>]*>|\{[^{}\n]*\}|%\([a-z_]+\)[sd]|%[sd]"
    r"|…|\[link\]|\bn\b",
    re.DOTALL,
)
"""A tag, code, or a placeholder: the words around it are looked for in their order."""


def is_current(text: str) -> bool:
    """True if one file has all the words of the text in their order; of `one / many`, both."""
    return all(
        any(_has(file, list(_pieces(part))) for file in _files()) for part in text.split(" / ")
    )


def _pieces(text: str) -> Iterator[str]:
    return filter(None, map(_words, HOLE.split(text)))


def _has(file: str, pieces: list[str]) -> bool:
    at = 0
    for piece in pieces:
        at = file.find(f" {piece} ", at)
        if at < 0:
            return False
        at += len(piece) + 1
    return True


def _words(text: str) -> str:
    plain = unescape(text).replace("’", "'").replace("\\n", "\n").replace("'", "").lower()
    return " ".join(re.findall(r"\w+", plain))


@cache
def _files() -> tuple[str, ...]:
    """The words of every file with text in it, and of every translation."""
    pages = [path.read_text() for path in _paths("templates", "html")]
    others = [*_paths("static", "js"), *_paths("docs", "md"), *ROOT.glob("*.md")]
    texts = [
        *(HOLE.sub(" ", page) for page in pages),
        *pages,
        *(path.read_text() for path in [*others, ROOT / "Makefile"]),
        *(
            " ".join(_strings(path))
            for path in [*_paths("portal", "py"), *_paths("migrations", "py")]
        ),
        *(translated for _, translated in voice.catalogue()),
    ]
    return tuple(f" {_words(text)} " for text in texts)


def _paths(folder: str, kind: str) -> list[Path]:
    return sorted((ROOT / folder).rglob(f"*.{kind}"))


def _strings(module: Path) -> Iterator[str]:
    """The strings of a module, put together, without their placeholders."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.JoinedStr):
            yield "".join(p.value if isinstance(p, ast.Constant) else " " for p in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield HOLE.sub(" ", node.value)
