"""The production server's own log."""

import sys
from typing import Any

from gunicorn.glogging import Logger


class ServerLog(Logger):  # type: ignore[misc]
    """gunicorn's log without anything that visitors sent. An address may hold a name that staff
    searched for, a number, or a link that signs in. An unreadable request may hold a whole form."""

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        if msg.startswith("Invalid request from"):
            error = sys.exc_info()[1]
            msg, args = f"Rejected a request that can't be read ({type(error).__name__})", ()
        super().warning(msg, *args, **kwargs)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        if msg.startswith("Error handling request"):
            msg, args = "Error handling a request", ()
        super().exception(msg, *args, **kwargs)
