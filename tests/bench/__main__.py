"""`make bench`: the time that the server needs for a page, over many made-up families.

Measured within one process, without a network: what is told is the portal's own work and that of
its database. Median and 95th of 100 (in milliseconds), and the number of queries.

    make bench ARGS="--families 5000 --database postgresql"
"""

import argparse
import statistics
import time
from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient

from portal import create_app
from portal.cli.demo import load_families
from portal.enums import StaffRole
from portal.extensions import db
from portal.models import Contact
from portal.queries.schools import get_school
from portal.services.demo import phone_number
from tests.support.audit import Page
from tests.support.client import form_values
from tests.support.databases import ENGINES, Databases, settings
from tests.support.people import PASSWORD, make_account
from tests.support.queries import counted

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
                load(options.families)
                measure(app)
                db.session.remove()
                db.engine.dispose()
    finally:
        databases.remove()


def load(families: int) -> None:
    start = time.perf_counter()
    load_families(families)
    took = time.perf_counter() - start
    print(f"{families} families made in {took:.1f} s: {families / took:.0f} a second")


def measure(app: Flask) -> None:
    client = app.test_client()
    sign_in(client)
    school = get_school("oakwood")
    assert school is not None
    contact_id = db.session.query(Contact.id).filter_by(school_id=school.id).limit(1).scalar()
    number = phone_number(0)
    db.session.remove()
    pages = {
        "the contact form": "/oakwood/forms/contact",
        "a look-up by name": "/oakwood/staff/?q=garcia",
        "a look-up by number": f"/oakwood/staff/?q={number[-7:]}",
        "a record": f"/oakwood/staff/contacts/{contact_id}",
    }
    print(f"{'':<24}{'median':>10}{'95th':>10}{'queries':>10}")
    for name, path in pages.items():
        print(f"{name:<24}" + timed(lambda path=path: fetch(client, path)))


def sign_in(client: FlaskClient) -> None:
    make_account("bench@oakwood.example", "oakwood", StaffRole.VIEWER)
    fields = form_values(Page(client.get("/staff/sign-in").text))
    answer = client.post(
        "/staff/sign-in", data=fields | {"email": "bench@oakwood.example", "password": PASSWORD}
    )
    assert answer.status_code in {302, 303}, answer.status


def fetch(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status}"


def timed(work: Callable[[], None]) -> str:
    work()
    with counted(db.engine) as queries:
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
