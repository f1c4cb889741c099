"""A stand-in for Twilio's HTTP interface on a real socket, and what Twilio sends by itself.

The real client library talks to it. What it does with a text can be said beforehand; what it has
really taken is counted here, and nowhere else.
"""

import base64
import json
import re
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

from twilio.request_validator import RequestValidator

ACCOUNT, TOKEN = "AC" + "0" * 32, "only for tests"
REFUSALS = {21610: 400, 21211: 400, 21408: 403, 20003: 401, 20429: 429, 500: 500, 503: 503}


@dataclass
class Text:
    """A text that the provider has, in or out."""

    sid: str
    to: str
    from_: str
    body: str
    direction: str
    at: datetime
    clock: float
    """By time.monotonic, when it was taken."""
    callback: str = ""

    def shown(self) -> dict[str, Any]:
        moment = format_datetime(self.at)
        return {
            "sid": self.sid,
            "account_sid": ACCOUNT,
            "to": self.to,
            "from": self.from_,
            "body": self.body,
            "status": "queued" if self.direction == "outbound-api" else "received",
            "direction": self.direction,
            "date_created": moment,
            "date_sent": moment,
            "date_updated": moment,
            "num_media": "0",
            "num_segments": "1",
            "error_code": None,
            "error_message": None,
            "api_version": "2010-04-01",
            "price": None,
            "price_unit": "USD",
            "messaging_service_sid": None,
            "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{self.sid}.json",
            "subresource_uris": {},
        }


@dataclass
class StandIn:
    """`plan`: what to do with the next texts, one each: `ok`, an error's code (`21610`, `429`,
    `503`), `hang` (take nothing, say nothing), `hang after` (take it, say nothing), `late` (say
    nothing, and take it only after that while), `drop` (take nothing, close), `drop after`. When it
    is used up texts are taken."""

    url: str
    plan: deque[str] = field(default_factory=deque)
    opted_out: set[str] = field(default_factory=set)
    texts: list[Text] = field(default_factory=list)
    asked: int = 0
    hang_seconds: float = 1.0
    retry_after: str = ""
    lists_fail: bool = False
    whim: Callable[[str], str] | None = None
    """Handle a text to a number that has no plan. This may take its time."""
    on_taken: Callable[[Text], None] | None = None
    """Told of each text that was given and taken, before the answer leaves; not to take long."""
    _ids: Any = field(default_factory=count)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def taken(self) -> list[Text]:
        """The texts that it was given and took, in order."""
        with self.lock:
            return [text for text in self.texts if text.direction == "outbound-api"]

    def numbers(self) -> list[str]:
        return [text.to for text in self.taken]

    def keep(self, to: str, from_: str, body: str, direction: str, callback: str = "") -> Text:
        with self.lock:
            sid = f"SM{next(self._ids):032x}"
            text = Text(
                sid, to, from_, body, direction, datetime.now(UTC), time.monotonic(), callback
            )
            self.texts.append(text)
            return text

    def receive(self, from_: str, to: str, body: str) -> Text:
        """Someone texts the school: kept, and not delivered by itself."""
        return self.keep(to, from_, body, "inbound")

    def next_plan(self, to: str) -> str:
        with self.lock:
            self.asked += 1
            if to in self.opted_out:
                return "21610"
            if self.plan:
                return self.plan.popleft()
        return self.whim(to) if self.whim else "ok"


def inbound_post(text: Text, **more: str) -> dict[str, str]:
    """The requests that Twilio posts of a text that came in."""
    return {
        "MessageSid": text.sid,
        "SmsSid": text.sid,
        "AccountSid": ACCOUNT,
        "From": text.from_,
        "To": text.to,
        "Body": text.body,
        "NumMedia": "0",
        **more,
    }


def status_post(text: Text, status: str, code: int | None = None) -> dict[str, str]:
    posted = {
        "MessageSid": text.sid,
        "AccountSid": ACCOUNT,
        "From": text.from_,
        "To": text.to,
        "MessageStatus": status,
    }
    return posted | ({"ErrorCode": str(code)} if code else {})


