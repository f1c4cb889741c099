"""The database's clock, which all servers share.

Keys that expire after minutes use it, so they work on every server, even if its clock is an hour
off. For everything else the servers' clocks must agree. If they don't, operators get a warning.
"""

import logging
import time
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from portal import clock
from portal.extensions import db

MOST_APART = timedelta(seconds=2)
log = logging.getLogger(__name__)


def shared_now() -> datetime:
    """The time now, for a key that is made on one server and used on another."""
    ahead = seconds_ahead(db.session.connection())
    return clock.now() - timedelta(seconds=ahead)


def seconds_ahead(connection: Connection) -> float:
    """Seconds that this server's clock is ahead of the database's; 0 where one machine has both."""
    if connection.dialect.name != "postgresql":
        return 0.0
    before = time.time()
    found: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    after = time.time()
    # The database read its clock at some moment in between. Only a time outside of that is off.
    there = found.timestamp()
    return min(max(there, before), after) - there


def clock_warning(connection: Connection) -> str | None:
    """Warn operators, here and in the log, if this server's clock and the database's differ."""
    ahead = seconds_ahead(connection)
    if abs(ahead) <= MOST_APART.total_seconds():
        return None
    way = "ahead of" if ahead > 0 else "behind"
    warning = f"this server's clock is {abs(ahead):.1f} seconds {way} the database's"
    log.warning("%s", warning)
    return warning
