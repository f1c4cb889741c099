"""The model of the consent attack: who did what, by which channel, in which order, and on whose
record a number was afterwards. *Before* and *after* are places in that order, never times.
"""

from dataclasses import dataclass, field
from enum import StrEnum

IN, OUT, NONE = "opted_in", "opted_out", "not_asked"


class Channel(StrEnum):
    """The channel of an answer."""

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
    STAFF_TOLD = "staff note that the parent told them, or take it back"


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
    """Contact, number, and `handset`, `staff`, `told`, or `untold`."""
    link: "Link | None" = None
    """The link that was followed."""


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
    told: bool = False
    """True if nothing proves it but that the parent told staff."""
    lost: int | None = None
    by_handset: int | None = None
    handset_hour: float = 0
    handset_email: str = ""
    ended: int | None = None
    ended_hour: float = 0

    def proven_at(self, place: int) -> bool:
        lost = self.lost is not None and self.lost < place
        return self.proven is not None and self.proven < place and not lost

    def covers(self, place: int) -> bool:
        return self.began < place and (self.ended is None or self.ended > place)


@dataclass(frozen=True)
class No:
    place: int
    step: Step
    alone: bool
    """True if the number was on no record but the one's who said it."""
    hour: float = 0


@dataclass
class Number:
    """The model of one number."""

    state: str = NONE
    noes: list[No] = field(default_factory=list)
    """Since it is opted out; the first began it."""
    by: list[Step] = field(default_factory=list)
    """The people whom the log has events of, in order."""
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
    """Links by which a yes was given."""
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
        return held is not None and held.proven_at(self.place + 1)

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
        if how == "untold":
            if held.told:
                held.lost, held.told = self.place, False
            return
        if not held.proven_at(self.place + 1):
            held.proven, held.lost, held.told = self.place, None, how == "told"
        if how == "handset":
            held.by_handset, held.handset_hour, held.told = self.place, self.hour, False
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
