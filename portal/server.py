"""The settings of the production server: `gunicorn -c python:portal.server wsgi:app`.

Checks the portal's own settings before any worker starts: a wrong one ends the start with one line.
In a worker it would end the worker, which would be started again and again.
"""

import gc
import os
import signal
import socket
import sys
from typing import Any

from gunicorn.glogging import Logger
from sqlalchemy.orm import configure_mappers

from portal.config import Settings, SettingsError
from portal.delivery import form_worker
from portal.normalize import whole_number
from portal.views.parent import read_schools

try:
    Settings.from_environ(os.environ)
except SettingsError as error:
    sys.exit(str(error))


def _count(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    value = whole_number(text, 65535)
    if not value:
        sys.exit(f"{name} must be a whole number from 1 to 65535, not {text!r}")
    return value


bind = f"127.0.0.1:{_count('PORT', 8000)}"
worker_class = "portal.server_worker.BufferedWorker"
"""Threads, like `gthread`'s, that no half-sent request can hold up."""
workers = _count("WEB_CONCURRENCY", 2)
threads = 8
"""For pages. Pages, forms, and the thread that applies forms need fewer than the pool has."""
SWITCH_SECONDS = 0.0005
"""Time that a thread may run Python before others get a turn. While forms come in, a page waits so
long after each query. With Python's 5 ms, it took twice as long."""
worker_connections = 800
"""For each worker. With its files it stays below the 1,024 that a process may have open."""
reuse_port = True
"""Without it, one worker would take all connections that are kept alive."""
preload_app = True
"""The app is loaded once, before the workers are made: they start sooner, and share its memory."""
timeout = 60
graceful_timeout = 20
keepalive = 5
logger_class = "portal.server.ServerLog"
accesslog = None
loglevel = "warning"
limit_request_line = 8190
"""The most that gunicorn allows: a search is kept in its address, with all its columns."""
forwarded_allow_ips = ""
"""Only PORTAL_PROXIES decides which headers of proxies are believed."""
control_socket_disable = True


def on_starting(server: Any) -> None:
    """Refuse a port that another server has. With `reuse_port` both would start, and each would get
    a part of the visitors."""
    if "GUNICORN_FD" in os.environ or "LISTEN_FDS" in os.environ:
        return  # it takes over open sockets, as for an upgrade with no pause
    for address in server.cfg.address:
        if isinstance(address, tuple):
            _check_free(*address[:2])


def _check_free(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            sys.exit(
                f"PORT {port} is not available on {host} ({error.strerror}). Is a server running?"
            )


def when_ready(server: Any) -> None:
    """Load what every worker needs, before there is one. Nothing here opens a connection, a file or
    a thread that the workers would share."""
    app = server.app.wsgi()
    configure_mappers()
    for name in app.jinja_env.list_templates(filter_func=lambda name: name.startswith("parent/")):
        app.jinja_env.get_template(name)
    # Objects made up to here stay: looking through them would take time, and copy their pages.
    gc.collect()
    gc.freeze()


def post_fork(_server: Any, _worker: Any) -> None:
    """End a worker that is told to stop before it listens for that. Until then it has the handlers
    that it was forked with, the arbiter's: they only queue a signal that no one in here reads, and
    the arbiter would wait for `graceful_timeout`."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def post_worker_init(worker: Any) -> None:
    """Read what a worker needs while the database is unavailable, and leave Ctrl-C to the arbiter.

    A terminal sends Ctrl-C to all processes, and the arbiter ends the workers. A worker that is
    told twice sometimes hangs until `graceful_timeout` is over.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.setswitchinterval(SWITCH_SECONDS)
    read_schools(worker.wsgi)
    form_worker.nudge(worker.wsgi)  # what a worker that was killed left behind
    gc.collect()
    gc.freeze()


class ServerLog(Logger):  # type: ignore[misc]
    """gunicorn's log without anything that visitors sent. An address may hold a name that staff
    searched for, a number, or a link that signs in. An unreadable request may hold a whole form."""

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        if msg.startswith("Invalid request from"):
            error = sys.exc_info()[1]
            msg, args = f"Rejected a request that can't be read ({type(error).__name__})", ()
        super().warning(msg, *args, **kwargs)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        if msg.startswith("Error handling request"):
            msg, args = "Error handling a request", ()
        super().exception(msg, *args, **kwargs)
