"""`flask demo`: made-up schools, families and accounts."""

import time
from collections.abc import Callable
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import text

from portal import config
from portal.cli.refusals import refusing
from portal.config import Settings
from portal.demo import accounts as demo_accounts
from portal.demo import families as demo_families
from portal.demo.accounts import DemoAccount
from portal.extensions import db, writing

FAMILIES = 12
SEED = 1
BATCH = 500

group = AppGroup("demo", help="Made-up schools, families and accounts, to try the portal out.")


@group.command("load")
@click.option("--families", type=click.IntRange(0, 150_000), default=FAMILIES, show_default=True)
@click.option("--seed", type=int, default=SEED, show_default=True)
def load(families: int, seed: int) -> None:
    """Make the schools oakwood and birchwood if they are missing, and bring oakwood to N families.

    The same families for the same seed. Families that are there already stay.

    \b
    Example:
      flask --app wsgi demo load --families 500
    """
    with refusing():
        made = load_families(families, seed, _Progress(families))
    click.echo(f"{made} families made, {max(families, made)} wanted, at oakwood")


@group.command("accounts")
def accounts() -> None:
    """Make the trial's accounts anew, or show them, with their passwords.

    \b
    Example:
      flask --app wsgi demo accounts
    """
    with refusing():
        for account in bring_accounts():
            click.echo(f"{account.email}  {account.password}")


def load_families(
    wanted: int, seed: int = SEED, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Bring oakwood to so many made-up families, some hundred a transaction; how many were made."""
    with writing():
        school = demo_families.make_schools()
    there = demo_families.count_families(school.id)
    for start in range(there, wanted, BATCH):
        end = min(start + BATCH, wanted)
        with writing():
            demo_families.make_families(school, seed, range(start, end))
        db.session.expunge_all()
        if wanted - there > BATCH:
            progress(end)
    if wanted - there > BATCH:
        _tidy()
    return max(0, wanted - there)


def _tidy() -> None:
    """Planners must know how large it has become; PostgreSQL would do both by itself in a while."""
    if db.engine.dialect.name == "sqlite":
        with writing():
            db.session.execute(text("ANALYZE"))
        return
    with db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("VACUUM ANALYZE"))


class _Progress:
    """How many there are, how fast they come, and how long the rest will take."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._began: tuple[int, float] | None = None

    def __call__(self, there: int) -> None:
        now = time.monotonic()
        begun, began = self._began = self._began or (there, now)
        rate = (there - begun) / (now - began) if now > began else 0.0
        left = (self._wanted - there) / rate if rate else 0.0
        more = f", {rate:.0f} a second, {left:.0f} s left" if rate else ""
        click.echo(f"{there} families{more}", err=True)


def bring_accounts() -> list[DemoAccount]:
    """The trial's accounts, their passwords kept in a file of the installation."""
    settings: Settings = current_app.config["PORTAL"]
    accounts = demo_accounts.plan(accounts_file())
    hashed = demo_accounts.hash_all(accounts, settings.argon2_memory_kib)
    with writing():
        demo_families.make_schools()
        demo_accounts.bring(hashed)
    return accounts


def accounts_file() -> Path:
    """Where the trial's passwords are kept, beside the installation's secret."""
    return config.INSTANCE / "demo-accounts.json"
