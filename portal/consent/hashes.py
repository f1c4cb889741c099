"""The hashes that chain a number's events, and the digest of what is personal beside them."""

import hashlib
import json
from datetime import datetime
from typing import Any

from portal.models import ConsentEvent


def evidence_digest(salt: str, content: dict[str, Any]) -> str:
    """SHA-256, in hex, of the salt and the content as canonical JSON."""
    return hashlib.sha256(f"{salt}\n{_canonical(content)}".encode()).hexdigest()


def event_hash(event: ConsentEvent) -> str:
    """SHA-256, in hex, of all that the event says, the hash of the one before it included."""
    said = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name in _HASHED
        if (value := getattr(event, name)) is not None
    }
    return hashlib.sha256(_canonical(said).encode()).hexdigest()


_HASHED = tuple(c.key for c in ConsentEvent.__table__.columns if c.key != "hash")


def _canonical(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
