"""For machines: is the process alive, and can it serve?"""

from functools import lru_cache

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app, jsonify
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
        current = MigrationContext.configure(connection).get_current_heads()
        absent = [] if current != _newest() else guards.missing_guards(connection)
    except SQLAlchemyError:
        current_app.logger.exception("not ready: the database is not responding")
        return "the database is not responding"
    if current != _newest():
        return "the database needs `make migrate`"
    return f"consent ledger triggers are missing: {', '.join(absent)}" if absent else None


@lru_cache(maxsize=1)
def _newest() -> tuple[str, ...]:
    return tuple(ScriptDirectory(str(ROOT / "migrations")).get_heads())
