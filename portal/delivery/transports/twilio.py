"""The transport `twilio`, by Twilio's own client library."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import httpx
from twilio.base.exceptions import TwilioException
from twilio.rest import Client

from portal.config import Settings
from portal.consent.gate import SendPermit
from portal.delivery.transports import (
    NotNowError,
    OptedOutError,
    ProviderMessage,
    RefusedError,
    check,
)
from portal.delivery.transports.twilio_http import PromptHttpClient
from portal.provider_codes import PASSES_BY_ITSELF
from portal.services.texting.delivery_reports import UNSUBSCRIBED
from portal.services.texting.inbound import Received
from portal.services.texting.queue import SEND_SECONDS, Outgoing

_LATER = frozenset({408, 425, 429})
"""Refusals that pass: too many at once."""
_CLOCKS = timedelta(seconds=60)
"""The most that the provider's clock may differ from ours."""
_PAGE = 200
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout)
"""No connection was made, so the provider can't have the text."""
_TROUBLE = (httpx.HTTPError, httpx.InvalidURL, TwilioException, ValueError)
"""Errors that the libraries raise: ValueError if an answer is not of the right form."""


class Twilio:
    """One for each thread: the client keeps a connection."""

    def __init__(self, settings: Settings) -> None:
        # Connecting and the answer have as long each; what is left is for the gate's word.
        self._http = PromptHttpClient(SEND_SECONDS / 2 - 1)
        self._client = Client(
            settings.twilio_account_sid, settings.twilio_auth_token, http_client=self._http
        )
        if settings.twilio_api_url:
            self._client.api.base_url = settings.twilio_api_url
        self._report_to = f"{settings.public_url}/webhooks/twilio/status"

    def send(self, permit: SendPermit, text: Outgoing) -> str:
        check(permit, text)
        try:
            message = self._client.messages.create(
                to=text.number,
                from_=text.texting_number,
                body=text.body,
                status_callback=f"{self._report_to}?message={text.id}",
            )
        except _TROUBLE as error:
            raise self._translated(error) from error
        return str(message.sid)

    def find(self, text: Outgoing, since: datetime) -> list[ProviderMessage]:
        try:
            # Not by the time of sending: a text that still waits at the provider has none.
            listed = self._client.messages.list(
                to=text.number, from_=text.texting_number, limit=_PAGE, page_size=_PAGE
            )
        except _TROUBLE as error:
            raise _unanswered(error) from error
        return [
            ProviderMessage(str(message.sid), str(message.status), message.error_code)
            for message in reversed(listed)
            # An account on trial puts words in front.
            if (message.body or "").endswith(text.body)
            and (message.date_created is None or message.date_created >= since - _CLOCKS)
        ]

    def received(
        self, texting_number: str, since: datetime, number: str | None = None
    ) -> Iterable[Received]:
        asked: dict[str, Any] = {"to": texting_number, "date_sent_after": since}
        if number is not None:
            asked["from_"] = number
        try:
            found = [
                message
                for message in self._client.messages.stream(**asked, page_size=_PAGE)
                if message.direction == "inbound"
            ]
        except _TROUBLE as error:
            raise _unanswered(error) from error
        received = [_received(message) for message in found]
        return sorted(received, key=lambda text: (text.happened_at or since, text.provider_id))

    def _translated(self, error: Exception) -> Exception:
        """Translate an error of the library into one that says what became of the text."""
        status: int | None = getattr(error, "status", None)
        code: int | None = getattr(error, "code", None)
        if status is None:
            return NotNowError(type(error).__name__, in_doubt=not isinstance(error, _NEVER_SENT))
        if code == UNSUBSCRIBED:
            return OptedOutError(code)
        if status >= 500:
            return NotNowError(f"{status}", in_doubt=True, rest=self._http.rest)
        if status in _LATER or code in PASSES_BY_ITSELF:
            return NotNowError(f"{status}", in_doubt=False, rest=self._http.rest)
        return RefusedError(code or status)


def _unanswered(error: Exception) -> NotNowError:
    status: int | None = getattr(error, "status", None)
    return NotNowError(f"{status or type(error).__name__} to a question", in_doubt=True)


def _received(message: Any) -> Received:
    return Received(
        provider_id=str(message.sid),
        number=str(message.from_),
        texting_number=str(message.to),
        body=str(message.body or ""),
        happened_at=message.date_sent or message.date_created,
        media=int(message.num_media or 0),
    )
