"""Programs that run together: both end with either, and the worker is begun again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from portal import supervisor

SOON = 20.0


def wait_for(ready: Callable[[], bool]) -> None:
    until = time.monotonic() + SOON
    while not ready():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.05)  # between two looks at other processes


def begun(file: Path) -> list[int]:
    """The processes that noted themselves there."""
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def noting(file: Path, then: str) -> list[str]:
    """A program that notes its process, and does what is said."""
    code = f"import os, sys, time; print(os.getpid(), file=open({str(file)!r}, 'a')); {then}"
    return [sys.executable, "-c", code]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_when_the_server_ends_the_worker_ends_and_the_code_is_told(tmp_path: Path) -> None:
    worker = tmp_path / "worker"
    waits = f"[time.sleep(.02) for _ in range(900) if not os.path.exists({str(worker)!r})]"
    server = noting(tmp_path / "server", f"{waits}; sys.exit(3)")
    assert supervisor.run(server, noting(worker, "time.sleep(60)")) == 3
    assert not any(alive(pid) for pid in begun(worker))


def test_a_worker_that_ends_is_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "REST_SECONDS", 0.2)
    worker = tmp_path / "worker"
    enough = f"[time.sleep(.02) for _ in range(900) if len(open({str(worker)!r}).read().split())<2]"
    server = noting(tmp_path / "server", f"time.sleep(.5); {enough}")
    assert supervisor.run(server, noting(worker, "sys.exit(1)")) == 0
    assert len(begun(worker)) >= 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_both(tmp_path: Path, number: signal.Signals) -> None:
    server, worker = tmp_path / "server", tmp_path / "worker"
    code = (
        "import sys; from portal import supervisor; "
        f"sys.exit(supervisor.run({noting(server, 'time.sleep(60)')!r}, "
        f"{noting(worker, 'time.sleep(60)')!r}))"
    )
    both = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    wait_for(lambda: bool(begun(server)) and bool(begun(worker)))
    both.send_signal(number)
    assert both.wait(SOON) == 0
    assert not any(alive(pid) for pid in begun(server) + begun(worker))


def test_what_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "GRACE_SECONDS", 0.5)
    worker = tmp_path / "worker"
    deaf = noting(worker, "time.sleep(60)")
    deaf[-1] = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + deaf[-1]
    waits = f"[time.sleep(.02) for _ in range(900) if not os.path.exists({str(worker)!r})]"
    assert supervisor.run(noting(tmp_path / "server", waits), deaf) == 0
    assert not any(alive(pid) for pid in begun(worker))
