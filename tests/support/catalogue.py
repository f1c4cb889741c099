"""The strings that parents see, in the catalogs of translations.

`python -m tests.support.catalogue` (`make translations`) adds new strings of the code to every
catalog, for a translator to fill in, and removes those that are gone.
"""

from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from portal.config import ROOT
from portal.translation_files import TRANSLATIONS

KEYWORDS = DEFAULT_KEYWORDS | {"_l": None, "lazy_gettext": None}


def extracted() -> Catalog:
    """Every message that the code and the templates mark."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog()
    for path, line, message, comments, context in extract_from_dir(
        ROOT, methods, options, KEYWORDS
    ):
        found.add(message, None, [(path, line)], auto_comments=comments, context=context)
    return found


def catalogue(language: str = "es") -> Catalog:
    """The translations that are kept."""
    with _file(language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def update(language: str) -> list[str]:
    """Bring the catalogue up to the code; what is left to translate."""
    file, kept = _file(language), catalogue(language)
    kept.update(extracted(), no_fuzzy_matching=True)
    messages = BytesIO()
    write_po(messages, kept, width=0, omit_header=True, ignore_obsolete=True, include_lineno=False)
    header = file.read_text().split("\n\n")[0]
    file.write_text(f"{header}\n\n{messages.getvalue().decode()}")
    return [str(message.id) for message in kept if message.id and not all(translations(message))]


def translations(message: Message) -> tuple[str, ...]:
    """One, or the plural's several; empty strings where none is there yet."""
    if isinstance(message.string, tuple):
        return tuple(one or "" for one in message.string)
    return (message.string or "",)


def _file(language: str) -> Path:
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


if __name__ == "__main__":
    for folder in TRANSLATIONS.iterdir():
        if folder.is_dir():
            for message in update(folder.name):
                print(f"{folder.name}: {message}")
