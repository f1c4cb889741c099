"""The links in texts: made with the text, put into it as it goes out.

The database holds neither a link's token nor a text with it, only `[link]` and the token's hash: a
token is worked out of the link's id and the installation's secret, the same each time.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select, update

from portal import clock
from portal.consent import ledger, texted_links
from portal.consent.texted_links import LINK_LIFE
from portal.enums import MessageState, Source
from portal.extensions import app_settings, db, in_chunks, insert_rows
from portal.models import ConsentStatus, Message, School, TextedLink
from portal.models.columns import new_id
from portal.queries.schools import SchoolRow
from portal.services.accounts.tokens import token_hash

MARK = "[link]"
"""Stands for the link, at the end of a text as it is kept."""
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # 32, none that is read as another
_LENGTH = 13
"""65 bits: nobody comes upon one by guessing, and it fits into one text."""
MOST_A_DAY = 3
"""The most answers with a link to one number in a day, if later ones made the first ones void."""


def attach(school: SchoolRow, messages: Mapping[str, int]) -> None:
    """Make the links of texts that are written now, whose ids are given by number; older links to
    these numbers are void. Locks the numbers, in the one order that all keep."""
    for some in in_chunks(sorted(messages)):
        statuses = ledger.lock_in_order(school.id, some)
        texted_links.void(school.id, some)
        rows = [_row(statuses[number], messages[number]) for number in some]
        insert_rows(TextedLink, *rows)


def detach(school_id: int, message_ids: Iterable[int]) -> None:
    """Take the links off texts that failed and go out once more, for `attach` to make new ones."""
    for some in in_chunks(sorted(message_ids)):
        db.session.execute(
            update(TextedLink)
            .where(TextedLink.school_id == school_id, TextedLink.message_id.in_(some))
            .values(message_id=None)
            .execution_options(synchronize_session=False)
        )


def are_useless(school_id: int, message_ids: list[int]) -> bool:
    """True if none of the answers with a link was of use, and there were few: each failed, or a no
    on a form came after it. Else a stranger could keep a parent from coming back."""
    arrived = db.session.scalars(
        select(Message.id).where(
            Message.school_id == school_id,
            Message.id.in_(message_ids),
            Message.state != MessageState.FAILED,
        )
    ).all()
    links = [texted_links.of_message(school_id, message_id) for message_id in arrived]
    return len(links) < MOST_A_DAY and all(
        link is None or texted_links.said_no_since(link, Source.PUBLIC_FORM) for link in links
    )


def _row(status: ConsentStatus, message_id: int) -> dict[str, Any]:
    link_id, now = new_id(), clock.now()
    return {
        "school_id": status.school_id,
        "id": link_id,
        "number": status.number,
        "token_hash": token_hash(token_of(status.school_id, link_id)),
        "seq": status.last_seq,
        "message_id": message_id,
        "created_at": now,
        "expires_at": now + LINK_LIFE,
    }


def token_of(school_id: int, link_id: int) -> str:
    """Return the token of a link: letters and digits that no phone takes for punctuation."""
    secret = app_settings().secret_key.encode()
    digest = hmac.new(secret, f"texted link {school_id}:{link_id}".encode(), hashlib.sha256)
    bits = int.from_bytes(digest.digest(), "big")
    return "".join(_LETTERS[bits >> 5 * place & 31] for place in range(_LENGTH))


def link_url(slug: str, token: str) -> str:
    """Return the whole address of a link; `portal.views.parent.texted_link` answers there."""
    return f"{app_settings().public_url}/{slug}/t/{token}"


def at_full_length(school: SchoolRow, body: str) -> str:
    """Return a text as long as it will be with its link, to count what it costs."""
    return _put_in(body, link_url(school.slug, "0" * _LENGTH))


def filled(messages: Iterable[Message]) -> dict[int, str]:
    """Return the words of texts as they go out, by the texts' ids: with their links."""
    given = list(messages)
    linked = [message for message in given if message.body.endswith(MARK)]
    links = _addresses(linked) if linked else {}
    return {message.id: _put_in(message.body, links.get(message.id, "")) for message in given}


def _addresses(messages: list[Message]) -> dict[int | None, str]:
    rows = db.session.execute(
        select(TextedLink.message_id, TextedLink.school_id, TextedLink.id, School.slug)
        .join(School, School.id == TextedLink.school_id)
        .where(
            TextedLink.school_id.in_({message.school_id for message in messages}),
            TextedLink.message_id.in_([message.id for message in messages]),
        )
    )
    return {row.message_id: link_url(row.slug, token_of(row.school_id, row.id)) for row in rows}


def _put_in(body: str, address: str) -> str:
    """A text with its address in place of the mark; one that has no mark as it is."""
    return body.removesuffix(MARK) + address if address and body.endswith(MARK) else body
