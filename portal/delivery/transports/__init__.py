"""The ways that texts leave. Only the text sender goes through here, with the gate's permit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from portal.consent.gate import SendPermit
from portal.services.texting.inbound import Received
from portal.services.texting.queue import Outgoing


class RefusedError(Exception):
    """The provider refuses the text for good; `code` is its own."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"refused with {code}")
        self.code = code


class OptedOutError(RefusedError):
    """The provider has the number as unsubscribed."""


class NotNowError(Exception):
    """It may do later. `in_doubt`: the provider may have taken the text; `rest`: the seconds that
    it asks for."""

    holds_no_value = True
    """Its message is a status or the name of an error, so the log may show it."""

    def __init__(self, words: str, in_doubt: bool, rest: float | None = None) -> None:
        super().__init__(words)
        self.in_doubt = in_doubt
        self.rest = rest


@dataclass(frozen=True, slots=True)
class ProviderMessage:
    """A text that the provider has."""

    provider_id: str
    status: str
    error_code: int | None


class Transport(Protocol):
    def send(self, permit: SendPermit, text: Outgoing) -> str:
        """Send a text by its pass; gives the provider's id.

        Nothing goes out later than text_queue.SEND_SECONDS after the call. Raises RefusedError,
        OptedOutError, NotNowError; ValueError for a permit that is none, or another text's.
        """
        ...

    def find(self, text: Outgoing, since: datetime) -> list[ProviderMessage]:
        """The texts that the provider has, to this number with this body, since then; oldest first.

        Raises NotNowError.
        """
        ...

    def received(
        self, texting_number: str, since: datetime, number: str | None = None
    ) -> Iterable[Received]:
        """The texts that came in to a texting number since then, oldest first.

        Raises NotNowError.
        """
        ...


def check(permit: SendPermit, text: Outgoing) -> None:
    """A pass is the gate's, for one number at one school."""
    if not isinstance(permit, SendPermit):
        raise ValueError("a text goes out with the gate's pass only")
    if (permit.school_id, permit.number) != (text.school_id, text.number):
        raise ValueError("the gate's pass is for another number")
