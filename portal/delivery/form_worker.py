"""Applies accepted forms to the records, in a thread that wakes when one came in.

It waits a moment first, each time another one: from how long the next page takes nobody learns
what a form met on file. `flask mail work` applies what a web server that was killed left behind;
so does every web server when it starts, and once a minute.
"""

import logging
import random
import time
from collections.abc import Callable

from flask import Flask, current_app
from sqlalchemy import bindparam, exists

from portal import clock
from portal.delivery.background import BackgroundThread
from portal.extensions import db, fetch, on_postgresql, outside_link, write_with_retry, writing
from portal.models import School, Submission
from portal.queries.schools import SchoolRow, school_columns, school_row
from portal.services.contacts import search_words
from portal.services.intake import pending_forms
from portal.services.locks import advisory_lock

EVERY_SECONDS = 60.0
PAUSE_SECONDS = (0.1, 0.4)
AT_A_TIME = 20
"""Forms that are applied before another school has its turn."""
TOGETHER_SECONDS = 0.03
"""Forms are applied together for so long on SQLite, where others who write wait meanwhile, and a
commit costs as much as applying a form. On PostgreSQL each has a transaction of its own: two forms
in one would lock records after numbers."""
REFOLDED_AT_A_TIME = 2000
"""The most contacts whose search words are repaired in one go."""
_THREAD = "portal-forms"
log = logging.getLogger(__name__)


def apply_pending(app: Flask, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Apply what was accepted, oldest first; gives how many forms. Opens transactions of its own.

    A form that can't be applied is logged, and tried again a minute later.
    """
    applied = 0
    with app.app_context():
        try:
            while schools := _schools_with_forms():
                some = sum(_apply_some(school, should_stop) for school in schools)
                if not some:
                    break
                applied += some
        finally:
            db.session.remove()
    return applied


_WAITING = (
    school_columns()
    .where(
        exists().where(Submission.school_id == School.id, Submission.apply_at <= bindparam("now"))
    )
    .order_by(School.id)
)


def _schools_with_forms() -> list[SchoolRow]:
    return [school_row(row) for row in fetch(_WAITING, {"now": clock.now()})]


def _apply_some(school: SchoolRow, should_stop: Callable[[], bool]) -> int:
    applied = 0
    while applied < AT_A_TIME and not should_stop() and (some := _apply_next(school)):
        applied += some
    return applied


def _apply_next(school: SchoolRow, alone: bool = False) -> int:
    """Apply a school's oldest forms in one transaction; gives how many. `alone`: only the oldest.

    One that fails takes the others back with it, and then each is applied by itself.
    """
    tried: list[int] = []
    try:
        write_with_retry(lambda: _apply_oldest(school, tried, alone or on_postgresql()))
    except Exception:
        if not tried:
            raise
        if len(tried) > 1:
            return sum(_apply_next(school, alone=True) for _ in tried)
        log.exception("form %s could not be applied; will retry", tried[0])
        with writing():
            pending_forms.postpone(db.session.get_one(Submission, (school.id, tried[0])))
    return len(tried)


def _apply_oldest(school: SchoolRow, tried: list[int], alone: bool) -> None:
    """Apply forms, the oldest first, for a moment. `tried` gets their ids."""
    tried.clear()
    advisory_lock("apply", school.id)  # one process at a time, so that they keep their order
    until = time.monotonic() + TOGETHER_SECONDS
    while form := pending_forms.oldest_pending(school.id):
        tried.append(form.submission.id)
        pending_forms.apply_form(
            school, form, lambda token: outside_link("parent.link", slug=school.slug, token=token)
        )
        if alone or time.monotonic() > until:
            return


def _apply_soon(app: Flask) -> None:
    time.sleep(random.uniform(*PAUSE_SECONDS))  # noqa: S311 -- no secret
    apply_pending(app)
    with app.app_context():
        refold_names(most=REFOLDED_AT_A_TIME)


def refold_names(most: int | None = None) -> int:
    """Repair the search words of names that a server of another version wrote. Return how many
    contacts. `most`: stop after about so many. Opens transactions of its own."""
    done = 0
    while (most is None or done < most) and search_words.any_unfolded():
        with writing():
            done += search_words.refold_some()
    db.session.rollback()
    return done


class _AtOnce:
    """For tests: what follows a form has happened when its page is there."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def nudge(self) -> None:
        apply_pending(self._app)


def make_thread(app: Flask) -> BackgroundThread:
    failed = "could not apply forms; will retry"
    return BackgroundThread("forms", lambda: _apply_soon(app), failed, EVERY_SECONDS)


def init_app(app: Flask) -> None:
    testing = app.config["PORTAL"].testing
    app.extensions[_THREAD] = _AtOnce(app) if testing else make_thread(app)


def nudge(app: Flask | None = None) -> None:
    """Have what was accepted applied soon, in this process."""
    (app or current_app).extensions[_THREAD].nudge()
