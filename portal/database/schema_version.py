"""Check if the database is older than the code.

During a migration, servers of the previous version still run with the newer database (see
docs/decisions/0030). The code can't run with an older one.
"""

import re
from functools import lru_cache

from sqlalchemy import Connection, inspect, text

from portal.config import ROOT


def is_outdated(connection: Connection) -> bool:
    """True if the database lacks a migration that this version has."""
    current = _current(connection)
    return current != _newest() and (not current or bool(current & _known()))


def _current(connection: Connection) -> set[str]:
    if not inspect(connection).has_table("alembic_version"):
        return set()
    return set(connection.scalars(text("SELECT version_num FROM alembic_version")))


def _newest() -> set[str]:
    """The migrations that none comes after."""
    return _known() - set(_migrations().values())


def _known() -> set[str]:
    return set(_migrations())


@lru_cache(maxsize=1)
def _migrations() -> dict[str, str | None]:
    """Each migration, and the one before it. Alembic knows too, but takes 12 MB in each worker."""
    files = (ROOT / "migrations" / "versions").glob("*.py")
    texts = [file.read_text() for file in files]
    return {
        found: _said("down_revision", text) for text in texts if (found := _said("revision", text))
    }


def _said(name: str, text: str) -> str | None:
    found = re.search(rf'^{name} = "(\w+)"', text, re.MULTILINE)
    return found[1] if found else None
