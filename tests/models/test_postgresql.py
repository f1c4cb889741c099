"""PostgreSQL is asked for what pages need: few rows, by an index, at once."""

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
