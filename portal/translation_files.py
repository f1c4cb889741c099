"""Files of translations: `.po` files are kept, `.mo` files are made from them.

The app makes them when it starts, so a page can't be in English for want of a step that somebody
forgot. docs/decisions/0006 says more. `python -m portal.translation_files` does it in a build.
"""

import os
import tempfile
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

TRANSLATIONS = Path(__file__).resolve().parent / "translations"


class TranslationFileError(RuntimeError):
    """A `.mo` file can't be made; the text says what to do."""


def compile_translations(folder: Path = TRANSLATIONS) -> None:
    """Bring every `.mo` under the folder up to its `.po`. Raises TranslationFileError."""
    for po in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        made = _compiled(po, po.stat().st_mtime_ns)
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.read_bytes() != made:
            _replace(mo, made)


@lru_cache(maxsize=16)
def _compiled(po: Path, _changed: int) -> bytes:
    with po.open("rb") as file:
        translations = read_po(file, locale=po.parts[-3], abort_invalid=True)
    made = BytesIO()
    write_mo(made, translations)
    return made.getvalue()


def _replace(mo: Path, made: bytes) -> None:
    """All at once: another process that starts now reads the old file or the new one."""
    try:
        handle, unfinished = tempfile.mkstemp(dir=mo.parent, suffix=".unfinished")
        with os.fdopen(handle, "wb") as file:
            file.write(made)
        Path(unfinished).chmod(0o644)
        os.replace(unfinished, mo)
    except OSError as error:
        raise TranslationFileError(
            f"{mo} is missing or out of date, and can't be written here. "
            "Run `python -m portal.translation_files` as a user who can write to that folder."
        ) from error


if __name__ == "__main__":
    compile_translations()
