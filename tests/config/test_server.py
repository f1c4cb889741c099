"""The server loads the app before its workers are made, and they share no connection or thread."""

import os
import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask

import portal
from portal.extensions import db
from tests.support.live import ROOT

SECRET = "of the server alone"


def test_a_web_server_loads_nothing_that_no_page_needs() -> None:
    code = "import sys, portal.server, wsgi; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "SERVER_SOFTWARE": "gunicorn/0", "PORTAL_SECRET_KEY": SECRET},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(run.stdout.split())
    assert "portal.views.staff.overview" in loaded
    assert not loaded & {"alembic", "mako", "zxcvbn", "portal.cli", "twilio"}


def test_workers_share_no_connection_and_no_thread(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_SECRET_KEY", SECRET)
    server = import_module("portal.server")
    connected: list[object] = []
    monkeypatch.setattr(db.engine, "connect", connected.append)
    monkeypatch.setattr(server.gc, "freeze", lambda: None)
    before = set(threading.enumerate())
    server.when_ready(SimpleNamespace(app=SimpleNamespace(wsgi=lambda: app)))
    assert not connected
    assert set(threading.enumerate()) <= before, "others may have ended meanwhile"


def test_compiled_templates_are_kept_where_nobody_else_can_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portal, "INSTANCE", tmp_path / "instance")
    folder = portal.templates_folder()
    assert folder is not None
    assert folder.stat().st_mode & 0o777 == 0o700


def test_templates_are_not_kept_where_there_can_be_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "instance").write_text("a file")
    monkeypatch.setattr(portal, "INSTANCE", tmp_path / "instance")
    assert portal.templates_folder() is None
