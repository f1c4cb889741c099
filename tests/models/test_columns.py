"""Ids and moments, as every table keeps them."""

import os
import threading
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.dialects import postgresql, sqlite

from portal.models import columns
from portal.models.columns import STEP, IdMaker, Moment, ShortIdMaker, new_id


def test_ids_made_later_are_greater_and_none_is_made_twice() -> None:
    made: list[list[int]] = [[] for _ in range(4)]

    def make(mine: list[int]) -> None:
        mine.extend(new_id() for _ in range(2000))

    threads = [threading.Thread(target=make, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for mine in made:
        assert mine == sorted(mine)
    assert len({one for mine in made for one in mine}) == 8000


def test_an_id_fits_into_63_bits_for_two_centuries(monkeypatch: pytest.MonkeyPatch) -> None:
    far = datetime(2225, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(columns.time, "time_ns", lambda: int(far.timestamp()) * 10**9)
    assert 0 < IdMaker().make() < 2**63


def test_ids_keep_growing_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = IdMaker()
    monkeypatch.setattr(columns.time, "time_ns", lambda: 1_800_000_000 * 10**9)
    first = ids.make()
    monkeypatch.setattr(columns.time, "time_ns", lambda: 1_700_000_000 * 10**9)
    assert ids.make() == first + 1


@pytest.mark.parametrize("dialect", [sqlite.dialect(), postgresql.dialect()], ids=lambda d: d.name)
def test_a_moment_is_the_same_moment_when_it_comes_back(dialect) -> None:
    said = datetime(2026, 9, 1, 8, 30, 0, 123456, tzinfo=timezone(timedelta(hours=-7)))
    kept = Moment().process_bind_param(said, dialect)
    assert kept == said
    assert kept.tzinfo is UTC
    read = Moment().dialect_impl(dialect).result_processor(dialect, None)
    texts = [str(kept.replace(tzinfo=None)), str(kept)]
    returned = texts if dialect.name == "sqlite" else [kept, said]
    for value in returned:
        back = read(value)
        assert back == said
        assert back.isoformat() == "2026-09-01T15:30:00.123456+00:00"
    assert Moment().process_bind_param(None, dialect) is None
    assert read(None) is None


def test_a_contacts_id_has_15_digits_at_most_for_decades(monkeypatch: pytest.MonkeyPatch) -> None:
    last = datetime(2055, 1, 1, tzinfo=UTC).timestamp() * 1e9
    monkeypatch.setattr(time, "time_ns", lambda: int(last))
    assert all(10**13 < ShortIdMaker().make() < 10**15 for _ in range(100))


def test_contacts_ids_go_up_within_a_process_and_from_day_to_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    maker = ShortIdMaker()
    ids = [maker.make() for _ in range(20_000)]
    tomorrow = time.time_ns() + 86_400 * 10**9
    monkeypatch.setattr(time, "time_ns", lambda: tomorrow)
    ids += [maker.make() for _ in range(100)]
    assert ids == sorted(set(ids))


def test_processes_start_at_places_of_their_own() -> None:
    """Also one that was forked from another that has made ids."""
    maker = ShortIdMaker()
    first = maker.make()
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writer, str(maker.make()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert abs(int(os.read(reader, 100)) - first) > 1000 * STEP
    others = {ShortIdMaker().make() for _ in range(1000)}
    assert len(others) == 1000
