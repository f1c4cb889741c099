"""The words and patterns that the portal avoids, and every string that a person may read."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import click
from babel.messages.pofile import read_po

from portal.config import ROOT

CATALOGUE = ROOT / "portal" / "translations" / "es" / "LC_MESSAGES" / "messages.po"
READ_ALOUD = {"alt", "aria-label", "content", "label", "placeholder", "summary", "title"}
IN_A_LINE = {"a", "abbr", "b", "bdi", "br", "code", "em", "i", "span", "strong", "time"}
NOT_WORDS = (
    "consent/reactions.py",
    "demo/names.py",
    "demo/plan.py",
    "wishes/english.py",
    "wishes/lookalikes.py",
    "wishes/parts.py",
    "wishes/reading.py",
    "wishes/spanish.py",
    "wishes/words.py",
    "wishes/wrong_number.py",
)
"""Modules that hold data, not text."""


@dataclass(frozen=True, slots=True)
class Read:
    """A string that somebody may read."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Avoid:
    """A pattern that no string has, and its replacement."""

    pattern: re.Pattern[str]
    use: str
    only: str = ""
    """The folder where it is avoided. Empty: everywhere."""


def _avoid(pattern: str, use: str, only: str = "") -> Avoid:
    return Avoid(re.compile(pattern, re.IGNORECASE), use, only)


def _exactly(pattern: str, use: str) -> Avoid:
    return Avoid(re.compile(pattern), use)


AVOID = [
    _avoid(r"(?<![\w-])mails?\b(?!box)", "email"),
    _exactly(r"\bSMS\b", "text"),
    _avoid(r"(?<!text )\bmessages?\b(?! and data rates)", "text"),
    _exactly(
        r"\b(?:[Aa]|[Aa]ny|[Nn]o|[Oo]f|[Tt]he|[Tt]heir|[Tt]his|[Yy]our) Cells?\b", "cell phone"
    ),
    _avoid(r"\bhandsets?\b", "phone, demo phone"),
    _avoid(
        r"\b(?:an?|any|each|every|its|no|that|their|this|your) (?:yes|no)\b(?!-)",
        "said yes, said no",
    ),
    _avoid(r"\b(?:noes|yeses)\b", "no answers, said no"),
    _avoid(r"\b(?:never|not) asked\b", "no answer yet"),
    _avoid(r"\bstands?\b", "is, you'll see it here"),
    _avoid(r"\bcounts?\b(?! as)", "takes effect"),
    _avoid(r"\blook-?ups?\b|\blook \w+ \w+ up\b", "find a family"),
    _avoid(r"\bfill(?:s|ed|ing)?(?: \w+){0,2} in\b", "fill out"),
    _exactly(r"(?:^|\. )Give\b", "Enter, Use, Send"),
    _avoid(r"\bsign[- ]in for staff\b", "staff sign-in"),
    _avoid(r"\bat once\b", "right away, at the same time"),
    _avoid(r"\bjust now\b", "right now"),
    _avoid(r"\bany more\b", "no longer"),
    _avoid(r"\bprovider\b", "texting service", only="staff/"),
    _avoid(r"\btrial\b", "demo"),
    _avoid(r"\bmade[- ]up\b", "sample"),
    _avoid(r"\bplay(?:s|ed|ing)?\b", "act as, open"),
    _avoid(r"\b(?:administrators?|looks? after|looked after)\b", "your school's tech support"),
    _avoid(r"\bwho(?:ever|m|mever)\b", "anyone who, the person who"),
    _avoid(r"\bsuch\b(?! as)", "like that"),
    _avoid(r"\bso that\b", "so"),
    _avoid(r"\b(?:used up|too old|open for too long|for ever|stale)\b", "expired"),
    _avoid(r"\b(?:take|takes|taken|taking|took)(?: \w+){0,3} (?:out|off)\b", "remove"),
    _avoid(r"\b(?:afresh|anew)\b", "again"),
    _avoid(r"\bbegin(?:s|ning)?\b", "start"),
    _avoid(r"\b(?:towards|whilst|cancelled|colour|behaviour)\b", "American spelling"),
]
"""The "avoid" columns of the voice guide."""
QUESTION_WORD = re.compile(r"(?:who|whose|what|whatever|whoever|whom|whomever)\b", re.IGNORECASE)
SPANISH = [
    _avoid(r"\bentr(?:ar|ó|a|e para)\b(?! en vigor)", "iniciar sesión"),
    _avoid(r"\bsal(?:ir|ga)\b", "cerrar sesión"),
    _avoid(r"\bsirven?\b(?! para)", "vence"),
    _avoid(r"\bapoderad[oa]s?\b", "tutor legal"),
]


