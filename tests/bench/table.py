"""Measurements, as the rows of a table."""

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")
HEAD = "| | | times | median | 95th | worst | bound | |\n|---|---|---:|---:|---:|---:|---:|---|"


@dataclass(slots=True)
class Measured:
    """Samples of one thing, in `unit`; `judged` is the figure that must not exceed the bound."""

    what: str
    unit: str = "ms"
    bound: float | None = None
    judged: str = "95th"
    samples: list[float] = field(default_factory=list)
    worst_of: str = ""
    """The name of the worst of the things measured."""

    def add(self, sample: float, name: str = "") -> None:
        if not self.samples or sample > max(self.samples):
            self.worst_of = name
        self.samples.append(sample)

    def figure(self, name: str) -> float:
        if name == "median":
            return statistics.median(self.samples)
        if name == "95th" and len(self.samples) > 1:
            return statistics.quantiles(self.samples, n=20, method="inclusive")[-1]
        return max(self.samples)

    @property
    def kept(self) -> bool:
        """True if it is within its bound."""
        return self.bound is None or self.figure(self.judged) <= self.bound

    def row(self, engine: str) -> str:
        figures = [self._shown(name) for name in ("median", "95th", "worst")]
        bound = "" if self.bound is None else f"{self.bound:g} {self.unit}"
        verdict = "" if self.bound is None else "ok" if self.kept else "MISSED"
        cells = [self.what, engine, str(len(self.samples)), *figures, bound, verdict]
        return f"| {' | '.join(cells)} |"

    def _shown(self, name: str) -> str:
        digits = 2 if self.unit == "s" else 1
        shown = f"{self.figure(name):.{digits}f}"
        return f"**{shown}**" if self.bound is not None and name == self.judged else shown


def timed(measured: Measured, things: Iterable[T], work: Callable[[T], object]) -> Measured:
    """The number of milliseconds the work takes for each of the things, one after the other."""
    for thing in things:
        start = time.perf_counter()
        work(thing)
        measured.add((time.perf_counter() - start) * 1000, str(thing))
    return measured
