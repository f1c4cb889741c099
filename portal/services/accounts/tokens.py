"""Random tokens that browsers and emails hold, and the database only as a hash."""

import hashlib
from collections.abc import Callable

MakeUrl = Callable[[str], str]
"""Makes the whole URL of a link out of its token."""


def token_hash(token: str) -> str:
    """Return the key that a token is filed under. Nobody who reads the table can use it."""
    return hashlib.sha256(token.encode()).hexdigest()
