"""Read bounces: reports that an email came back after a server had accepted it (RFC 3464).

Anybody can send a bounce to the school. So we only use one with the secret mark of an email of ours
(`queue.MARK`), which only its recipient's server saw. We ignore the address that the bounce names,
and use the address that this email went to.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_string
from email.message import Message

from portal.normalize import clean
from portal.services.mail.queue import MARK

_REPORTS = {"message/delivery-status", "message/global-delivery-status"}
_RETURNED = {
    "message/rfc822",
    "message/global",
    "message/global-headers",
    "message/rfc822-headers",
    "text/rfc822-headers",
}
MOST_WORDS = 500


@dataclass(frozen=True, slots=True)
class Bounce:
    """A bounce with the mark of an email. We don't know yet if there is such an email."""

    school_id: int
    mail_id: int
    token: str
    said: str
    """The status and the words of the server that refused it."""


def read_bounce(message: Message) -> Bounce | None:
    """Return the bounce in an email, or None if it is something else: a delay, a delivery, a reply,
    or an automatic answer."""
    fields = [block for part in _parts(message, _REPORTS) for block in _blocks(part)]
    failed = next((said for block in fields if (said := _failure(block)) is not None), None)
    mark = next((found for text in _marked(message, fields) if (found := MARK.search(text))), None)
    if failed is None or mark is None:
        return None
    school_id, mail_id = int(mark[1]), int(mark[2])
    if school_id >= 2**31 or mail_id >= 2**63:  # no database has such ids
        return None
    return Bounce(school_id, mail_id, mark[3], failed)


def _parts(message: Message, kinds: Iterable[str]) -> Iterator[Message]:
    return (part for part in message.walk() if part.get_content_type() in kinds)


def _failure(fields: Message) -> str | None:
    """Return the server's words if the email failed for good."""
    action = _value(fields, "Action").lower()
    status = _value(fields, "Status")
    if action != "failed" and (action or not status.startswith("5")):
        return None
    said = _value(fields, "Diagnostic-Code") or _value(fields, "X-Supplementary-Info")
    return f"{status} {said}".strip()[:MOST_WORDS]


def _marked(message: Message, fields: list[Message]) -> Iterator[str]:
    """The places where the mark may be: the envelope's id, the returned headers, and the headers
    that name the email that the bounce answers."""
    yield from (_value(block, "Original-Envelope-Id") for block in fields)
    for part in _parts(message, _RETURNED):
        for returned in _blocks(part):
            yield from map(str, returned.values())
    yield from (_value(message, name) for name in ("In-Reply-To", "References"))


def _blocks(part: Message) -> list[Message]:
    """Return the groups of fields in a part. The standard library parses only some types of
    parts."""
    payload = part.get_payload()
    if isinstance(payload, list) and part.get_content_type() != "message/global-delivery-status":
        return [block for block in payload if isinstance(block, Message)]
    if isinstance(payload, list):
        text = "".join(str(block) for block in payload)
    else:
        decoded = part.get_payload(decode=True)
        text = decoded.decode("utf-8", "replace") if isinstance(decoded, bytes) else ""
    groups = text.replace("\r\n", "\n").strip().split("\n\n")
    return [message_from_string(group) for group in groups]


def _value(fields: Message, name: str) -> str:
    return clean(str(fields.get(name, "")))
