"""`make bench`: how long the portal takes over many made-up families, and whether that is within
the bounds that docs/performance.md gives.

Pages are measured within one process, without a network, by someone signed in: what is told is all
the work of the portal and its database. Counts that a search keeps for some seconds are forgotten
before each page. Downloads are fetched from the production server, over HTTP.

    make bench ARGS="--families 100000 --engine sqlite --engine postgresql --keep build/bench"
    make bench ARGS="--peers --size 1000"
"""

import argparse
import gc
import platform
import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from urllib.parse import urlencode

import psycopg
from flask import Flask
from sqlalchemy import func, select

from portal import create_app
from portal.enums import ContactRole, StaffRole
from portal.extensions import db
from portal.models import ConsentEvent, Contact, ParentLink, Phone
from portal.queries.accounts.staff import find_credentials
from portal.queries.schools import get_school
from portal.queries.search import results as search_results
from tests.bench.downloads import downloads
from tests.bench.draws import TIMES, OnFile, look_ups
from tests.bench.peers.run import run as run_peers
from tests.bench.searches import criteria, pairs, saved_pages
from tests.bench.stores import fill, folder, store
from tests.bench.table import HEAD, Measured, timed
from tests.support.audit import Page
from tests.support.client import form_values
from tests.support.databases import ENGINES, Database, settings
from tests.support.people import PASSWORD, make_account

EMAIL = "speed@oakwood.example"
SEED = 1
FAMILIES = 5000
PAGE_MS, CRITERION_MS, PAIR_MS = 100.0, 500.0, 1000.0
AGAIN = 4
STAFF = "/oakwood/staff"
PARTS = ("pages", "look-ups", "saved", "criteria", "pairs", "downloads")


def main() -> int:
    options = _options()
    if options.peers:
        run_peers(options.size or ())
        return 0
    kept = True
    with folder(options.keep) as directory:
        for engine in options.engine or ["sqlite"]:
            with store(engine, directory) as database:
                took = fill(database, options.families)
                app = create_app(settings(database.url))
                print(f"\n{_about(app, database, took)}\n\n{HEAD}", flush=True)
                for measured in _measure(app, database, options.part or PARTS):
                    print(measured.row(engine), flush=True)
                    if measured.worst_of and options.verbose:
                        print(f"  worst: {measured.worst_of}", file=sys.stderr)
                    kept = kept and measured.kept
    return 0 if kept else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--families", type=int, default=FAMILIES)
    parser.add_argument("--engine", choices=ENGINES, action="append", help="sqlite if none is said")
    parser.add_argument("--keep", type=Path, help="a folder that keeps the databases")
    parser.add_argument("--part", choices=PARTS, action="append", help="all if none is said")
    parser.add_argument("--peers", action="store_true", help="the portal beside other software")
    parser.add_argument("--size", type=int, action="append", help="of --peers: families")
    parser.add_argument("--verbose", action="store_true", help="say what was the slowest")
    return parser.parse_args()


def _about(app: Flask, database: Database, took: float | None) -> str:
    """The day, the machine, the versions and how much there is, in one paragraph."""
    with app.app_context():
        counts = {
            name: db.session.scalar(select(func.count()).select_from(model)) or 0
            for name, model in (("contacts", Contact), ("phones", Phone), ("events", ConsentEvent))
        }
        db.session.remove()
    there = ", ".join(f"{n:,} {name}" for name, n in counts.items())
    loaded = "kept from before" if took is None else f"loaded in {took:.0f} s"
    return (
        f"{date.today()}, CPython {platform.python_version()}, "  # noqa: DTZ011
        f"{_version(database)}: {there}, {loaded}."
    )


def _version(database: Database) -> str:
    if database.engine == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    with psycopg.connect(database.url.replace("+psycopg", "", 1)) as connection:
        return f"PostgreSQL {connection.info.parameter_status('server_version')}"


def _measure(app: Flask, database: Database, parts: list[str]) -> Iterator[Measured]:
    with app.app_context():
        school = get_school("oakwood")
        assert school is not None
        if find_credentials(EMAIL) is None:
            make_account(EMAIL, "oakwood", StaffRole.EDITOR)
        there = OnFile.of(school)
        saved = saved_pages(school, SEED)
        asked = list(criteria(school, there, SEED))
        record = db.session.scalar(select(ParentLink.student_id).limit(1))
        db.session.remove()
        typed_by_kind = look_ups(there, SEED)
        del there
    gc.collect()
    gc.freeze()  # what was drawn from is no part of what is measured
    fetch = _fetcher(app)
    if "pages" in parts:
        yield timed(Measured("The contact form"), ["/oakwood/forms/contact"] * TIMES, fetch)
        yield timed(Measured("A record"), [f"{STAFF}/contacts/{record}"] * TIMES, fetch)
    if "look-ups" in parts:
        for kind, typed in typed_by_kind.items():
            paths = [f"{STAFF}/?{urlencode({'q': q})}" for q in typed]
            yield timed(Measured(f"Look-up: {kind}", bound=PAGE_MS), paths, fetch)
    if "saved" in parts:
        for what, addresses in saved.items():
            paths = [f"{STAFF}/search?{here}" for here in addresses]
            yield timed(Measured(what, bound=PAGE_MS), paths, fetch)
    if "criteria" in parts:
        yield from _criteria(fetch, asked, "Any one criterion", CRITERION_MS)
    if "pairs" in parts:
        yield from _criteria(fetch, list(pairs(asked, SEED)), "Any two criteria", PAIR_MS)
    if "downloads" in parts:
        yield from downloads(database, EMAIL)


def _criteria(
    fetch: Callable[[str], None],
    asked: list[tuple[ContactRole, str, str]],
    what: str,
    bound: float,
) -> Iterator[Measured]:
    """One sample for each search; of one that was slow once, the median of more."""
    for role in ContactRole.STUDENT, ContactRole.PARENT:
        measured = Measured(f"{what}, a row for each {role}", bound=bound, judged="worst")
        for of, said, here in asked:
            if of is not role:
                continue
            one = timed(Measured(said), [f"{STAFF}/search?{here}"], fetch)
            if one.figure("worst") > bound / 2:
                timed(one, [f"{STAFF}/search?{here}"] * AGAIN, fetch)
            measured.add(one.figure("median"), said)
        yield measured


def _fetcher(app: Flask) -> Callable[[str], None]:
    """Fetches a page as someone who is signed in, whatever was counted before forgotten."""
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_ENCODING"] = "gzip"
    plain = {"Accept-Encoding": "identity"}
    fields = form_values(Page(client.get("/staff/sign-in", headers=plain).text))
    answer = client.post("/staff/sign-in", data=fields | {"email": EMAIL, "password": PASSWORD})
    assert answer.status_code in {302, 303}, answer.status

    def fetch(path: str) -> None:
        search_results.remembered_counts.clear()
        answer = client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status}"

    return fetch


if __name__ == "__main__":
    sys.exit(main())
