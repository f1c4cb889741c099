"""Reads that may lag: from a standby of PostgreSQL, if there is one and it is nearly up to date."""

import logging
import time

from flask import current_app, g
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal.extensions import REPLICA, db

MOST_BEHIND_SECONDS = 5
"""A standby that is further behind is not read from."""
AVOID_SECONDS = 10.0
"""The time that one that can't be reached is left alone."""
_AVOIDED = "portal-replica-avoided-until"
_BEHIND = text("SELECT extract(epoch FROM now() - pg_last_xact_replay_timestamp())")
log = logging.getLogger(__name__)


def has_replica() -> bool:
    return REPLICA in db.engines


def read_from_replica() -> None:
    """Read what follows in this request from the replica, if it is nearly up to date. Writes, and
    reads between them (`writing()`), go to the primary as ever."""
    if has_replica() and _is_recent():
        db.session.rollback()  # a transaction on the primary is not held open meanwhile
        setattr(g, REPLICA, True)


def _is_recent() -> bool:
    """True if the standby has replayed a commit that is a few seconds old at most. If nothing was
    committed for longer, nobody can tell, and the primary has time. None: it is not a standby."""
    extensions = current_app.extensions
    if time.monotonic() < extensions.get(_AVOIDED, 0.0):
        return False
    try:
        with db.engines[REPLICA].connect() as connection:
            behind = connection.scalar(_BEHIND)
            return behind is not None and behind < MOST_BEHIND_SECONDS
    except SQLAlchemyError as error:
        log.warning("the replica can't be read: %s", type(error).__name__)
        extensions[_AVOIDED] = time.monotonic() + AVOID_SECONDS
        return False
