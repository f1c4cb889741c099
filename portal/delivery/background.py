"""A thread beside the requests of a process, for work that a commit left behind."""

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)


class BackgroundThread:
    """Works when it is nudged, and every so many seconds if any are given. Started when it is first
    needed: a server's processes are made after the app."""

    def __init__(
        self, name: str, work: Callable[[], object], failed: str, every: float | None = None
    ) -> None:
        """`failed` is for the log, where the work raises an error."""
        self._name, self._work, self._failed, self._every = name, work, failed, every
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def nudge(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
        self._wake.set()

    def _run(self) -> None:
        while True:
            self._wake.wait(self._every)
            self._wake.clear()
            try:
                self._work()
            except Exception:
                log.exception(self._failed)
