"""The variants of a test that `make test` runs. `make check` runs every one, on both databases.

A test is one function. Its variants are its combinations of parameters, a database among them.
"""

from collections import defaultdict
from collections.abc import Iterable

import pytest

DATABASES = ("database", "live")
"""The parameters that are a database, or the portal at work on one."""
FEW = 2
"""Tests with no more combinations than this run all of them on both databases."""


def leave_to_check(items: Iterable[pytest.Item]) -> None:
    """Mark as `long` what `make test` needs not run.

    A test without a browser runs each combination on one database, in turns. A browser's story
    runs until each value of each parameter was in it, on one database in turns.
    """
    tests: dict[tuple[str, str], list[pytest.Function]] = defaultdict(list)
    for item in items:
        if isinstance(item, pytest.Function) and _parameters(item).keys() & set(DATABASES):
            tests[str(item.path), item.originalname].append(item)
    for turn, variants in enumerate(tests.values()):
        browser = variants[0].get_closest_marker("browser") is not None
        kept = _each_value(variants, turn) if browser else _each_combination(variants)
        for variant in variants:
            if variant not in kept:
                variant.add_marker(pytest.mark.long)


def _each_combination(variants: list[pytest.Function]) -> list[pytest.Function]:
    """Half of the variants: the first combination on one database, the second on the other."""
    combinations = list(dict.fromkeys(_others(variant) for variant in variants))
    if len(combinations) <= FEW:
        return variants
    engines = list(dict.fromkeys(_engine(variant) for variant in variants))
    chosen = {
        (combination, engines[n % len(engines)]) for n, combination in enumerate(combinations)
    }
    return [variant for variant in variants if (_others(variant), _engine(variant)) in chosen]


def _each_value(variants: list[pytest.Function], turn: int) -> list[pytest.Function]:
    """As few variants as have each value of each parameter; the databases take turns."""
    engines = list(dict.fromkeys(_engine(variant) for variant in variants))
    missing = {value for variant in variants for value in _others(variant)}
    kept: list[pytest.Function] = []
    while missing or not kept:
        engine = engines[(turn + len(kept)) % len(engines)]
        news = [len(missing & set(_others(variant))) for variant in variants]
        best = [variant for variant, new in zip(variants, news, strict=True) if new == max(news)]
        kept.append(next((v for v in best if _engine(v) == engine), best[0]))
        missing -= set(_others(kept[-1]))
    return kept


def _parameters(item: pytest.Function) -> dict[str, str]:
    callspec = getattr(item, "callspec", None)
    return {name: repr(value) for name, value in callspec.params.items()} if callspec else {}


def _engine(item: pytest.Function) -> str:
    return next(value for name, value in _parameters(item).items() if name in DATABASES)


def _others(item: pytest.Function) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in sorted(_parameters(item).items()) if pair[0] not in DATABASES)
