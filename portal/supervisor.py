"""Run a server together with workers, and restart workers that end by themselves.

When the server ends, or this process is told to end, all of them end.
"""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

LOOK_EVERY = 0.2
REST_SECONDS = 2.0
"""Between the end of a worker and its restart."""
GRACE_SECONDS = 25.0
"""Longer than the server gives its workers to finish their requests."""
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(server: list[str], *workers: list[str]) -> int:
    """Run all until the server ends or a signal comes. Returns the exit code."""
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
    """A program that is restarted when it ends by itself, after a rest."""

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
    """Collect signals in a list as they come."""
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
    """Signal the programs that still run, wait for them, and kill any that don't end."""
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
