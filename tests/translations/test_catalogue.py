"""The catalogue is whole: what parents see in English has a Spanish translation that fits."""

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from portal.config import ROOT
from portal.translation_files import TRANSLATIONS, TranslationFileError, compile_translations
from tests.support.catalogue import catalogue, extracted, translations

MARKS = {"_", "_l", "gettext", "lazy_gettext", "ngettext"}
PARTS = re.compile(r"%\(\w+\)[sd]|</?\w+>")
"""The parts that a translation keeps as they are: placeholders and markup."""


def _ids(message: Message) -> tuple[str, ...]:
    return message.id if isinstance(message.id, tuple) else (message.id,)


def _parts(text: str) -> list[str]:
    return sorted(PARTS.findall(text))


@pytest.fixture(scope="module")
def spanish() -> list[Message]:
    return [message for message in catalogue() if message.id]


def test_what_is_marked_is_in_the_catalogue_and_nothing_else(spanish: list[Message]) -> None:
    marked = {_ids(message) for message in extracted() if message.id}
    kept = {_ids(message) for message in spanish}
    assert marked - kept == set(), "run `make translations` and translate these"
    assert kept - marked == set(), "run `make translations`: these are gone"


def test_everything_is_translated(spanish: list[Message]) -> None:
    assert len(spanish) > 200
    assert [m.id for m in spanish if not all(translations(m)) or m.fuzzy] == []


def test_translations_keep_what_is_filled_in_and_what_is_set_off(spanish: list[Message]) -> None:
    """Of a plural, each form keeps what the English plural has, but where it says one in a word."""
    for message in spanish:
        wanted = _parts(_ids(message)[-1])
        for one in translations(message):
            assert _parts(one) == wanted or (message.pluralizable and not _parts(one)), message.id


def test_translations_begin_and_end_as_the_english_does(spanish: list[Message]) -> None:
    for message in spanish:
        for one in translations(message):
            english = _ids(message)[-1]
            for sign in "\n.:":
                assert one.endswith(sign) == english.endswith(sign), one
            assert one == one.strip(" ")


def test_spanish_speaks_formally(spanish: list[Message]) -> None:
    informal = re.compile(r"\b(tú|tu|tus|te|ti|vosotros|vuestr[oa]s?|os)\b", re.IGNORECASE)
    said = [one for message in spanish for one in translations(message)]
    assert [one for one in said if informal.search(one)] == []


def _calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and node.args and _name(node.func) in MARKS:
            yield node


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else ""


def test_what_is_marked_in_the_code_is_found() -> None:
    """A string that is made up while the program runs, or stands within an f-string, is not."""
    found = {_ids(message)[0] for message in extracted() if message.id}
    for path in sorted((ROOT / "portal").rglob("*.py")):
        for call in _calls(path):
            where = f"{path.relative_to(ROOT)}:{call.lineno}"
            assert isinstance(call.args[0], ast.Constant), f"{where} marks no plain string"
            assert call.args[0].value in found, f"{where}: {call.args[0].value!r} is not found"


def _copy(folder: Path) -> Path:
    po = folder / "es" / "LC_MESSAGES" / "messages.po"
    po.parent.mkdir(parents=True)
    po.write_bytes((TRANSLATIONS / "es" / "LC_MESSAGES" / "messages.po").read_bytes())
    return po


def test_catalogues_are_made_where_they_are_missing_or_differ(tmp_path: Path) -> None:
    po = _copy(tmp_path)
    mo = po.with_suffix(".mo")
    compile_translations(tmp_path)
    first = mo.read_bytes()
    assert b"Gracias" in first
    compile_translations(tmp_path)
    assert mo.read_bytes() == first
    mo.write_bytes(b"of an older release, but newer by its time")
    compile_translations(tmp_path)
    assert mo.read_bytes() == first
    po.write_text(po.read_text().replace('"Gracias"', '"Muchas gracias"'))
    os.utime(po, (1, 1))
    compile_translations(tmp_path)
    assert b"Muchas gracias" in mo.read_bytes()
    assert sorted(file.name for file in po.parent.iterdir()) == ["messages.mo", "messages.po"]


def test_where_a_catalogue_cannot_be_made_the_start_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError("read-only")

    _copy(tmp_path)
    monkeypatch.setattr("portal.translation_files.tempfile.mkstemp", refuse)
    with pytest.raises(TranslationFileError, match=r"python -m portal\.translation_files"):
        compile_translations(tmp_path)


def test_a_catalogue_that_is_made_already_may_lie_where_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _copy(tmp_path)
    compile_translations(tmp_path)
    monkeypatch.setattr("portal.translation_files.tempfile.mkstemp", None)
    compile_translations(tmp_path)
