"""Programs that run together: a server, and a worker that is begun again when it ends by itself.

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


def run(server: list[str], worker: list[str]) -> int:
    """Run both until the server ends or a signal says to; gives the exit code."""
    with _told() as told:
        serving = subprocess.Popen(server)  # noqa: S603 -- the caller's own programs
        working = subprocess.Popen(worker)  # noqa: S603
        rested = 0.0
        while not told and serving.poll() is None:
            if working.poll() is not None:
                rested += LOOK_EVERY
            if rested >= REST_SECONDS:
                working, rested = subprocess.Popen(worker), 0.0  # noqa: S603
            time.sleep(LOOK_EVERY)
        _end(told[0] if told else signal.SIGTERM, [serving, working])
    return 0 if told else serving.returncode


@contextmanager
def _told() -> Iterator[list[int]]:
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
