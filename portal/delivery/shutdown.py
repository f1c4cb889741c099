"""A worker works until it is told to end; what it has claimed is finished first."""

import logging
import signal
import time
from types import FrameType

PAUSE_SECONDS = 1.0
LOOK_EVERY = 0.1
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

log = logging.getLogger("portal.worker")


class GracefulShutdown:
    """`with GracefulShutdown() as shutdown: while not shutdown.should_stop: ...`."""

    def __init__(self) -> None:
        self.should_stop = False

    def __enter__(self) -> "GracefulShutdown":
        self._before = {number: signal.signal(number, self._end) for number in ENDINGS}
        return self

    def __exit__(self, *_error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self.should_stop = True

    def rest(self) -> None:
        until = time.monotonic() + PAUSE_SECONDS
        while not self.should_stop and time.monotonic() < until:
            time.sleep(LOOK_EVERY)
