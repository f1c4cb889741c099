"""Carry a STOP to all schools of the district, one transaction for each.

The webhook does so before it answers. If it was ended in between, a worker does it again.
"""

import logging
from functools import partial

from portal.extensions import db, write_with_retry
from portal.services.texting import district_stops
from portal.services.texting.district_stops import DistrictStop

log = logging.getLogger(__name__)


def carry_out(school_id: int, provider_id: str) -> list[int]:
    """Carry a text that came in to the other schools, if it is a STOP for all, and return them.

    If it can't be written at one, the others have it, and the error is raised.
    """
    stop = district_stops.find(school_id, provider_id)
    return _carry(stop) if stop else []


def carry_waiting() -> None:
    """Carry those that are not at every school yet. One that can't be stays for the next time."""
    waiting = district_stops.waiting()
    db.session.rollback()
    for stop in waiting:
        try:
            _carry(stop)
        except Exception:
            log.warning("the STOP %s is not at every school yet; will retry", stop.provider_id)


def _carry(stop: DistrictStop) -> list[int]:
    schools = district_stops.other_schools(stop)
    db.session.rollback()
    if stop.carried:
        return schools
    changed, failed = False, None
    for school_id in schools:
        try:
            changed |= write_with_retry(partial(district_stops.opt_out, stop, school_id))
        except Exception as error:
            log.exception("could not write the STOP %s at school %s", stop.provider_id, school_id)
            failed = error
    if failed is not None:
        raise failed
    write_with_retry(partial(district_stops.finish, stop, changed))
    return schools
