"""The benchmark beside other software: its data comes into the portal, and its recipe's pages are
there. The others are not installed here."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from portal import create_app
from portal.extensions import db
from tests.bench.peers.run import HERE, ROOT, make_data, portal_recipe
from tests.support.databases import settings


def test_the_benchs_data_and_recipe_fit_the_portal(tmp_path: Path) -> None:
    data = make_data(40, tmp_path / "d40")
    url, expected = f"sqlite:///{tmp_path / 'portal.sqlite3'}", tmp_path / "expect.json"
    subprocess.run(
        [sys.executable, HERE / "load_portal.py", data, url, expected],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    expect, recipe = (
        json.loads(expected.read_text()),
        json.loads(portal_recipe(tmp_path).read_text()),
    )
    app = create_app(settings(url))
    try:
        staff = app.test_client()
        hidden = re.findall(
            r'<input[^>]*name="(csrf_token)"[^>]*value="([^"]*)"',
            staff.get(recipe["login"]["path"]).text,
        )
        login = dict(hidden) | recipe["login"]["data"]
        assert staff.post(recipe["login"]["path"], data=login).status_code == 303
        assert staff.get(recipe["form"]).status_code == 200
        assert staff.get(recipe["record"].format(id=expect["id"])).status_code == 200
        lines = staff.get(recipe["export"]).text.splitlines()
        assert len(lines) == recipe["export_heading_lines"] + expect["opted_out"] > 1
        assert recipe["out_mark"] in staff.get(recipe["list"]).text
    finally:
        with app.app_context():
            db.engine.dispose()
