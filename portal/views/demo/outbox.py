"""The outbox of a demo: emails and texts as they would go out.

It has codes and links that sign in. So it is only there on the machine itself, in a demo, where
email is not sent. Anywhere else the page does not exist.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, Flask, abort, render_template, request, url_for

from portal import clock
from portal.config import LOOPBACK
from portal.models import Message
from portal.queries.demo.handsets import newest_texts
from portal.queries.demo.mails import MailRow, newest_mails
from portal.services.texting import link_texts
from portal.views.responses import from_this_machine, settings

MOST = 50
_LINK = re.compile(r"(https?://\S+)")

bp = Blueprint("outbox", __name__)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line: plain text, or a link."""

    text: str
    link: bool


@dataclass(frozen=True, slots=True)
class Shown:
    mail: MailRow
    at: str
    paragraphs: list[list[list[Piece]]]
    """Each of them lines, each of these pieces."""


@dataclass(frozen=True, slots=True)
class ShownText:
    number: str
    pieces: list[Piece]
    school: str
    at: str
    language: str


def register(app: Flask) -> None:
    app.register_blueprint(bp)
    app.context_processor(lambda: {"outbox": url_for("outbox.page") if is_open() else None})


@bp.get("/demo/outbox")
def page() -> str:
    if not is_open():
        abort(404)
    mails = [_shown(mail) for mail in newest_mails(MOST)]
    found = newest_texts(MOST)
    words = link_texts.filled(message for message, _, _ in found)
    texts = [_shown_text(m, words[m.id], school, timezone) for m, school, timezone in found]
    return render_template(
        "demo/outbox.html", mails=mails, texts=texts, most=MOST, handsets=settings().sms == "outbox"
    )


def is_open() -> bool:
    return is_trial() and settings().mail == "outbox"


def is_trial() -> bool:
    """True in a demo, on the machine itself. Emails have codes and links that sign in."""
    host = urlsplit(f"//{request.host}").hostname
    return settings().demo and from_this_machine() and host in LOOPBACK


def _shown_text(message: Message, words: str, school: str, timezone: str) -> ShownText:
    at = clock.say_time(message.sent_at or message.made_at, timezone)
    return ShownText(message.number or "", pieces(words), school, at, message.language)


def _shown(mail: MailRow) -> Shown:
    paragraphs = [
        [pieces(line) for line in paragraph.splitlines()]
        for paragraph in mail.body.strip().split("\n\n")
    ]
    return Shown(mail, clock.say_time(mail.created_at, mail.timezone), paragraphs)


def pieces(line: str) -> list[Piece]:
    """Split a line so its links can be followed."""
    return [Piece(text, bool(_LINK.fullmatch(text))) for text in _LINK.split(line) if text]
