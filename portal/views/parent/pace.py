"""The time of an answer tells nothing."""

import time

from portal.views.web import settings


def even_out(started: float) -> None:
    """Wait until the next whole step of time since `started` (`time.monotonic()`).

    Called after the transaction is committed: nobody waits for this but the one who sent.
    """
    step = settings().level_seconds
    if step:
        time.sleep(step - (time.monotonic() - started) % step)
