"""Texts that come in: kept once, taken for what they are, brought to the ledger.

Callers commit. The webhook, the reconciliation and the page that plays a handset all come here.
"""

from dataclasses import dataclass
from datetime import datetime

from portal.enums import InboundKind, InboundVia
from portal.queries.schools import SchoolRow


@dataclass(frozen=True, slots=True)
class Received:
    """A text as the provider tells of it."""

    provider_id: str
    number: str
    """Whom it came from."""
    texting_number: str
    """That it came to."""
    body: str
    happened_at: datetime | None = None
    """When it came to the provider, if that was not just now."""
    opt_out_type: str | None = None
    media: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a text."""

    school: SchoolRow
    kind: InboundKind
    new: bool
    """False: it was delivered before, and nothing was done."""


def take_in(received: Received, via: InboundVia) -> Taken | None:
    """Keep a text and do what it says; None if no school has, or had, the number it came to."""
    raise NotImplementedError
