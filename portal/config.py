"""Settings: typed, and read once from the environment. A wrong one stops the start and is named."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from portal.normalize import whole_number
from portal.private_files import protect_file

ROOT = Path(__file__).resolve().parent.parent
INSTANCE = ROOT / "instance"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
SECRET_FILE = INSTANCE / "secret_key"
LEAST_VARIETY = 8
"""Different characters in a secret."""
_PLACEHOLDER = re.compile(
    r"(?:(?:please)?(?:change|replace)(?:me|this|it)?(?:please|now)?|placeholder|insecure|password|"
    r"(?:my|your|the|a|our)?(?:own|very|super|top|random)*secret(?:key|value)?(?:goes)?(?:here)?)+"
)
"""The letters of secrets in examples: `change-me-change-me`, `your-secret-key-here-123`."""
LARGEST_FORM = 256 * 1024
"""The most bytes of a posted form."""


class SettingsError(ValueError):
    """A setting is missing or wrong. The message is one line that names it."""


@dataclass(frozen=True)
class Settings:
    """The settings from the environment. docs/interface.md lists the variables."""

    secret_key: str
    database_url: str
    database_pooler: str = ""
    """`transaction`: a pooler is in front of PostgreSQL, which lends a connection for so long."""
    replica_url: str = ""
    """A standby of PostgreSQL, for reads that may lag; empty: none."""
    public_url: str = "http://127.0.0.1:8000"
    form_min_seconds: float = 2.0
    """A form sent sooner after it was fetched comes back with a message; 0: no such check."""
    form_limit: int = 300
    """Forms accepted from one network within an hour; 0: no limit."""
    sign_in_limit: int = 5
    """Wrong passwords for one email, or on one known device, before further tries have to wait
    (see services/accounts/staff_sign_in); 0: no wait."""
    mail: str = "outbox"
    """`outbox`: email is kept and shown, not sent; or `smtp://user:password@host:port?from=address`."""
    sms: str = "outbox"
    """`outbox`: texts are kept and shown, not sent; or `twilio`."""
    twilio_account_sid: str = ""
    twilio_auth_token: str = ""
    """The provider also signs its requests with it."""
    twilio_api_url: str = ""
    """The address of the provider's API; empty: the provider's own."""
    district: bool = False
    """True if the schools are one district's: STOP ALL counts at each that has the number."""
    district_stop_all: bool = False
    """True if any STOP does so, not only STOP ALL."""
    demo: bool = False
    """True in a demo, where anyone may read the outbox: on loopback only."""
    proxies: int = 0
    """The number of proxies in front of the portal that set X-Forwarded-For, -Proto, and -Host."""
    level_seconds: float = 0.5
    """Responses to accepted forms are rounded up to steps of this time, well above the time that
    saving takes, so they don't reveal what is on file."""
    argon2_memory_kib: int = 65536
    testing: bool = False

    @property
    def https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def mail_sender(self) -> str:
        """The sender of emails, if PORTAL_MAIL names none."""
        return f"no-reply@{urlsplit(self.public_url).hostname}"

    @property
    def not_sent(self) -> str:
        """The things that people may wait for in vain: on a public address, `texts`, `email`, or
        both, if they are kept and not sent. Empty if all leaves, and on this machine."""
        if not self.https or is_loopback(urlsplit(self.public_url).hostname or ""):
            return ""
        kept = {"email": self.mail, "texts": self.sms}
        return " and ".join(what for what, how in kept.items() if how == "outbox")

    @property
    def cookie_name(self) -> str:
        return "__Host-portal" if self.https else "portal"

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Raises SettingsError with one line that names the variable."""
        public_url = environ.get("PORTAL_PUBLIC_URL") or cls.public_url
        host = _public_host(public_url)
        _check_scheme(public_url, host)
        if public_url.startswith("https://") and not is_loopback(host):
            _check_transports(environ)
        return cls(
            secret_key=_secret(environ),
            database_url=_database(environ),
            database_pooler=_pooler(environ),
            replica_url=_replica(environ),
            public_url=public_url.rstrip("/"),
            form_min_seconds=_number(environ, "PORTAL_FORM_MIN_SECONDS", cls.form_min_seconds),
            form_limit=_count(environ, "PORTAL_FORM_LIMIT", cls.form_limit),
            sign_in_limit=_count(environ, "PORTAL_SIGN_IN_LIMIT", cls.sign_in_limit),
            mail=_mail(environ),
            sms=_sms(environ),
            twilio_account_sid=_account(environ),
            twilio_auth_token=environ.get("PORTAL_TWILIO_AUTH_TOKEN", "").strip(),
            twilio_api_url=_api_url(environ.get("PORTAL_TWILIO_API_URL", "")),
            district=_on(environ, "PORTAL_DISTRICT"),
            district_stop_all=_stops_for_all(environ),
            demo=host in LOOPBACK and environ.get("PORTAL_DEMO") == "on",
            proxies=_count(environ, "PORTAL_PROXIES", cls.proxies),
        )


def _public_host(url: str) -> str:
    """The host of PORTAL_PUBLIC_URL, if that is no more than scheme, host and port."""
    try:
        parts = urlsplit(url)
        right = parts.scheme in {"http", "https"} and parts.path in {"", "/"} and parts.port != 0
    except ValueError:  # a port or an address that is none
        right = False
    if not right or not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise SettingsError(
            "PORTAL_PUBLIC_URL must be a scheme and host, like https://portal.example.org"
        )
    return parts.hostname


def _check_scheme(url: str, host: str) -> None:
    """Refuse http to elsewhere: anyone on the network could read answers and take over sessions."""
    if url.startswith("http://") and not is_loopback(host):
        raise SettingsError(
            "PORTAL_PUBLIC_URL must be https, like https://portal.example.org. "
            "Use http only for this machine, like http://127.0.0.1:8000"
        )


def _check_transports(environ: Mapping[str, str]) -> None:
    """Refuse a public address while nobody said how email and texts leave. A school would wait for
    texts that nobody sends."""
    for name, sends in (
        ("PORTAL_MAIL", "smtp://user:password@host:port to send email"),
        ("PORTAL_SMS", "twilio to send texts"),
    ):
        if not environ.get(name, "").strip():
            raise SettingsError(
                f"{name} must be set if PORTAL_PUBLIC_URL is a public https address. "
                f"Use {sends}, or outbox to keep them and send nothing"
            )


def is_loopback(host: str) -> bool:
    """True if the host, a name or an address, can only be this machine."""
    if host in LOOPBACK or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _secret(environ: Mapping[str, str]) -> str:
    secret = environ.get("PORTAL_SECRET_KEY", "")
    if not secret and SECRET_FILE.is_file():
        protect_file(SECRET_FILE)
        secret = SECRET_FILE.read_text().strip()
    if len(secret) < 16:
        raise SettingsError(
            "PORTAL_SECRET_KEY must be at least 16 characters, and the same for every worker"
        )
    if len(set(secret)) < LEAST_VARIETY or _PLACEHOLDER.fullmatch(_letters(secret)):
        raise SettingsError(
            "PORTAL_SECRET_KEY must be random, like the output of: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    return secret


def _letters(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalpha())


def _database(environ: Mapping[str, str]) -> str:
    url = environ.get("PORTAL_DATABASE_URL", "")
    if not url:
        return f"sqlite:///{INSTANCE / 'portal.sqlite3'}"
    if not url.startswith(("sqlite:////", "postgresql+psycopg://")) or not _is_address(url):
        raise SettingsError(
            "PORTAL_DATABASE_URL must be sqlite:////absolute/path or postgresql+psycopg://..."
        )
    return url


def _pooler(environ: Mapping[str, str]) -> str:
    pooler = environ.get("PORTAL_DATABASE_POOLER", "")
    if pooler not in {"", "transaction"} or (pooler and _database(environ).startswith("sqlite")):
        raise SettingsError(
            "PORTAL_DATABASE_POOLER must be transaction, or not set. It needs PostgreSQL"
        )
    return pooler


def _replica(environ: Mapping[str, str]) -> str:
    url = environ.get("PORTAL_REPLICA_DATABASE_URL", "")
    fits = url.startswith("postgresql+psycopg://") and not _database(environ).startswith("sqlite")
    if url and not (fits and _is_address(url)):
        raise SettingsError(
            "PORTAL_REPLICA_DATABASE_URL must be postgresql+psycopg://..., "
            "a standby of the database in PORTAL_DATABASE_URL"
        )
    return url


def _is_address(url: str) -> bool:
    try:
        make_url(url)
    except (ArgumentError, ValueError):
        return False
    return True


def _mail(environ: Mapping[str, str]) -> str:
    value = environ.get("PORTAL_MAIL") or "outbox"
    if value != "outbox" and not _is_mail_server(value):
        raise SettingsError("PORTAL_MAIL must be outbox or smtp://user:password@host:port")
    return value


def _is_mail_server(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none
        return False


def _sms(environ: Mapping[str, str]) -> str:
    """Return how texts leave. With `outbox` too an account may be set, to receive its texts."""
    sms = environ.get("PORTAL_SMS") or "outbox"
    if sms not in {"outbox", "twilio"}:
        raise SettingsError("PORTAL_SMS must be outbox or twilio")
    for name in ("PORTAL_TWILIO_ACCOUNT_SID", "PORTAL_TWILIO_AUTH_TOKEN"):
        if sms == "twilio" and not environ.get(name, "").strip():
            raise SettingsError(f"{name} must be set if PORTAL_SMS is twilio")
    return sms


def _on(environ: Mapping[str, str], name: str) -> bool:
    value = environ.get(name) or "off"
    if value not in {"on", "off"}:
        raise SettingsError(f"{name} must be on or off")
    return value == "on"


def _stops_for_all(environ: Mapping[str, str]) -> bool:
    value = environ.get("PORTAL_DISTRICT_STOP", "")
    if value not in {"", "all"} or (value and not _on(environ, "PORTAL_DISTRICT")):
        raise SettingsError(
            "PORTAL_DISTRICT_STOP must be all, or not set. It needs PORTAL_DISTRICT=on"
        )
    return value == "all"


def _account(environ: Mapping[str, str]) -> str:
    sid = environ.get("PORTAL_TWILIO_ACCOUNT_SID", "").strip()
    if sid and not re.fullmatch(r"AC[0-9A-Za-z]{1,64}", sid):
        raise SettingsError("PORTAL_TWILIO_ACCOUNT_SID must be an account ID, like AC0123...")
    return sid


def _api_url(url: str) -> str:
    if url:
        try:
            parts = urlsplit(url)
            right = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            right = False
        if not right:
            raise SettingsError("PORTAL_TWILIO_API_URL must be a URL, like http://127.0.0.1:9000")
    return url.rstrip("/")


def _number(environ: Mapping[str, str], name: str, default: float) -> float:
    text = environ.get(name, "")
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value < 1_000_000:
        raise SettingsError(f"{name} must be a number, 0 or more")
    return value


def _count(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, "")
    value = whole_number(text, 999_999) if text else default
    if value is None:
        raise SettingsError(f"{name} must be a whole number, 0 or more")
    return value
