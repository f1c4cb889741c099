"""Reads that may lag: from a standby of PostgreSQL, if there is one and it is nearly up to date."""

import logging
import time
from typing import Any

from flask import current_app
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal.extensions import REPLICA, db

MOST_BEHIND_SECONDS = 5
"""A standby that is further behind is not read from."""
AVOID_SECONDS = 10.0
"""The time that one that can't be reached is left alone."""
_AVOIDED = "portal-replica-avoided-until"
_IS_RECENT = text(
    f"SELECT now() - pg_last_xact_replay_timestamp() < interval '{MOST_BEHIND_SECONDS} seconds'"
)
log = logging.getLogger(__name__)


def has_replica() -> bool:
    return REPLICA in db.engines


def read_from_replica() -> None:
    """Read what follows in this request from the replica, if it is nearly up to date. Writes, and
    reads between them (`writing()`), go to the primary as ever."""
    if has_replica() and _is_recent():
        db.session.rollback()  # a long read keeps no transaction open on the primary
        session: Any = db.session()
        session.reads_replica = True


def _is_recent() -> bool:
    """True if the standby has replayed a commit that is a few seconds old at most. Where nothing is
    committed for longer, nobody can tell, and the primary has time."""
    extensions = current_app.extensions
    if time.monotonic() < extensions.get(_AVOIDED, 0.0):
        return False
    try:
        with db.engines[REPLICA].connect() as connection:
            return bool(connection.scalar(_IS_RECENT))
    except SQLAlchemyError as error:
        log.warning("the replica can't be read: %s", type(error).__name__)
        extensions[_AVOIDED] = time.monotonic() + AVOID_SECONDS
        return False
