"""`make bench`: the time that the server needs for a page, over many made-up families.

Measured within one process, without a network: what is told is the portal's own work and that of
its database. Median and 95th of 100 (in milliseconds), and the number of queries.

    make bench ARGS="--families 5000 --database postgresql"
"""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from portal import create_app
from portal.cli.demo import load_families
from portal.enums import StaffRole
from portal.extensions import db
from portal.models import ParentLink
from portal.services.demo_plan import phone_number
from tests.support.audit import Page
from tests.support.client import form_values
from tests.support.databases import ENGINES, Databases, settings
from tests.support.people import PASSWORD, make_account
from tests.support.queries import counted

EMAIL = "bench@oakwood.example"
TIMES = 100


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--families", type=int, default=1000)
    parser.add_argument("--database", choices=ENGINES, default="sqlite")
    options = parser.parse_args()
    databases = Databases("bench")
    try:
        with databases.fresh(options.database) as database:
            app = create_app(settings(database.url))
            with app.app_context():
                engine = db.engine
                pages = load(options.families)
            measure(app, engine, pages)
            engine.dispose()
    finally:
        databases.remove()


def load(families: int) -> dict[str, str]:
    """Make the families, and an account; the pages to be measured, by what they are."""
    start = time.perf_counter()
    load_families(families)
    took = time.perf_counter() - start
    print(f"{families} families made in {took:.1f} s: {families / took:.0f} a second")
    make_account(EMAIL, "oakwood", StaffRole.VIEWER)
    student = db.session.scalar(select(ParentLink.student_id).limit(1))
    return {
        "the contact form": "/oakwood/forms/contact",
        "a look-up by name": "/oakwood/staff/?q=garcia",
        "a look-up by number": f"/oakwood/staff/?q={phone_number(0)[-7:]}",
        "a record": f"/oakwood/staff/contacts/{student}",
    }


def measure(app: Flask, engine: Engine, pages: dict[str, str]) -> None:
    client = app.test_client()
    sign_in(client)
    print(f"{'':<24}{'median':>10}{'95th':>10}{'queries':>10}")
    for name, path in pages.items():
        print(f"{name:<24}" + timed(engine, partial(fetch, client, path)))


def sign_in(client: FlaskClient) -> None:
    fields = form_values(Page(client.get("/staff/sign-in").text))
    answer = client.post("/staff/sign-in", data=fields | {"email": EMAIL, "password": PASSWORD})
    assert answer.status_code in {302, 303}, answer.status


def fetch(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status}"


def timed(engine: Engine, work: Callable[[], None]) -> str:
    work()
    with counted(engine) as queries:
        work()
    taken = []
    for _ in range(TIMES):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    p95 = statistics.quantiles(taken, n=20)[-1]
    return f"{statistics.median(taken):>7.1f} ms{p95:>7.1f} ms{len(queries):>10}"


if __name__ == "__main__":
    main()
