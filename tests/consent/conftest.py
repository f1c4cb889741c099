"""Fixtures of the ledger's tests."""

import pytest

from portal import times
from portal.queries.schools import SchoolRow
from tests.consent.world import Clock, World


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(times, "now", clock)
    return clock


@pytest.fixture
def world(school: SchoolRow, clock: Clock) -> World:
    return World(school, clock)