def faults(read: Read) -> list[str]:
    """Name every fault of a string."""
    text = re.sub(r"`[^`]*`|PORTAL_[A-Z_]+|\bflask (?:--app wsgi )?[a-z-]+ [a-z]+", "X", read.text)
    found = [
        f"“{match[0].strip()}” (use: {avoid.use})"
        for avoid in AVOID
        if avoid.only in read.file and (match := avoid.pattern.search(text))
    ]
    for sentence in re.findall(r"[^.!?:;]+[.!?:;]?", text):
        if QUESTION_WORD.match(sentence.strip(" “\"'(")) and not sentence.endswith("?"):
            found.append(f"“{sentence.strip()}” (no sentence starts so, unless it asks)")
    if re.match(r"[A-Z¿“].*\w; \w", text, re.DOTALL):
        found.append("“;” (use: a period)")
    return found


def spanish_faults(text: str) -> list[str]:
    """Name every fault of a translation."""
    return [
        f"“{match[0]}” (use: {avoid.use})"
        for avoid in SPANISH
        if (match := avoid.pattern.search(text))
    ]


class _Page(HTMLParser):
    """Collects the text of a template, without its tags."""

    def __init__(self) -> None:
        super().__init__()
        self.found = [""]
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unread += tag in {"script", "style"}
        if tag not in IN_A_LINE:
            self.found.append("")
        read = [text or "" for name, text in attrs if name in READ_ALOUD]
        self.found[-1:-1] = [text for text in read if " " in text]

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in {"script", "style"}
        if tag not in IN_A_LINE:
            self.found.append("")

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.found[-1] += data


def of_template(source: str) -> Iterator[str]:
    """The texts of a template: outside of tags, in attributes, and in the strings of its code."""
    source = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    for code in re.findall(r"\{\{.*?\}\}|\{%.*?%\}", source, re.DOTALL):
        yield from (text for text in re.findall(r'"([^"]*)"', code) if _is_text(text))
    page = _Page()
    page.feed(re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "X", source, flags=re.DOTALL))
    page.close()
    yield from (" ".join(text.split()) for text in page.found if text.strip(" X\n"))


def of_module(source: str) -> Iterator[str]:
    """The texts of a module: its strings of several words, but for docstrings."""
    tree = ast.parse(source)
    alone = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
    inner = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node
    }
    for node in ast.walk(tree):
        if id(node) in alone or id(node) in inner:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        elif isinstance(node, ast.JoinedStr):
            text = "".join(p.value if isinstance(p, ast.Constant) else "X" for p in node.values)
        else:
            continue
        if _is_text(text):
            yield text


def of_commands(group: click.Group) -> Iterator[str]:
    """The help of commands, of their options, and of the commands below them."""
    for command in group.commands.values():
        yield from filter(None, (part.strip() for part in (command.help or "").split("\b")))
        yield from (p.help for p in command.params if isinstance(p, click.Option) and p.help)
        if isinstance(command, click.Group):
            yield from of_commands(command)


def _is_text(text: str) -> bool:
    """True for words: not for a class, an address, or a statement of SQL."""
    words = re.findall(r"[^\W\d_]{2,}", text)
    return len(words) > 1 and " " in text.strip() and not re.match(r"[A-Z]{4,} [A-Za-z(]", text)


def templates() -> Iterator[Read]:
    folder = ROOT / "templates"
    for file in sorted(folder.rglob("*.html")):
        yield from (Read(_name(file), text) for text in of_template(file.read_text()))


def modules() -> Iterator[Read]:
    for file in sorted((ROOT / "portal").rglob("*.py")):
        if not file.as_posix().endswith(NOT_WORDS):
            yield from (Read(_name(file), text) for text in of_module(file.read_text()))


def catalogue() -> Iterator[tuple[Read, str]]:
    """Each text of the catalogue, and its translation."""
    with CATALOGUE.open("rb") as file:
        for entry in read_po(file):
            texts = entry.id if isinstance(entry.id, tuple) else (entry.id,)
            said = entry.string if isinstance(entry.string, tuple) else (entry.string,)
            for text, translated in zip(texts, said, strict=False):
                if text:
                    yield Read(_name(CATALOGUE), text), translated


def make_targets() -> Iterator[Read]:
    for line in re.findall(r"^[a-z]+:.*?## (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE):
        yield Read("Makefile", line)


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT))
