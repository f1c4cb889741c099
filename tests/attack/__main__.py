"""`make attack`: the figures of docs/security.md, on both databases; 1 if a promise was broken.

`make attack ARGS="--minutes 2 --engine sqlite --part consent"` is a smaller one; `--seed` makes it
try the same again.
"""

import argparse
import secrets
import sys
from collections.abc import Callable

from tests.attack import consent_machine, inputs, interference, routes
from tests.attack.findings import Deadline, Findings, table
from tests.attack.site import Site
from tests.support.databases import ENGINES, Databases

Attack = Callable[[Site, int, Deadline], Findings]
PARTS: dict[str, tuple[Attack, float]] = {
    "routes": (routes.attack, 0.25),
    "inputs": (inputs.attack, 0.2),
    "consent": (consent_machine.attack, 0.35),
    "worlds": (interference.attack, 0.2),
}
"""Each part, with its share of the time."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="make attack", description=__doc__)
    parser.add_argument("--minutes", type=float, default=8.0, help="for all of it")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--engine", choices=ENGINES, action="append")
    parser.add_argument("--part", choices=PARTS, action="append")
    asked = parser.parse_args()
    seed = secrets.randbelow(10**6) if asked.seed is None else asked.seed
    engines = asked.engine or list(ENGINES)
    print(f"Seed {seed}, {asked.minutes:g} minutes, on {' and '.join(engines)}.", flush=True)
    databases = Databases("attack")
    runs = {}
    try:
        for engine in engines:
            seconds = asked.minutes * 60 / len(engines)
            runs[engine] = run(Site(databases, engine), asked.part or list(PARTS), seed, seconds)
    finally:
        databases.remove()
    print(table(runs))
    for engine, findings in runs.items():
        print(told(engine, findings), end="")
    return int(any(findings.faults for findings in runs.values()))


def run(site: Site, parts: list[str], seed: int, seconds: float) -> Findings:
    """The parts, one after the other; each has its share of the time."""
    found = Findings()
    whole = sum(PARTS[part][1] for part in parts)
    for part in parts:
        attack, share = PARTS[part]
        found.add(attack(site, seed, Deadline.within(seconds * share / whole)))
    return found


def told(engine: str, findings: Findings) -> str:
    """Each hole that was found, with the way to it."""
    lines = []
    for (promise, what), example in sorted(findings.faults.items()):
        times = findings.again[promise, what]
        lines.append(f"\n{engine}: {promise}\n  {what} (seen {times} times)\n  {example}\n")
    return "".join(lines)


if __name__ == "__main__":
    sys.exit(main())
