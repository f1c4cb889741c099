"""The transport `twilio`, by Twilio's own client library."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from requests.exceptions import ConnectionError as NoConnectionError
from requests.exceptions import ConnectTimeout, RequestException
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from urllib3.exceptions import NewConnectionError

from portal.config import Settings
from portal.consent.gate import Pass
from portal.services.inbound import Received
from portal.services.text_outcomes import OPTED_OUT_CODE
from portal.services.text_queue import SEND_SECONDS, InHand
from portal.transports import NotNowError, OptedOutError, RefusedError, check

_LATER = frozenset({401, 403, 408, 425, 429})
"""Refusals that pass: too many at once, or an account that has to be looked after."""
_CLOCKS = timedelta(seconds=60)
"""How far the provider's clock may be from ours."""
_PAGE = 200


class Twilio:
    """One for each thread: the client keeps a connection."""

    def __init__(self, settings: Settings) -> None:
        # The library's time-out is for connecting and for the answer, each.
        self._http = _NotingHttpClient(timeout=SEND_SECONDS / 2 - 1)
        self._client = Client(
            settings.twilio_account_sid, settings.twilio_auth_token, http_client=self._http
        )
        if settings.twilio_api_url:
            self._client.api.base_url = settings.twilio_api_url
        self._report_to = f"{settings.public_url}/webhooks/twilio/status"

    def send(self, passed: Pass, text: InHand) -> str:
        check(passed, text)
        try:
            message = self._client.messages.create(
                to=text.number,
                from_=text.texting_number,
                body=text.body,
                status_callback=f"{self._report_to}?message={text.id}",
            )
        except TwilioRestException as error:
            raise self._refusal(error) from error
        except (RequestException, TwilioException) as error:
            raise NotNowError(type(error).__name__, in_doubt=not _never_there(error)) from error
        return str(message.sid)

    def sent_like(self, text: InHand, since: datetime) -> list[str]:
        try:
            # Not by the time of sending: a text that still waits at the provider has none.
            found = self._client.messages.list(
                to=text.number, from_=text.texting_number, limit=_PAGE, page_size=_PAGE
            )
        except (RequestException, TwilioException) as error:
            raise NotNowError(type(error).__name__, in_doubt=True) from error
        return [
            str(message.sid)
            for message in reversed(found)
            if message.body == text.body
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
        except (RequestException, TwilioException) as error:
            raise NotNowError(type(error).__name__, in_doubt=True) from error
        received = [_received(message) for message in found]
        return sorted(received, key=lambda text: (text.happened_at or since, text.provider_id))

    def _refusal(self, error: TwilioRestException) -> Exception:
        if error.code == OPTED_OUT_CODE:
            return OptedOutError(error.code, error.msg)
        if error.status in _LATER:
            return NotNowError(f"{error.status}", in_doubt=False, rest=self._http.rest)
        if error.status >= 500:
            return NotNowError(f"{error.status}", in_doubt=True, rest=self._http.rest)
        return RefusedError(error.code or error.status, error.msg)


class _NotingHttpClient(TwilioHttpClient):  # type: ignore[misc]  # the library has no types
    """Notes how long the provider asks to be left alone, which the library's errors do not say."""

    rest: float | None = None

    def request(self, *args: Any, **kwargs: Any) -> Any:
        self.rest = None
        response = super().request(*args, **kwargs)
        after = (response.headers or {}).get("Retry-After", "")
        self.rest = float(after) if after.isascii() and after.isdigit() else None
        return response


def _never_there(error: Exception) -> bool:
    """Whether the connection was never made, so that the provider can't have the text."""
    if isinstance(error, ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, NoConnectionError) and isinstance(reason, NewConnectionError)


def _received(message: Any) -> Received:
    return Received(
        provider_id=str(message.sid),
        number=str(message.from_),
        texting_number=str(message.to),
        body=str(message.body or ""),
        happened_at=message.date_sent or message.date_created,
        media=int(message.num_media or 0),
    )
