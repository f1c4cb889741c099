"""The rules of consent as issue 10 words them, written a second time: nothing of portal.consent.

`JUDGE` is the table of all changes of state that are allowed. A change that no row of it allows is
a hole.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.attack.consent_model import (
    FORMS,
    IN,
    NONE,
    NOT_FORMS,
    OUT,
    Channel,
    Holding,
    Said,
)

HOLDER_HOURS, HANDSET_HOURS = 90 * 24 + 2, 366 * 24 + 2
CLOCKS_DIFFER = 2
"""Hours by which servers' clocks may be wrong here, and the bounds above with them."""


def is_proven(said: Said) -> bool:
    return said.model.proven_now(said.step.contact, said.number)


def is_holder(said: Said) -> bool:
    """Rule 2 of the issue."""
    if said.step.contact is None or not said.known.noes:
        return False
    holdings = said.model.holdings.get((said.step.contact, said.number), [])
    return any(_had_it_proven(said, held) for held in holdings) or _opted_it_out(said)


def _had_it_proven(said: Said, held: Holding) -> bool:
    model, noes = said.model, said.known.noes
    if held.ended is not None and model.hour - held.ended_hour > HOLDER_HOURS:
        return False
    began = noes[0].place
    if all(no.step.channel in FORMS for no in noes):
        return held.covers(began) and held.proven_at(began)
    fresh = model.hour - held.handset_hour <= HANDSET_HOURS
    same = held.handset_email == model.emails.get(said.step.contact or 0)
    proven = held.by_handset is not None and held.by_handset < began
    return held.covers(began) and proven and fresh and same


def _opted_it_out(said: Said) -> bool:
    noes = said.known.noes
    only_forms = all(no.step.channel in FORMS for no in noes)
    theirs = all(no.step.contact == said.step.contact for no in noes)
    signed = noes[0].step.channel is Channel.SIGNED and noes[0].alone
    return only_forms and theirs and signed and not said.others


def corrects(said: Said) -> bool:
    """All that the number ever heard is this browser's own no of minutes ago, and nobody else has
    it on a record."""
    own = all(by.channel in FORMS and by.session == said.step.session for by in said.known.by)
    noes = said.known.noes
    return (
        own
        and on_no_other_record(said)
        and all(
            no.step.session == said.step.session and said.model.hour - no.hour <= CLOCKS_DIFFER
            for no in noes
        )
    )


def is_good_link(said: Said) -> bool:
    """Rule 4: of this number, not used, and nothing has come between."""
    link, model = said.step.link, said.model
    if link is None or link.number != said.number or link in model.followed:
        return False
    newer = any(other.number == link.number and other.place > link.place for other in model.links)
    later_no = any(no.place > link.place for no in said.known.noes)
    return not newer and not later_no and said.known.left <= link.place


def on_no_other_record(said: Said) -> bool:
    """But for those that this browser's own form made."""
    made_in = said.model.made_in
    return all(made_in.get(c) == said.step.session for c in said.others)


def always(_said: Said) -> bool:
    return True


@dataclass(frozen=True)
class Allowed:
    """A row: this change, by this channel, if so; `rule` says why the issue allows it."""

    before: str
    after: str
    channel: Channel
    when: Callable[[Said], bool]
    rule: str


JUDGE = [
    # An opt-out is lifted
    Allowed(OUT, IN, Channel.WORD, always, "the handset says yes"),
    Allowed(OUT, IN, Channel.LINK, is_good_link, "the handset says yes"),
    Allowed(OUT, IN, Channel.SIGNED, is_holder, "by its holder"),
    Allowed(OUT, IN, Channel.SIGNED, corrects, "their own no of minutes ago, corrected"),
    Allowed(OUT, IN, Channel.UNSIGNED, corrects, "their own no of minutes ago, corrected"),
    Allowed(OUT, IN, Channel.LINK, corrects, "their own no of minutes ago, corrected"),
    # A number that was never asked is opted in
    Allowed(NONE, IN, Channel.WORD, always, "the handset says yes"),
    Allowed(NONE, IN, Channel.LINK, is_good_link, "the handset says yes"),
    Allowed(NONE, IN, Channel.LINK, on_no_other_record, "nobody else has it"),
    Allowed(NONE, IN, Channel.SIGNED, is_proven, "it is proven to be theirs"),
    Allowed(NONE, IN, Channel.SIGNED, on_no_other_record, "nobody else has it"),
    Allowed(NONE, IN, Channel.UNSIGNED, on_no_other_record, "nobody else has it"),
    Allowed(NONE, IN, Channel.STAFF_TYPES, always, "staff type a new Cell"),
    Allowed(NONE, IN, Channel.STAFF_ACCEPT, always, "staff accept a yes"),
    # A number is opted out: anybody may say no, and its owners are told; see `must_be_told`
    *(Allowed(IN, OUT, c, always, "a no counts") for c in (*FORMS, *NOT_FORMS)),
    *(Allowed(NONE, OUT, c, always, "a no counts") for c in (*FORMS, *NOT_FORMS)),
    # A yes lapses where the number leaves its last record
    *(
        Allowed(IN, NONE, c, lambda said: not said.model.holders_now(said.number), "it lapses")
        for c in (*FORMS, Channel.STAFF_REMOVE, Channel.STAFF_TYPES, Channel.STAFF_ACCEPT)
    ),
]


def allowed(said: Said, before: str, after: str) -> bool:
    return any(
        row.before == before
        and row.after == after
        and row.channel is said.step.channel
        and row.when(said)
        for row in JUDGE
    )


def must_be_told(said: Said) -> set[int]:
    """The records whose owners get an email when this step opts the number out: all on which it
    is proven, but who said it."""
    if said.step.channel not in FORMS:
        return set()
    model = said.model
    return {c for c in said.others if model.proven_now(c, said.number) and c != said.step.contact}


def describe(before: str, after: str) -> str:
    """The promise that is broken by a change that no row allows."""
    if before == OUT:
        return "no opt-out is lifted but as the table allows"
    if after == IN:
        return "no number is opted in but as the table allows"
    return "no other change of state"
