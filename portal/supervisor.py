"""Programs that run together: a server, and workers that begin again when they end by themselves.

When the server ends, or this process is told to, all end; nothing is left behind.
"""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

LOOK_EVERY = 0.2
REST_SECONDS = 2.0
"""Between the end of a worker and its next beginning."""
GRACE_SECONDS = 25.0
"""More than the server gives its workers to finish what they are at."""
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(server: list[str], *workers: list[str]) -> int:
    """Run all until the server ends or a signal says to; gives the exit code."""
    with _stop_signals() as told:
        serving = subprocess.Popen(server)  # noqa: S603 -- the caller's own programs
        working = [_Worker(worker) for worker in workers]
        while not told and serving.poll() is None:
            for worker in working:
                worker.look_after()
            time.sleep(LOOK_EVERY)
        _end(told[0] if told else signal.SIGTERM, [serving, *(w.program for w in working)])
    return 0 if told else serving.returncode


class _Worker:
    """A program that is begun again when it ends by itself, after a rest."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._rested = 0.0
        self.program = subprocess.Popen(command)  # noqa: S603

    def look_after(self) -> None:
        if self.program.poll() is not None:
            self._rested += LOOK_EVERY
        if self._rested >= REST_SECONDS:
            self.program, self._rested = subprocess.Popen(self._command), 0.0  # noqa: S603


@contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """The signals that came in, in a list that grows."""
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    before = {number: signal.signal(number, note) for number in ENDINGS}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(how: int, programs: "list[subprocess.Popen[bytes]]") -> None:
    """Tell those that still run, wait until they have ended, and kill what does not."""
    for program in programs:
        if program.poll() is None:
            program.send_signal(how)
    until = time.monotonic() + GRACE_SECONDS
    for program in programs:
        try:
            program.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()
