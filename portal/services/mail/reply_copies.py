"""Tell the office by email that somebody replied to a text. Callers commit.

The email says who it was, and has a link. It holds neither the reply nor the number: an email
passes many servers, is forwarded, and is kept for long.
"""

import re

from sqlalchemy import select

from portal.consent.reactions import reaction_in
from portal.extensions import db, outside_link
from portal.models import InboundMessage
from portal.queries.records.names import people_with
from portal.queries.schools import SchoolRow
from portal.services.mail import limits
from portal.services.mail.parent_emails import Words
from portal.services.mail.queue import REPLY_COPY

_IN_LINKS = re.compile(r"[/@:\d]|\w\.\w\w")
"""Parts of links and phone numbers, which names lack. A stranger can type any name on a form."""


def tell_office(school: SchoolRow, row: InboundMessage) -> None:
    """Queue an email about a text that came in, if the school wants one and staff should read it.

    One for each conversation: as long as an earlier text of the number is unread, nothing is sent.
    Call it last in a transaction, see `limits.enqueue_limited`.
    """
    if school.reply_copy_to is None or row.read_at is not None:
        return
    if reaction_in(row.body) is not None or _told_before(row):
        return
    words = _words(school, row)
    limits.enqueue_limited(school.id, REPLY_COPY, school.reply_copy_to, "en", words, network="")


def _told_before(row: InboundMessage) -> bool:
    earlier = select(InboundMessage.body).where(
        InboundMessage.school_id == row.school_id,
        InboundMessage.number == row.number,
        InboundMessage.id < row.id,
        InboundMessage.read_at.is_(None),
    )
    return any(reaction_in(body) is None for body in db.session.scalars(earlier))


def _words(school: SchoolRow, row: InboundMessage) -> Words:
    people = people_with(school.id, [row.number]).get(row.number, [])
    names = [person.name for person in people]
    if any(_IN_LINKS.search(name) for name in names):
        names = ["Someone on file"]
    who = " or ".join(names) or "A number that is on no record"
    link = outside_link("staff.reply_to", slug=school.slug, text_id=row.id)
    return Words(
        f"{school.name}: new reply to a text",
        f"Hello,\n\n{who} texted {school.name}. To read the text and reply, open the conversation "
        f"and sign in:\n{link}\n\n"
        "The text itself is not in this email, because email is not private. Until somebody has "
        "read it, you won't get another email about this conversation.\n\n"
        f"You got this email because {school.name} has news of replies sent to this address. If "
        "it should not, tell your school's tech support.\n",
    )
