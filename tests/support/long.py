"""Long tests: `make test` takes a part of them, and `make check` all."""

from collections.abc import Callable, Hashable, Iterable
from typing import Any

import pytest


def first_of_each(cases: Iterable[Any], kind: Callable[[Any], Hashable]) -> list[Any]:
    """The cases as parameters. All but the first of each kind are long."""
    seen: set[Hashable] = set()
    parameters = []
    for case in cases:
        marks = [pytest.mark.long] if kind(case) in seen else []
        seen.add(kind(case))
        parameters.append(pytest.param(case, marks=marks))
    return parameters


def examples(few: int, many: int) -> pytest.MarkDecorator:
    """Run a test with a few `examples`, and in `make check` also with many."""
    return pytest.mark.parametrize("examples", [few, pytest.param(many, marks=pytest.mark.long)])
