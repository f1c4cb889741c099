"""Settings: what the environment may say, and the one line that names what is wrong."""

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from portal import config
from portal.config import Settings, SettingsError

SECRET = {"PORTAL_SECRET_KEY": "a secret of some length"}
KEPT = {"PORTAL_MAIL": "outbox", "PORTAL_SMS": "outbox"}
PUBLIC = {"PORTAL_PUBLIC_URL": "https://portal.example.org"}


@pytest.fixture(autouse=True)
def no_secret_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(config, "SECRET_FILE", tmp_path / "secret_key")
    return tmp_path / "secret_key"


def test_a_secret_is_all_that_is_needed() -> None:
    settings = Settings.from_environ(SECRET)
    assert settings.database_url.startswith("sqlite:////")
    assert settings.public_url == "http://127.0.0.1:8000"
    assert (settings.form_min_seconds, settings.form_limit, settings.proxies) == (2.0, 300, 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORTAL_SECRET_KEY", "too short"),
        ("PORTAL_SECRET_KEY", "x" * 64),
        ("PORTAL_SECRET_KEY", "abcabcabcabcabcabc"),
        ("PORTAL_SECRET_KEY", "1234567" * 5),
        ("PORTAL_SECRET_KEY", "change-me-change-me"),
        ("PORTAL_SECRET_KEY", "Please_Change_This_123"),
        ("PORTAL_SECRET_KEY", "your-secret-key-here"),
        ("PORTAL_SECRET_KEY", "my super secret key 2026"),
        ("PORTAL_PUBLIC_URL", "http://portal.example.org"),
        ("PORTAL_PUBLIC_URL", "http://portal.example.org:8000"),
        ("PORTAL_PUBLIC_URL", "http://192.0.2.7:8000"),
        ("PORTAL_PUBLIC_URL", "http://0.0.0.0:8000"),
        ("PORTAL_PUBLIC_URL", "http://localhost.example.org"),
        ("PORTAL_PUBLIC_URL", "portal.example.org"),
        ("PORTAL_PUBLIC_URL", "ftp://portal.example.org"),
        ("PORTAL_PUBLIC_URL", "https://portal.example.org/under/a/path"),
        ("PORTAL_DATABASE_URL", "sqlite:///relative.sqlite3"),
        ("PORTAL_DATABASE_URL", "postgresql://localhost/portal"),
        ("PORTAL_DATABASE_URL", "mysql://localhost/portal"),
        ("PORTAL_DATABASE_POOLER", "session"),
        ("PORTAL_DATABASE_POOLER", "transaction"),  # in front of SQLite
        ("PORTAL_REPLICA_DATABASE_URL", "postgresql+psycopg://host/name"),  # of SQLite
        ("PORTAL_FORM_MIN_SECONDS", "soon"),
        ("PORTAL_FORM_LIMIT", "-1"),
        ("PORTAL_FORM_LIMIT", "nan"),
        ("PORTAL_SIGN_IN_LIMIT", "inf"),
        ("PORTAL_PROXIES", "x"),
        ("PORTAL_SMS", "pigeon"),
        ("PORTAL_DISTRICT", "yes"),
        ("PORTAL_DISTRICT_STOP", "every"),
        ("PORTAL_DISTRICT_STOP", "all"),  # of no district
        ("PORTAL_MAIL", "pigeon"),
        ("PORTAL_MAIL", "smtp://"),
        ("PORTAL_MAIL", "https://mail.example.org"),
        ("PORTAL_MAIL", "smtp://mail.example.org:70000"),
        ("PORTAL_MAIL", "smtp://mail.example.org:none"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environ(SECRET | {name: value})
    assert str(caught.value).startswith(f"{name} must be ")
    assert "\n" not in str(caught.value)


def test_a_missing_secret_is_named() -> None:
    with pytest.raises(SettingsError, match="PORTAL_SECRET_KEY"):
        Settings.from_environ({})


def test_the_secret_of_the_installation_is_read(no_secret_file: Path) -> None:
    no_secret_file.write_text("made by make run, once\n")
    assert Settings.from_environ({}).secret_key == "made by make run, once"


def test_an_empty_setting_is_as_good_as_none() -> None:
    empty = dict.fromkeys(("PORTAL_PUBLIC_URL", "PORTAL_FORM_LIMIT", "PORTAL_DATABASE_URL"), "")
    assert Settings.from_environ(SECRET | empty) == Settings.from_environ(SECRET)


def test_https_makes_the_cookie_a_host_cookie() -> None:
    settings = Settings.from_environ(
        SECRET | KEPT | {"PORTAL_PUBLIC_URL": "https://portal.example.org/"}
    )
    assert settings.https
    assert settings.public_url == "https://portal.example.org"
    assert settings.cookie_name == "__Host-portal"
    assert Settings.from_environ(SECRET).cookie_name == "portal"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000",
        "http://127.0.0.2",
        "http://localhost:8001",
        "http://oakwood.localhost",
        "http://[::1]:8000",
        "https://portal.example.org",
        "https://192.0.2.7",
    ],
)
def test_an_address_is_https_or_of_this_machine(url: str) -> None:
    assert Settings.from_environ(SECRET | KEPT | {"PORTAL_PUBLIC_URL": url}).public_url == url


@pytest.mark.parametrize("name", ["PORTAL_MAIL", "PORTAL_SMS"])
@pytest.mark.parametrize("value", [None, "", " "])
def test_a_public_portal_that_sends_nothing_does_not_start_unless_told_to(
    name: str, value: str | None
) -> None:
    environ = SECRET | KEPT | PUBLIC
    environ.pop(name)
    with pytest.raises(SettingsError, match=f"^{name} must be set .* outbox"):
        Settings.from_environ(environ if value is None else environ | {name: value})
    at_home = environ | {"PORTAL_PUBLIC_URL": "https://oakwood.localhost"}
    assert Settings.from_environ(at_home).not_sent == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "email and texts"),
        ({"PORTAL_MAIL": "smtp://mail.example.org"}, "texts"),
        ({"PORTAL_PUBLIC_URL": "http://127.0.0.1:8000"}, ""),
    ],
)
def test_the_settings_say_what_a_public_portal_keeps_and_does_not_send(
    changes: dict[str, str], words: str
) -> None:
    assert Settings.from_environ(SECRET | KEPT | PUBLIC | changes).not_sent == words


@pytest.mark.parametrize("make", [secrets.token_urlsafe, secrets.token_hex])
def test_a_random_secret_is_good(make: Callable[[int], str]) -> None:
    for _ in range(200):
        Settings.from_environ({"PORTAL_SECRET_KEY": make(24)})
