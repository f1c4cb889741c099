"""Measures one server beside several behind a pooler, over one PostgreSQL with durable commits.

    python -m tests.scaling.throughput [families]

Everything runs on this machine. So compare processor time; requests per second say little where
one machine has to do the work of all.
"""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from statistics import median

import httpx
import psutil

from portal.enums import StaffRole
from tests.bench.stores import fill, folder, store
from tests.support.contact_form import HIDDEN, RUIZ, Sender
from tests.support.databases import Database
from tests.support.live import Live, inside, served, wait_until_applied
from tests.support.people import PASSWORD, make_account
from tests.support.pooler import pooler

SECONDS = 4.0
ROUNDS = 3
CLIENTS = 8
SERVERS = {"one server": 1, "one server, pooler": 1, "two servers, pooler": 2}
KINDS = {"gunicorn": "portal", "postgres": "PostgreSQL", "pgbouncer": "pooler"}
EMAIL = "bench@oakwood.example"


def processor_seconds() -> dict[str, float]:
    """The processor time so far of the servers below this process, by kind."""
    found = dict.fromkeys(KINDS.values(), 0.0)
    for process in psutil.process_iter(["cmdline", "cpu_times"]):
        line = " ".join(process.info["cmdline"] or ())
        for word, kind in KINDS.items():
            if word in line:
                found[kind] += sum(process.info["cpu_times"][:4])  # with those that ended
                break
    return found


def signed_in(live: Live) -> httpx.Client:
    client = httpx.Client(base_url=live.url, timeout=60, follow_redirects=False)
    fields = dict(HIDDEN.findall(client.get("/staff/sign-in").text))
    answer = client.post("/staff/sign-in", data=fields | {"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return client


def records(live: Live) -> Callable[[int], None]:
    client = signed_in(live)
    page = client.get("/oakwood/staff/search?f1=role&o1=is&v1=parent&col=parent.name").text
    links = [part.split('"')[0] for part in page.split('href="/oakwood/staff/contacts/')[1:]]

    def get(n: int) -> None:
        answer = client.get(f"/oakwood/staff/contacts/{links[n % len(links)]}")
        assert answer.status_code == 200

    return get


def forms(live: Live) -> Callable[[int], None]:
    sender = Sender(live.url)

    def send(n: int) -> None:
        number = f"(415) 55{time.time_ns() // 1000 % 10}-{time.time_ns() // 1000 % 10000:04}"
        email = f"p{time.time_ns()}@example.com"
        changes = {"parent1-email": email, "parent1-primary_phone-number": number}
        sender.send(RUIZ | changes | {"child1-first_name": f"Mateo {n}"})

    return send


def measure(lives: list[Live], make: Callable[[Live], Callable[[int], None]]) -> tuple[float, ...]:
    """Requests per second, and milliseconds of processor time of each kind for one."""
    work = [make(lives[n % len(lives)]) for n in range(CLIENTS)]
    for each in work:
        each(0)
    before, until = processor_seconds(), time.monotonic() + SECONDS

    def run(each: Callable[[int], None]) -> int:
        done = 0
        while time.monotonic() < until:
            done += 1
            each(done)
        return done

    with ThreadPoolExecutor(CLIENTS) as pool:
        done = sum(pool.map(run, work))
    rate = done / SECONDS
    wait_until_applied(lives[0])
    after = processor_seconds()
    return rate, *((after[kind] - before[kind]) * 1000 / done for kind in KINDS.values())


def main(families: int) -> None:
    with ExitStack() as stack:
        place = stack.enter_context(folder(None))
        direct = stack.enter_context(store("postgresql", place))
        fill(direct, families)
        with inside(Live("", direct)):
            make_account(EMAIL, "oakwood", StaffRole.EDITOR)
        pooled = Database("postgresql", stack.enter_context(pooler(direct.url, place / "pooler")))
        found: dict[tuple[str, str], list[tuple[float, ...]]] = {}
        for _ in range(ROUNDS):
            for name, count in SERVERS.items():
                database = pooled if "pooler" in name else direct
                with ExitStack() as servers:
                    lives = [servers.enter_context(served(database)) for _ in range(count)]
                    for what, make in {"records": records, "forms": forms}.items():
                        print(what, name, file=sys.stderr)
                        found.setdefault((what, name), []).append(measure(lives, make))
        print("| | per second |", " | ".join(f"{kind}, ms" for kind in KINDS.values()), "|")
        print("|---|" + "---:|" * (1 + len(KINDS)))
        for (what, name), rounds in sorted(found.items(), reverse=True):
            figures = [median(values) for values in zip(*rounds, strict=True)]
            print(f"| {what}, {name} |", " | ".join(f"{figure:.2f}" for figure in figures), "|")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
