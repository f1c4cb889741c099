"""Pad response times, so they don't reveal what is on file."""

import time

from portal.views.responses import settings


def pad_response_time(started: float) -> None:
    """Wait until the next whole step of time since `started` (`time.monotonic()`).

    Called after the transaction is committed: nobody waits for this but the one who sent.
    """
    step = settings().level_seconds
    if step:
        time.sleep(step - (time.monotonic() - started) % step)
