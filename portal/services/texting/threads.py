"""Answer a conversation: one text to one number. Callers commit."""

from collections.abc import Iterable

from portal.enums import MessageFault
from portal.queries.schools import SchoolRow
from portal.services.actor import Actor
from portal.services.texting import inbound
from portal.services.texting import send as texting


def answer(
    school: SchoolRow,
    actor: Actor,
    form_key: str,
    number: str,
    typed: str,
    unread: Iterable[int],
) -> MessageFault | None:
    """Queue a text to a number, and mark the texts from it as read that the page showed as unread.

    If it would be refused, nothing is written, and the reason is returned. The same `form_key`
    again sends nothing. Raises TextingError.
    """
    texting.compose(school, typed)
    fault = texting.fault_of(school, number)
    if fault is None:
        texting.send_to_number(school, actor, number, typed, form_key)
        inbound.mark_read(school.id, unread, actor.name)
    return fault
