"""The settings of the production server: `gunicorn -c python:portal.server wsgi:app`.

Looks at the portal's own settings before any worker is started: a wrong one ends the start with
one line, where a worker that dies of it would be started again and again.
"""

import gc
import os
import signal
import sys
from typing import Any

from portal.config import Settings, SettingsError
from portal.views.parent import read_schools

try:
    Settings.from_environ(os.environ)
except SettingsError as error:
    sys.exit(str(error))


def _count(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        sys.exit(f"{name}: give a whole number from 1, not {text!r}")
    return int(text)


bind = f"127.0.0.1:{_count('PORT', 8000)}"
worker_class = "portal.server_worker.BufferedWorker"
"""Threads, as `gthread` has them, which no half-sent request can hold up."""
workers = _count("WEB_CONCURRENCY", 2)
threads = 8
worker_connections = 800
"""For each worker: with its files it stays below the 1,024 that a process may have open."""
reuse_port = True
"""Without it one worker would take all connections that are kept alive."""
timeout = 60
graceful_timeout = 20
keepalive = 5
logger_class = "portal.server_log.ServerLog"
accesslog = None
loglevel = "warning"
limit_request_line = 8190
"""A search stands in its address, with all columns that are ticked: the most that there is."""
forwarded_allow_ips = ""
"""What a proxy says is taken from it by PORTAL_PROXIES, and nowhere else."""
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Read what a worker must know when the database is away, and leave Ctrl-C to the arbiter.

    A terminal sends Ctrl-C to all processes; the workers are ended by way of the arbiter.
    A worker that is told twice at once sometimes hangs until `graceful_timeout` is over.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    read_schools(worker.wsgi)
    # What is there now stays: looking through it again and again held a page up by 50 ms.
    gc.collect()
    gc.freeze()
