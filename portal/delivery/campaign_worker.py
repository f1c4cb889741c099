"""Works through campaigns: emails the form to the next parents, until all had their turn."""

import time
from collections.abc import Callable

from flask import Flask

from portal.extensions import db, outside_link, write_with_retry
from portal.queries.records.invitations import unfinished_campaigns
from portal.queries.schools import get_school_by_id
from portal.services.mail import campaigns


def work(app: Flask, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Go on with all campaigns that are not over; return how many transactions it took."""
    with app.app_context():
        try:
            waiting = [tuple(row) for row in unfinished_campaigns()]
            db.session.rollback()
            return sum(go_on(school_id, one, should_stop) for school_id, one in waiting)
        finally:
            db.session.remove()


def go_on(school_id: int, campaign_id: int, should_stop: Callable[[], bool]) -> int:
    """Go on with one campaign, in transactions of its own."""
    done = 0
    while not should_stop() and write_with_retry(lambda: _email_some(school_id, campaign_id)):
        done += 1
    return done


def go_on_for(seconds: float, school_id: int, campaign_id: int) -> None:
    """Go on with one campaign for a moment: most schools' are over by then."""
    until = time.monotonic() + seconds
    go_on(school_id, campaign_id, lambda: time.monotonic() > until)


def _email_some(school_id: int, campaign_id: int) -> bool:
    school = get_school_by_id(school_id)
    return campaigns.email_some(
        school,
        campaign_id,
        lambda token: outside_link("parent.link", slug=school.slug, token=token),
    )
