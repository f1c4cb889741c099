"""`flask demo`: sample schools, families, and accounts."""

import time
from collections.abc import Callable
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import text

from portal import config
from portal.cli.refusals import find_school, refusing
from portal.config import Settings
from portal.demo import accounts as demo_accounts
from portal.demo import families as demo_families
from portal.demo.accounts import DemoAccount
from portal.extensions import db, loading_many, writing
from portal.labels import plural

FAMILIES = 12
SEED = 1
BATCH = 500

group = AppGroup(
    "demo", help="Create sample schools, families, and accounts to try out the portal."
)


@group.command("load")
@click.option("--families", type=click.IntRange(0, 150_000), default=FAMILIES, show_default=True)
@click.option("--seed", type=int, default=SEED, show_default=True)
def load(families: int, seed: int) -> None:
    """Create the sample schools, and add families to oakwood until it has N.

    The schools are oakwood and birchwood. The same seed always creates the same families.
    Existing families are kept.

    \b
    Example:
      flask --app wsgi demo load --families 500
    """
    with refusing():
        made = load_families(families, seed, _Progress(families))
        there = demo_families.count_families(find_school("oakwood").id)
    click.echo(f"Created {plural(made, 'family', 'families')}. oakwood now has {there}.")


@group.command("accounts")
def accounts() -> None:
    """Create the demo accounts, or reset them, and print their passwords.

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
    """Bring oakwood to so many sample families, and return how many were created.

    Works in batches, each a transaction, so an interrupted run keeps what it has."""
    with writing():
        school = demo_families.make_schools()
    there = demo_families.count_families(school.id)
    with loading_many():
        for start in range(there, wanted, BATCH):
            end = min(start + BATCH, wanted)
            with writing():
                demo_families.make_families(school, seed, range(start, end))
            db.session.expunge_all()
            if wanted - there > BATCH:
                progress(end)
        if wanted > there:
            _tidy()
    return max(0, wanted - there)


def _tidy() -> None:
    """Tell the query planner how large the tables are. PostgreSQL would do it by itself later, and
    until then take a minute for a search of 500 families."""
    if db.engine.dialect.name == "sqlite":
        with writing():
            db.session.execute(text("ANALYZE"))
        return
    with db.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("VACUUM ANALYZE"))


class _Progress:
    """Prints the number of families so far, the speed, and the time left."""

    def __init__(self, wanted: int) -> None:
        self._wanted = wanted
        self._began: tuple[int, float] | None = None

    def __call__(self, there: int) -> None:
        now = time.monotonic()
        begun, began = self._began = self._began or (there, now)
        rate = (there - begun) / (now - began) if now > began else 0.0
        left = (self._wanted - there) / rate if rate else 0.0
        more = f", {rate:.0f} per second, {left:.0f} s left" if rate else ""
        click.echo(f"{there} families{more}", err=True)


def bring_accounts() -> list[DemoAccount]:
    """Create or reset the demo accounts. Their passwords are kept in a file of the installation."""
    settings: Settings = current_app.config["PORTAL"]
    accounts = demo_accounts.plan(accounts_file())
    hashed = demo_accounts.hash_all(accounts, settings.argon2_memory_kib)
    with writing():
        demo_families.make_schools()
        demo_accounts.bring(hashed)
    return accounts


def accounts_file() -> Path:
    """The file with the demo passwords, next to the installation's secret."""
    return config.INSTANCE / "demo-accounts.json"
