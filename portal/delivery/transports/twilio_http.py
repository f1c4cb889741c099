"""HTTP that the provider's library leaves out: the pause that it asks for, and an end to
connecting.

A time-out counts for each address of a name again. A text that finds a way after many of them would
go out when its number's STOP has been acknowledged.
"""

import logging
import time
from typing import Any

from requests.adapters import HTTPAdapter
from twilio.http.http_client import TwilioHttpClient
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError

_quiet = logging.getLogger(f"{__name__}.library")
_quiet.setLevel(logging.WARNING)  # it tells numbers


class PromptHttpClient(TwilioHttpClient):  # type: ignore[misc]  # the library has no types
    """For one thread. `seconds`: for connecting, all in all, and then for the answer."""

    def __init__(self, seconds: float) -> None:
        super().__init__(timeout=seconds, logger=_quiet)
        self._adapter = _PromptAdapter(seconds)
        for scheme in ("https://", "http://"):
            self.session.mount(scheme, self._adapter)
        self.rest: float | None = None
        """The seconds that the last answer asked for."""

    def request(self, *args: Any, **kwargs: Any) -> Any:
        self.rest = None
        self._adapter.began = time.monotonic()
        response = super().request(*args, **kwargs)
        after = (response.headers or {}).get("Retry-After", "")
        self.rest = float(after) if after.isascii() and after.isdigit() else None
        return response


class _PromptAdapter(HTTPAdapter):
    """Does not send over a connection that took too long to make."""

    began = 0.0

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        adapter = self

        class Plain(HTTPConnection):
            def connect(self) -> None:
                super().connect()
                adapter.check(self)

        class Secure(HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                adapter.check(self)

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}

    def check(self, connection: HTTPConnection) -> None:
        if time.monotonic() - self.began > self._seconds:
            raise ConnectTimeoutError(connection, "the connection took too long")
