"""The settings of the production server: `gunicorn -c python:portal.server wsgi:app`.

Looks at the portal's own settings before any worker is started: a wrong one ends the start with
one line, where a worker that dies of it would be started again and again.
"""

import os
import signal
import sys

from portal.config import Settings, SettingsError

try:
    Settings.from_environ(os.environ)
except SettingsError as error:
    sys.exit(str(error))

bind = f"127.0.0.1:{os.environ.get('PORT') or 8000}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = 8
reuse_port = True
"""Without it one worker would take all connections that are kept alive."""
timeout = 60
graceful_timeout = 20
keepalive = 5
accesslog = None
loglevel = "warning"
forwarded_allow_ips = ""
"""What a proxy says is taken from it by PORTAL_PROXIES, and nowhere else."""
control_socket_disable = True


def post_worker_init(_worker: object) -> None:
    """Let Ctrl-C, which a terminal sends to all processes, end the workers by way of the arbiter.

    A worker that is told twice at once sometimes hangs until `graceful_timeout` is over.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