def signature(url: str, posted: dict[str, str], token: str = TOKEN) -> str:
    return str(RequestValidator(token).compute_signature(url, posted))


def post(url: str, posted: dict[str, str], signed: str | None = None) -> int:
    """Post as Twilio does, signed; gives the status."""
    request = urllib.request.Request(url, urllib.parse.urlencode(posted).encode())
    request.add_header("X-Twilio-Signature", signature(url, posted) if signed is None else signed)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@contextmanager
def stand_in() -> Iterator[StandIn]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    there = StandIn(f"http://127.0.0.1:{server.server_address[1]}")
    server.there = there  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_args: object) -> None:
        """Clients that are killed hang up: nothing to tell of."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer leaves in one piece: in two, the second waits for the client
    disable_nagle_algorithm = True

    @property
    def there(self) -> StandIn:
        return self.server.there  # type: ignore[attr-defined,no-any-return]

    def log_message(self, *_args: object) -> None:
        pass

    def do_POST(self) -> None:
        posted = self._posted()
        if not self._allowed() or not self.path.endswith("/Messages.json"):
            return self._say(401 if not self._allowed() else 404, {"code": 20003, "message": "no"})
        to = posted["To"]
        plan = self.there.next_plan(to)
        if plan.startswith(("hang", "drop", "late")):
            if plan.endswith("after"):
                self._keep(posted)
            if not plan.startswith("drop"):
                time.sleep(self.there.hang_seconds)
            if plan == "late":
                self._keep(posted)
            self.close_connection = True
            return None
        if plan != "ok":
            code = int(plan)
            status = REFUSALS.get(code, code if code < 600 else 400)
            return self._say(status, {"code": code, "message": "refused", "status": status})
        return self._say(201, self._keep(posted).shown())

    def do_GET(self) -> None:
        """The list of texts, newest first, in pages."""
        if not self._allowed():
            return self._say(401, {"code": 20003, "message": "no"})
        if self.there.lists_fail:
            return self._say(503, {"code": 503, "message": "not now"})
        parts = urllib.parse.urlsplit(self.path)
        asked = dict(urllib.parse.parse_qsl(parts.query))
        with self.there.lock:
            found = [text for text in reversed(self.there.texts) if _fits(text, asked)]
        size, page = int(asked.get("PageSize", 50)), int(asked.get("Page", 0))
        some = found[page * size : (page + 1) * size]
        more = len(found) > (page + 1) * size
        query = urllib.parse.urlencode(asked | {"Page": str(page + 1)})
        self._say(
            200,
            {
                "messages": [text.shown() for text in some],
                "page": page,
                "page_size": size,
                "next_page_uri": f"{parts.path}?{query}" if more else None,
                "uri": self.path,
            },
        )

    def _keep(self, posted: dict[str, str]) -> Text:
        text = self.there.keep(
            posted["To"],
            posted["From"],
            posted["Body"],
            "outbound-api",
            posted.get("StatusCallback", ""),
        )
        if self.there.on_taken:
            self.there.on_taken(text)
        return text

    def _posted(self) -> dict[str, str]:
        length = int(self.headers.get("Content-Length", 0))
        return dict(urllib.parse.parse_qsl(self.rfile.read(length).decode()))

    def _allowed(self) -> bool:
        wanted = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        return self.headers.get("Authorization") == f"Basic {wanted}"

    def _say(self, status: int, said: dict[str, Any]) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status == 429 and self.there.retry_after:
            self.send_header("Retry-After", self.there.retry_after)
        self.end_headers()
        self.wfile.write(body)


def _fits(text: Text, asked: dict[str, str]) -> bool:
    since = asked.get("DateSent>")
    return (
        text.to == asked.get("To", text.to)
        and text.from_ == asked.get("From", text.from_)
        and (since is None or text.at >= _moment(since))
    )


def _moment(said: str) -> datetime:
    whole = re.sub(r"Z$", "+00:00", said)
    moment = datetime.fromisoformat(whole)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
