"""pgbouncer in front of the tests' PostgreSQL: each transaction gets another connection."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import make_url

PORT = 6432
START_SECONDS = 30
CONFIG = """
[databases]
* = host={host} user={user}
[pgbouncer]
pool_mode = transaction
server_round_robin = 1
default_pool_size = {size}
max_client_conn = 500
listen_addr =
listen_port = {port}
unix_socket_dir = {directory}
auth_type = any
"""


def kind_of_pooler(url: str) -> str:
    """The setting PORTAL_DATABASE_POOLER for a URL."""
    return "transaction" if make_url(url).query.get("port") == str(PORT) else ""


@contextmanager
def pooler(url: str, directory: Path, size: int = 16) -> Iterator[str]:
    """Run pgbouncer in front of the server of a URL, with so many connections at most for each
    database; gives the URL by it. No two transactions in a row get the same connection."""
    if kind_of_pooler(url):
        yield url
        return
    program = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert program, "There is no pgbouncer. Run .ci/need pgbouncer, and try again."
    server = make_url(url)
    directory.mkdir()
    owner = Path(str(server.query["host"])).stat()  # it refuses to run as root
    settings = directory / "pgbouncer.ini"
    settings.write_text(
        CONFIG.format(
            host=server.query["host"],
            user=server.username,
            size=size,
            port=PORT,
            directory=directory,
        )
    )
    as_owner = {}
    if os.geteuid() == 0:
        os.chown(directory, owner.st_uid, owner.st_gid)
        as_owner = {"user": owner.st_uid, "group": owner.st_gid}
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen([program, str(settings)], stdout=log, stderr=log, **as_owner)
    try:
        pooled = server.update_query_dict({"host": str(directory), "port": str(PORT)})
        _wait(process, pooled.set(drivername="postgresql").render_as_string(hide_password=False))
        yield pooled.render_as_string(hide_password=False)
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _wait(process: "subprocess.Popen[bytes]", url: str) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, "pgbouncer did not start"
        try:
            psycopg.connect(url, prepare_threshold=None).close()
        except psycopg.OperationalError:
            assert time.monotonic() < until, "pgbouncer was not ready in time"
            time.sleep(0.05)
        else:
            return
