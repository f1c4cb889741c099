"""Tries and finds of an attack, over all its parts, and their table."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from tests.attack.browser import Answer

MOST_SECONDS = 2.0
"""Of processor time that any one answer may take."""
MOST_BYTES = 2 * 2**20
"""The most bytes that a page's answer may have."""


@dataclass
class Findings:
    """Counts of what was tried, and each fault once with the first way to it."""

    tried: Counter[str] = field(default_factory=Counter)
    faults: dict[tuple[str, str], str] = field(default_factory=dict)
    again: Counter[tuple[str, str]] = field(default_factory=Counter)
    slowest: float = 0.0
    largest: int = 0

    def fault(self, promise: str, what: str, example: str) -> None:
        """A promise was broken. `what` names the hole: the same one is kept once."""
        self.again[promise, what] += 1
        self.faults.setdefault((promise, what), " ".join(example.split())[:1500])

    def watch(self, part: str) -> Callable[[Answer], None]:
        """An observer: no answer is a 500, takes too long or is too large."""

        def look(answer: Answer) -> None:
            self.tried[part] += 1
            self.slowest = max(self.slowest, answer.seconds)
            self.largest = max(self.largest, len(answer.body))
            shape = f"{answer.method} {shape_of(answer.path)}"
            if answer.status >= 500:
                self.fault("never a 500", f"{shape}: {answer.error}", example_of(answer))
            if answer.seconds > MOST_SECONDS:
                seconds = f"{answer.seconds:.1f} s: "
                self.fault("bounded time", shape, seconds + example_of(answer))
            if len(answer.body) > MOST_BYTES:
                self.fault("bounded size", shape, f"{len(answer.body)} bytes: {example_of(answer)}")

        return look

    def add(self, other: "Findings") -> None:
        self.tried += other.tried
        self.again += other.again
        for key, example in other.faults.items():
            self.faults.setdefault(key, example)
        self.slowest = max(self.slowest, other.slowest)
        self.largest = max(self.largest, other.largest)


def shape_of(path: str) -> str:
    """An address without its query and its ids, so that one hole is told once."""
    steps = path.partition("?")[0].split("/")
    return "/".join("…" if _is_an_id(step) else step for step in steps)


def _is_an_id(step: str) -> bool:
    return len(step) > 40 or any(c.isdigit() or not c.isascii() or c == "%" for c in step)


def example_of(answer: Answer) -> str:
    asked = f"{answer.method} {answer.path[:300]} [{answer.sent[:500]}]"
    return f"{asked} -> {answer.status} {answer.location}"


@dataclass(frozen=True)
class Deadline:
    """The time by which a part has to end."""

    at: float

    @classmethod
    def within(cls, seconds: float) -> "Deadline":
        return cls(monotonic() + seconds)

    def left(self) -> float:
        return self.at - monotonic()

    def over(self) -> bool:
        return self.left() <= 0


def table(runs: dict[str, Findings]) -> str:
    """As it stands in docs/security.md: a column for each database."""
    rows = sorted({name for run in runs.values() for name in run.tried})
    promises = sorted({promise for run in runs.values() for promise, _ in run.faults})
    lines = [["", *runs], ["---", *("--:" for _ in runs)]]
    lines += [[row, *(f"{run.tried[row]:,}" for run in runs.values())] for row in rows]
    lines.append(
        ["slowest answer, seconds of processor", *(f"{r.slowest:.2f}" for r in runs.values())]
    )
    lines.append(["largest answer, KiB", *(f"{r.largest / 1024:,.0f}" for r in runs.values())])
    for promise in promises:
        found = [sum(p == promise for p, _ in run.faults) for run in runs.values()]
        lines.append([f"**broken: {promise}**", *map(str, found)])
    if not promises:
        lines.append(["**promises broken**", *("0" for _ in runs)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
