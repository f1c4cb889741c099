"""`make run`: the portal on this machine, as a demo with sample families.

Makes everything that a first start needs (secret, tables, demo, accounts), prints where to start,
and runs the production server with the workers.
"""

import os
import secrets
import socket
import sys
from pathlib import Path

import flask_migrate
from sqlalchemy.exc import SQLAlchemyError

from portal import config, create_app, supervisor
from portal.cli.demo import accounts_file, bring_accounts, load_families
from portal.config import SettingsError
from portal.demo import accounts as demo_accounts
from portal.demo.accounts import DemoAccount
from portal.normalize import whole_number
from portal.private_files import make_private_folder
from portal.queries.schools import all_schools

BIN = Path(sys.executable).parent
SERVER = [str(BIN / "gunicorn"), "-c", "python:portal.server", "wsgi:app"]
WORKERS = [[str(BIN / "flask"), "--app", "wsgi", what, "work"] for what in ("mail", "texts")]
NO_LIMITS = {"PORTAL_FORM_MIN_SECONDS": "0", "PORTAL_FORM_LIMIT": "0"}
"""People who try the form out are faster than parents, and send more."""


def main() -> None:
    port = os.environ.get("PORT") or "8000"
    check_port(port)
    os.umask(0o077)  # new files, the database above all, are for their owner only
    address = f"http://127.0.0.1:{port}"
    for name, value in (NO_LIMITS | {"PORTAL_PUBLIC_URL": address, "PORTAL_DEMO": "on"}).items():
        os.environ.setdefault(name, value)
    if not os.environ.get("PORTAL_SECRET_KEY"):
        make_secret(config.SECRET_FILE)
    try:
        greeting = prepare(address)
    except SettingsError as error:
        sys.exit(str(error))
    except SQLAlchemyError as error:
        sys.exit(f"PORTAL_DATABASE_URL: can't use the database. {error}")
    sys.stdout.write(greeting)
    sys.stdout.flush()
    sys.exit(supervisor.run(SERVER, *WORKERS))


def check_port(port: str) -> None:
    """Exit with a one-line reason if the server can't use the port."""
    number = whole_number(port, 65535)
    if not number:
        sys.exit(f"PORT must be a number from 1 to 65535, not {port!r}")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", number))
        except OSError as error:
            sys.exit(f"PORT {port} is not available ({error.strerror}). Try: make run PORT=8001")


def make_secret(file: Path) -> None:
    """Make a secret for this installation, once, readable to its owner only."""
    if file.exists() and file.stat().st_size:
        return
    make_private_folder(file.parent)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w") as handle:
        handle.write(secrets.token_urlsafe(48) + "\n")


def prepare(address: str) -> str:
    """Migrate the database, fill it if it is empty, and return the greeting."""
    app = create_app()
    with app.app_context():
        flask_migrate.upgrade()
        with_demo = os.environ.get("PORTAL_DEMO", "on") != "off"
        if with_demo and not all_schools():
            load_families(wanted=12)
        if with_demo and not demo_accounts.anybody_signs_in():
            bring_accounts()
        slugs = [school.slug for school in all_schools()]
        return greet(address, slugs, shown_accounts())


def shown_accounts() -> list[DemoAccount]:
    """Return the demo accounts, if this database has them and their passwords are known here."""
    file = accounts_file()
    accounts = demo_accounts.plan(file) if file.exists() else []
    return accounts if accounts and demo_accounts.are_there(accounts) else []


def greet(address: str, slugs: list[str], accounts: list[DemoAccount]) -> str:
    if not slugs:
        return (
            f"\n  The portal is running at {address}/. It has no schools yet. To create one:\n"
            "  .venv/bin/flask --app wsgi school create --help\n\n"
        )
    slug = "oakwood" if "oakwood" in slugs else slugs[0]
    lines = [
        f"Parent form:    {address}/{slug}/forms/contact",
        f"Staff sign-in:  {address}/staff/sign-in",
        *(f"  {a.email:<24}{a.password}" for a in accounts),
    ]
    if not accounts:
        lines.append("To create a staff account: .venv/bin/flask --app wsgi staff create --help")
    return "\n" + "".join(f"  {line}\n" for line in [*lines, "Press Ctrl-C to stop."]) + "\n"


if __name__ == "__main__":
    main()
