"""PostgreSQL is asked for what pages need: few rows, by an index, at once."""

import flask_migrate
import pytest
from flask import Flask
from sqlalchemy import text

from portal.extensions import db

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

SETTINGS = {
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "random_page_cost": "1.1",
    "plan_cache_mode": "force_custom_plan",
}


def test_every_connection_plans_for_pages_and_goes_on_doing_so(app: Flask) -> None:
    for _ in range(2):
        found = {name: db.session.scalar(text(f"SHOW {name}")) for name in SETTINGS}
        assert found == SETTINGS
        db.session.rollback()


def test_the_migration_before_code_points_finds_its_indexes_as_it_made_them(app: Flask) -> None:
    ends = text("SELECT indexname, indexdef FROM pg_indexes WHERE indexname LIKE 'ix_phone_tail_%'")

    def made() -> dict[str, str]:
        found = {row.indexname: row.indexdef for row in db.session.execute(ends)}
        db.session.rollback()
        return found

    flask_migrate.downgrade(revision="0004")
    before = made()
    assert len(before) == 9
    assert all('COLLATE "C"' in definition for definition in before.values())
    flask_migrate.upgrade(revision="0005")
    assert len(made()) == 9
    flask_migrate.downgrade(revision="0004")
    assert made() == before
