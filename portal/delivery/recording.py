"""Save the outcome of an email or a text that went out.

If it is lost, the email is sent twice, and nobody knows if the text went out.
"""

from collections.abc import Callable

from sqlalchemy.exc import OperationalError

from portal.extensions import write_with_retry

TRIES = 3


def record_outcome(save: Callable[[], None]) -> None:
    """Save an outcome in a transaction of its own. Try again if the database can't be reached."""
    write_with_retry(save, also=OperationalError, tries=TRIES)
