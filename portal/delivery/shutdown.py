"""A worker's shift: until it is told to end; what is in hand is finished first."""

import logging
import signal
import time
from types import FrameType

PAUSE_SECONDS = 1.0
LOOK_EVERY = 0.1
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

log = logging.getLogger("portal.worker")


class Shift:
    """`with Shift() as shift: while not shift.over: ...; shift.rest()`."""

    def __init__(self) -> None:
        self.over = False

    def __enter__(self) -> "Shift":
        self._before = {number: signal.signal(number, self._end) for number in ENDINGS}
        return self

    def __exit__(self, *_error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self.over = True

    def rest(self) -> None:
        until = time.monotonic() + PAUSE_SECONDS
        while not self.over and time.monotonic() < until:
            time.sleep(LOOK_EVERY)
