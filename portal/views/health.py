"""For machines: is the process alive, and can it serve?"""

import re
from functools import lru_cache

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from portal.config import ROOT
from portal.consent import guards
from portal.extensions import db
from portal.views.responses import from_this_machine

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive() -> Response:
    """Answer without the database, so its absence restarts no worker."""
    return jsonify(status="ok")


@bp.get("/readyz")
def ready() -> Response:
    """Check that the database responds, has all migrations, and guards the ledger.

    Only this machine gets the reason why not."""
    reason = _unready()
    told = {"reason": reason} if reason is not None and from_this_machine() else {}
    response = jsonify(status="ok" if reason is None else "error", **told)
    response.status_code = 200 if reason is None else 503
    return response


def _unready() -> str | None:
    try:
        connection = db.session.connection()
        current = _current(connection)
        absent = [] if current != _newest() else guards.missing_guards(connection)
    except SQLAlchemyError:
        current_app.logger.exception("not ready: the database is not responding")
        return "the database is not responding"
    if current != _newest():
        return "the database needs `make migrate`"
    return f"consent ledger triggers are missing: {', '.join(absent)}" if absent else None


def _current(connection: Connection) -> set[str]:
    if not inspect(connection).has_table("alembic_version"):
        return set()
    return set(connection.scalars(text("SELECT version_num FROM alembic_version")))


@lru_cache(maxsize=1)
def _newest() -> set[str]:
    """The migrations that none comes after. Alembic would tell, but takes 12 MB in each worker."""
    texts = [file.read_text() for file in (ROOT / "migrations" / "versions").glob("*.py")]
    return _said("revision", texts) - _said("down_revision", texts)


def _said(name: str, texts: list[str]) -> set[str]:
    found = (re.search(rf'^{name} = "(\w+)"', text, re.MULTILINE) for text in texts)
    return {match[1] for match in found if match}
