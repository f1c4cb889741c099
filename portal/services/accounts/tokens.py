"""Random tokens that browsers and emails hold, and the database only as a hash."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

MakeUrl = Callable[[str], str]
"""Makes the whole URL of a link out of its token."""
AGAIN = timedelta(minutes=1)
"""The time that a used key works again in the same browser. People tap twice on a slow line."""


def token_hash(token: str) -> str:
    """Return the key that a token is filed under. Nobody who reads the table can use it."""
    return hashlib.sha256(token.encode()).hexdigest()
