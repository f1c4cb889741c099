"""The rules of consent as issue 10 words them, written a second time: nothing of portal.consent.

`JUDGE` is the table of all changes of state that are allowed. A change that no row of it allows is
a hole. What the model knows it has seen itself: who did what, by which channel, in which order, and
on whose record a number was afterwards. *Before* and *after* are places in that order, never times.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

IN, OUT, NONE = "opted_in", "opted_out", "not_asked"


class Channel(StrEnum):
    """How something was said."""

    UNSIGNED = "unsigned form"
    SIGNED = "signed in"
    WORD = "word texted from the number"
    LINK = "link texted to the number"
    LATE_WORD = "word texted before the opt-out, delivered after it"
    STOP = "STOP"
    CHAT = "START, HELP or another text"
    CARRIER = "carrier"
    LIST = "opt-out list"
    STAFF_TYPES = "staff type the number"
    STAFF_ACCEPT = "staff accept what waits"
    STAFF_REMOVE = "staff remove the number"
    STAFF_EMAIL = "staff change the email"


HOLDER_HOURS, HANDSET_HOURS = 90 * 24 + 2, 366 * 24 + 2
CLOCKS_DIFFER = 2
"""Hours by which servers' clocks may be wrong here, and the bounds above with them."""
FORMS = {Channel.UNSIGNED, Channel.SIGNED, Channel.LINK}
NOT_FORMS = {Channel.STOP, Channel.CARRIER, Channel.LIST}


@dataclass(frozen=True)
class Step:
    """One thing that somebody did. `contact`: their record, where they have one and are known."""

    who: str
    channel: Channel
    contact: int | None = None
    session: str = ""
    """The browser that it was done in."""
    proves: tuple[int, str, str] | None = None
    """Contact, number, and `handset` or `staff`."""
    link: "Link | None" = None
    """That was followed."""


@dataclass(frozen=True)
class Link:
    """A link that was texted to a number, and at which place."""

    number: str
    path: str
    place: int


@dataclass
class Holding:
    """A number on a record, from place to place of the order."""

    began: int
    proven: int | None = None
    by_handset: int | None = None
    handset_hour: float = 0
    handset_email: str = ""
    ended: int | None = None
    ended_hour: float = 0

    def covers(self, place: int) -> bool:
        return self.began < place and (self.ended is None or self.ended > place)


@dataclass(frozen=True)
class No:
    place: int
    step: Step
    alone: bool
    """Whether the number was on no record but the one's who said it."""
    hour: float = 0


@dataclass
class Number:
    """What the model knows of a number."""

    state: str = NONE
    noes: list[No] = field(default_factory=list)
    """Since it is opted out; the first began it."""
    by: list[Step] = field(default_factory=list)
    """Whoever the log has an event of, in order."""
    left: int = 0
    """The place at which it last left a record."""


@dataclass
class Model:
    place: int = 0
    hour: float = 0
    """By the clock of the server that answers now: for the bounds in months and days only."""
    emails: dict[int, str] = field(default_factory=dict)
    """By contact, the address that they sign in with."""
    links: list[Link] = field(default_factory=list)
    followed: set[Link] = field(default_factory=set)
    """That a yes was given by."""
    numbers: dict[str, Number] = field(default_factory=dict)
    holdings: dict[tuple[int, str], list[Holding]] = field(default_factory=dict)
    made_in: dict[int, str] = field(default_factory=dict)
    """By contact, the browser of which the form made it; none for those of staff."""

    def number(self, number: str) -> Number:
        return self.numbers.setdefault(number, Number())

    def held(self, contact: int, number: str) -> Holding | None:
        """The holding that goes on now."""
        found = self.holdings.get((contact, number), [])
        return found[-1] if found and found[-1].ended is None else None

    def holders_now(self, number: str) -> set[int]:
        return {c for (c, n) in self.holdings if n == number and self.held(c, n)}

    def proven_now(self, contact: int | None, number: str) -> bool:
        held = self.held(contact, number) if contact is not None else None
        return held is not None and held.proven is not None

    def begin(self) -> None:
        self.place += 1

    def records(self, on_records: dict[str, set[int]]) -> None:
        """On whose records the numbers are after the step."""
        for number, contacts in on_records.items():
            now = self.holders_now(number)
            for contact in contacts - now:
                self.holdings.setdefault((contact, number), []).append(Holding(self.place))
            for contact in now - contacts:
                self.leaves(contact, number)

    def leaves(self, contact: int, number: str) -> None:
        held = self.held(contact, number)
        if held is not None:
            held.ended, held.ended_hour = self.place, self.hour
            self.number(number).left = self.place

    def prove(self, step: Step) -> None:
        if step.proves is None:
            return
        contact, number, how = step.proves
        held = self.held(contact, number)
        if held is None:
            return
        held.proven = held.proven or self.place
        if how == "handset":
            held.by_handset, held.handset_hour = self.place, self.hour
            held.handset_email = self.emails.get(contact, "")


@dataclass(frozen=True)
class Said:
    """A step, as far as it is about one number: what the rows of the table look at."""

    model: Model
    step: Step
    number: str
    others: frozenset[int]
    """The records that had the number before the step, but for the one's own."""

    @property
    def known(self) -> Number:
        return self.model.number(self.number)


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
        return held.covers(began) and held.proven is not None and held.proven < began
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
    """All that the number ever heard is this browser's own no of minutes ago."""
    own = all(by.channel in FORMS and by.session == said.step.session for by in said.known.by)
    noes = said.known.noes
    return own and all(
        no.step.session == said.step.session and said.model.hour - no.hour <= CLOCKS_DIFFER
        for no in noes
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
    """Whose records' owners get an email when this step opts the number out: all on whose record it
    is proven, but who said it."""
    if said.step.channel not in FORMS:
        return set()
    model = said.model
    return {c for c in said.others if model.proven_now(c, said.number) and c != said.step.contact}


def describe(before: str, after: str) -> str:
    """Which promise a change breaks that no row allows."""
    if before == OUT:
        return "no opt-out is lifted but as the table allows"
    if after == IN:
        return "no number is opted in but as the table allows"
    return "no other change of state"
