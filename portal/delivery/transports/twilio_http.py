"""The HTTP client for Twilio's library: it sends nothing over a connection that took too long.

Each address of a name has its own timeout. A text that gets through after several of them could go
out after its number's STOP was acknowledged.
"""

import logging
import time
from typing import Any

import httpx
from twilio.http import HttpClient
from twilio.http.response import Response

for _library in ("httpx", "httpcore"):
    logging.getLogger(_library).setLevel(logging.WARNING)  # they log phone numbers in addresses


class PromptHttpClient(HttpClient):  # type: ignore[misc]  # the library has no types
    """For one thread. `seconds`: the most for connecting in all, and then for the answer."""

    rest: float | None = None
    """The seconds that the last answer asked for."""

    def __init__(self, seconds: float) -> None:
        super().__init__(logging.getLogger(__name__), is_async=False, timeout=seconds)
        self._client = httpx.Client(timeout=seconds)

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        self.rest = None
        too_late = time.monotonic() + self.timeout

        def watch(event: str, _details: dict[str, Any]) -> None:
            if event.endswith(".send_request_headers.started") and time.monotonic() > too_late:
                raise httpx.ConnectTimeout("the connection took too long")

        answer = self._client.request(
            method,
            uri,
            params=params or None,
            data=data,
            headers=headers,
            auth=auth,
            timeout=timeout or self.timeout,
            follow_redirects=allow_redirects,
            extensions={"trace": watch},
        )
        after = answer.headers.get("Retry-After", "")
        self.rest = float(after) if after.isascii() and after.isdigit() else None
        return Response(answer.status_code, answer.text, answer.headers)
