"""The ways that texts leave. Only portal/texter.py goes through here, with the gate's pass."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from portal.consent.gate import Pass
from portal.services.inbound import Received
from portal.services.text_queue import InHand


class RefusedError(Exception):
    """The provider refuses the text for good; `code` is its own."""

    def __init__(self, code: int | None, words: str) -> None:
        super().__init__(words)
        self.code = code


class OptedOutError(RefusedError):
    """The provider has the number as unsubscribed."""


class NotNowError(Exception):
    """It may do later. `in_doubt`: the provider may have taken the text; `rest`: the seconds that
    it asks for."""

    def __init__(self, words: str, in_doubt: bool, rest: float | None = None) -> None:
        super().__init__(words)
        self.in_doubt = in_doubt
        self.rest = rest


class Transport(Protocol):
    def send(self, passed: Pass, text: InHand) -> str:
        """Send a text by its pass; gives the provider's id.

        Raises RefusedError, OptedOutError, NotNowError.
        """
        ...

    def sent_like(self, text: InHand, since: datetime) -> list[str]:
        """The provider's ids of texts that it has, to this number with this body, since then.

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


def check(passed: Pass, text: InHand) -> None:
    """A pass is for one number at one school."""
    if (passed.school_id, passed.number) != (text.school_id, text.number):
        raise ValueError("the gate's pass is for another number")
