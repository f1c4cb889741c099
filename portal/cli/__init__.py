"""Commands: `flask --app wsgi GROUP COMMAND`, and migrations. docs/interface.md lists them.

Exit codes: 0 done, 1 refused with a reason, 2 wrong usage.
"""

from alembic.util import CommandError
from flask import Flask
from flask_migrate import Migrate

from portal.cli import demo, mail, opt_outs, school, staff, texts
from portal.config import ROOT
from portal.extensions import db

migrate = Migrate(render_as_batch=True)
CommandError.holds_no_value = True  # type: ignore[attr-defined]  # the log may have its message


def register(app: Flask) -> None:
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    for group in (school.group, staff.group, demo.group, opt_outs.group, mail.group, texts.group):
        app.cli.add_command(group)
