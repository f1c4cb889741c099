"""The limit on forms from one network: counted in the database, over all workers."""

from datetime import timedelta

from sqlalchemy import delete, func, select

from portal import clock
from portal.extensions import db
from portal.models import FormUse

WINDOW = timedelta(hours=1)


class TooManyFormsError(Exception):
    """The network has sent as many forms as it may for now."""


def count_form(school_id: int, network: str, limit: int) -> None:
    """Count an accepted form; raises TooManyFormsError over the limit (0: none)."""
    if not limit:
        return
    since = clock.now() - WINDOW
    db.session.execute(delete(FormUse).where(FormUse.school_id == school_id, FormUse.at < since))
    used = db.session.scalar(
        select(func.count())
        .select_from(FormUse)
        .where(FormUse.school_id == school_id, FormUse.network == network, FormUse.at >= since)
    )
    if (used or 0) >= limit:
        raise TooManyFormsError
    db.session.add(FormUse(school_id=school_id, network=network, at=clock.now()))
