"""Over any sequence of decisions: the state is what the log gives, and a no is never overheard.

The replay here and the account of who may lift an opt-out are written again, from docs/consent.md,
not with the portal's own code: neither looks at what an event says the state became.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, event, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from portal.consent import gate, strength
from portal.consent.hashes import event_hash, evidence_digest
from portal.consent.ledger import AsOf
from portal.consent.wording import consent_wording
from portal.database import derived_columns
from portal.enums import Answer, MessageFault, PauseReason, ProofKind, Source
from portal.extensions import db
from portal.models import ConsentEvent, ConsentEvidence, ConsentStatus, Wording
from tests.consent.consent_school import ConsentSchool
from tests.consent.replay import replay as replayed
from tests.support.long import examples

NUMBERS = ["+12065550191", "+447400123456"]
PARENTS = range(2)
SESSIONS = ["session-a", "session-b"]
MESSAGES = ["SM1", "SM2", "SM3"]
NEVER_YES = {"carrier", "opt_out_list"}
NO_ANSWER = {"number_left", "staff_pause", "staff_resume", "reply_pause"}
HARDEST_FIRST = ["wrong_number", "asked_to_stop", "likely_stop", "other"]


# What happens in a school, at random


@dataclass(frozen=True)
class Says:
    number: str
    source: Source
    answer: Answer
    parent: int | None
    session: str | None
    message: str | None
    late: int | None
    """Minutes ago that it was said; None: just now."""
    shown: bool
    """True if a consent text was shown, and who answered is known."""
    behind: int | None = None
    """Events since the form came in whose unsigned yes is applied now."""


@dataclass(frozen=True)
class Pauses:
    """The school decides not to text the number: its staff, or for a reply."""

    number: str
    reason: PauseReason
    by_reply: bool


@dataclass(frozen=True)
class Resumes:
    """Staff end the pause that began first."""

    number: str


@dataclass(frozen=True)
class Holds:
    parent: int
    numbers: frozenset[str]
    proof: ProofKind | None
    """The proof of the numbers that are new on the record."""


@dataclass(frozen=True)
class Waits:
    minutes: int


VOICES = [
    *((source, Answer.YES) for source in Source if source not in {*NO_ANSWER, *NEVER_YES}),
    *((source, Answer.NO) for source in Source if source not in {*NO_ANSWER, "handset"}),
]
numbers = st.sampled_from(NUMBERS)
says = st.builds(
    lambda voice, **rest: Says(source=voice[0], answer=voice[1], **rest),
    st.sampled_from(VOICES),
    number=numbers,
    parent=st.none() | st.sampled_from(PARENTS),
    session=st.none() | st.sampled_from(SESSIONS),
    message=st.none() | st.sampled_from(MESSAGES),
    late=st.none() | st.integers(0, 40),
    shown=st.booleans(),
    behind=st.none() | st.integers(0, 3),
)
reasons = st.sampled_from(PauseReason)
proofs = st.none() | st.sampled_from(ProofKind)
holds = st.builds(Holds, st.sampled_from(PARENTS), st.frozensets(numbers, max_size=2), proofs)
waits = st.builds(Waits, st.integers(1, 20))
pauses = st.builds(Pauses, numbers, st.sampled_from(PauseReason), st.booleans())
resumes = st.builds(Resumes, numbers)
Step = Says | Pauses | Resumes | Holds | Waits


@st.composite
def scenes(draw: st.DrawFn) -> list[Step]:
    """One number, one parent and one session for a while: what random steps rarely make up."""
    number, parent = draw(numbers), draw(st.sampled_from(PARENTS))
    session = draw(st.sampled_from(SESSIONS))

    def say(source: str, answer: str, late: int | None = None) -> Says:
        return Says(
            number, Source(source), Answer(answer), parent, session, None, late, draw(st.booleans())
        )

    late = st.integers(1, 40)
    moves = st.one_of(
        st.builds(lambda proof: Holds(parent, frozenset({number}), proof), proofs),
        st.builds(lambda proof: Holds(1 - parent, frozenset({number}), proof), proofs),
        st.just(Holds(parent, frozenset(), None)),
        waits,
        st.builds(lambda why, reply: Pauses(number, why, reply), reasons, st.booleans()),
        st.just(Resumes(number)),
        st.builds(lambda a: say("parent_form", a), st.sampled_from(Answer)),
        st.builds(lambda a: say("public_form", a), st.sampled_from(Answer)),
        st.builds(lambda n: replace(say("public_form", "yes"), behind=n), st.integers(0, 3)),
        st.just(say("roster_import", "yes")),
        st.just(say("opt_out_list", "no")),
        st.builds(lambda: say("text_reply", "no")),
        st.builds(lambda m: say("text_reply", "no", m), late),
        st.builds(lambda m: say("parent_form", "yes", m), late),
        st.builds(lambda: say("handset", "yes")),
        st.builds(lambda m: say("handset", "yes", m), late),
    )
    return draw(st.lists(moves, min_size=3, max_size=8))


steps = st.lists(
    scenes() | st.lists(says | holds | waits | pauses | resumes, min_size=1, max_size=4),
    min_size=1,
    max_size=4,
).map(lambda parts: [step for part in parts for step in part])


# The account of it, kept apart from the portal


@dataclass
class Account:
    """The steps so far, as far as they tell who may lift an opt-out of one number."""

    state: str = "not_asked"
    out_since: datetime | None = None
    """The time of the first no of this opt-out."""
    out_at: int = 0
    """The place in the log where this opt-out began."""
    handset_only: bool = False
    """A no of this opt-out came by text, carrier or list."""
    noes: list[int | None] = field(default_factory=list)
    """The people who said no in this opt-out: a parent, or None."""
    newest_no: datetime | None = None
    """The time of the newest no."""
    length: int = 0
    """Of the log."""
    voices: list[tuple[str, str, str | None]] = field(default_factory=list)
    """Source, answer and session of all that was recorded."""
    paused: list["Paused"] = field(default_factory=list)
    """The pauses that nothing has ended."""


@dataclass(eq=False)
class Paused:
    reason: str
    by_reply: bool
    at: int
    """Its place in the log."""
    recorded: datetime


@dataclass(eq=False)
class Holding:
    parent: int
    number: str
    proof: ProofKind | None
    began: int
    """The length of the number's log then."""
    ended: int | None = None
    lost: bool = False
    """The phone, which alone had proven it, confirmed the number for somebody else since."""


@dataclass
class Onlooker:
    world: ConsentSchool
    accounts: dict[str, Account] = field(
        default_factory=lambda: {number: Account() for number in NUMBERS}
    )
    holdings: list[Holding] = field(default_factory=list)
    contacts: list[int] = field(default_factory=list)

    def begin(self) -> None:
        self.contacts = [self.world.parent() for _ in PARENTS]

    def take(self, step: Step) -> None:
        if isinstance(step, Waits):
            self.world.clock.wait(minutes=step.minutes)
        elif isinstance(step, Holds):
            self._take_holds(step)
        elif isinstance(step, Pauses):
            self._take_pause(step)
        elif isinstance(step, Resumes):
            self._take_resume(step)
        else:
            self._take_says(step)
        self._ask_the_gate()

    def _ask_the_gate(self) -> None:
        """No text passes to a number whose last word, by any means, was to stop."""
        found = gate.preview(self.world.school.id, NUMBERS)
        for number, account in self.accounts.items():
            if account.state == "opted_out" or account.paused:
                event("the gate is asked about a stop")
                assert found[number] is not None
            elif account.state != "opted_in":
                assert found[number] is not None
            if account.state == "opted_in" and account.paused:
                assert found[number] is MessageFault.PAUSED

    def _take_holds(self, step: Holds) -> None:
        current = [h for h in self.holdings if h.parent == step.parent and h.ended is None]
        mine = {holding.number for holding in current}
        for holding in current:
            if holding.number not in step.numbers:
                holding.ended = self.accounts[holding.number].length
        self.world.holds(self.contacts[step.parent], *sorted(step.numbers), proof=step.proof)
        if step.proof == "handset":
            for holding in self.holdings:
                if (
                    holding.number in step.numbers - mine
                    and holding.parent != step.parent
                    and holding.ended is None
                    and holding.proof == "handset"
                ):
                    holding.lost = True
        self.holdings += [
            Holding(step.parent, n, step.proof, self.accounts[n].length)
            for n in sorted(step.numbers - mine)
        ]
        for number in mine - step.numbers:
            account, after = self.accounts[number], self.world.state(number)
            held = any(h.number == number and h.ended is None for h in self.holdings)
            lapses = account.state == "opted_in" and not held
            assert after == ("not_asked" if lapses else account.state)
            if lapses:
                account.voices.append(("number_left", "", None))
                account.length += 1
            account.state = after

    def _take_pause(self, step: Pauses) -> None:
        account = self.accounts[step.number]
        began = self.world.pauses(step.number, step.reason, by_reply=step.by_reply)
        account.length += 1
        account.voices.append(("pause", "", None))
        account.paused.append(
            Paused(step.reason.value, step.by_reply, account.length, self.world.clock())
        )
        assert began.seq == account.length
        assert began.state == account.state
        if step.by_reply and step.reason == "wrong_number":
            for holding in self.holdings:
                holding.lost |= holding.number == step.number and holding.ended is None
        self._look_at_pauses(step.number)

    def _take_resume(self, step: Resumes) -> None:
        account = self.accounts[step.number]
        if account.paused:
            ended = account.paused.pop(0)
            self.world.resumes(step.number, PauseReason(ended.reason), ended.at)
            account.length += 1
            account.voices.append(("resume", "", None))
            self._look_at_pauses(step.number)

    def _look_at_pauses(self, number: str) -> None:
        reasons = [pause.reason for pause in self.accounts[number].paused]
        hardest = min(reasons, key=HARDEST_FIRST.index) if reasons else None
        assert self.world.status(number).paused == hardest

    def _hear_yes(self, account: Account, step: Says, said: datetime | None) -> None:
        """The rules: the phone ends every pause but "other"; its holder ends wishes to stop."""
        for pause in list(account.paused):
            after = said is None or said > pause.recorded
            handset = step.source == "handset" and pause.reason != "other"
            holder = (
                step.source == "parent_form"
                and pause.reason in {"asked_to_stop", "likely_stop"}
                and step.parent is not None
                and bool(self._proven_at(step.parent, step.number, pause.at))
            )
            if after and (handset or holder):
                account.paused.remove(pause)
                event(f"{step.source} ends {pause.reason}")

    def _take_says(self, step: Says) -> None:
        account = self.accounts[step.number]
        now = self.world.clock()
        said = now - timedelta(minutes=step.late) if step.late is not None else None
        known = {e.message_id for e in self.world.events(step.number)}
        rest = self._details(step, said)
        applied = step.behind is not None and (step.source, step.answer) == ("public_form", "yes")
        came = max(0, account.length - (step.behind or 0)) if applied else None
        rest["as_of"] = None if came is None else AsOf(came)
        if step.message and step.message not in known and self._is_taken(step):
            rest["message_id"] = None  # a message has one sender
        result = self.world.says(step.source, step.answer, step.number, **rest)
        note(f"{step} -> {result}")
        if rest.get("message_id") in known - {None}:
            assert (result.seq, result.changed, result.state) == (None, False, account.state)
            return
        assert result.changed == (result.state != account.state)
        if account.state == "opted_out" and result.state != "opted_out":
            event(f"lifted by {step.source}")
            assert result.state == "opted_in"
            assert self._may_lift(step, account, said, now, came), "this no was overheard"
        if account.state == "opted_out" and step.answer == "yes":
            lifted = result.state == "opted_in"
            assert lifted == self._may_lift(step, account, said, now, came)
        if step.answer == "no" and result.state == "opted_out":
            self._hear_no(account, step, said or now, result.seq)
        if result.seq and step.answer == "yes":
            self._hear_yes(account, step, said)
        if result.seq:
            account.length += 1
            session = step.session if step.source == "public_form" else None
            account.voices.append((step.source.value, step.answer.value, session))
        account.state = result.state
        self._look_at_pauses(step.number)

    def _is_taken(self, step: Says) -> bool:
        taken = select(ConsentEvent.number).where(
            ConsentEvent.school_id == self.world.school.id,
            ConsentEvent.message_id == step.message,
        )
        return db.session.scalar(taken) is not None

    def _details(self, step: Says, said: datetime | None) -> dict[str, Any]:
        school = self.world.school
        public = step.source == "public_form" and step.session is not None
        wording = consent_wording(school.name, school.texting_number, school.country)
        return {
            "answerer_id": None if step.parent is None else self.contacts[step.parent],
            "actor": f"contact:{self.contacts[step.parent]}"
            if step.parent is not None
            else "visitor",
            "session_digest": step.session,
            "submission_id": self.world.form(step.session or "") if public else None,
            "message_id": step.message if step.source == "text_reply" else None,
            "happened_at": said,
            "wording": wording if step.shown else None,
            "evidence": {"ip": "192.0.2.7", "name": "Zoë \u202b"} if step.shown else {},
        }

    def _hear_no(self, account: Account, step: Says, said: datetime, seq: int | None) -> None:
        if step.source in {"text_reply", "carrier", "opt_out_list"}:
            account.handset_only = True
        if seq is None:
            return
        if account.state != "opted_out" or account.out_since is None:
            account.out_since, account.out_at, account.noes = said, seq, []
            account.handset_only = step.source in {"text_reply", "carrier", "opt_out_list"}
            account.newest_no = said
        account.out_since = min(account.out_since, said)
        account.newest_no = max(account.newest_no, said)
        account.noes.append(step.parent)

    def _may_lift(
        self,
        step: Says,
        account: Account,
        said: datetime | None,
        now: datetime,
        came: int | None,
    ) -> bool:
        """The rules: its holder's signed-in form, its handset, or a correction in the session."""
        if step.answer != "yes":
            return False
        if step.source == "handset":
            return said is None or said >= account.newest_no
        if step.source == "parent_form":
            return step.parent is not None and self._is_holder(step.parent, step.number, account)
        first_no = ("public_form", "no", step.session)
        return (
            step.source == "public_form"
            and step.session is not None
            and all(voice == first_no for voice in account.voices)
            and not account.handset_only
            and (came is None or came == account.length)
            and now - account.out_since <= timedelta(minutes=15)
        )

    def _is_holder(self, parent: int, number: str, account: Account) -> bool:
        """True if they had it proven as the opt-out began, or said no and nobody else has it."""
        of_number = [h for h in self.holdings if h.number == number]
        then = [
            h
            for h in of_number
            if h.began < account.out_at and (h.ended is None or h.ended >= account.out_at)
        ]
        mine = [h for h in then if h.parent == parent]
        proven = self._proven_at(parent, number, account.out_at)
        if account.handset_only:
            return any(h.proof == "handset" for h in proven)
        others = [h for h in then if h.parent != parent]
        others += [h for h in of_number if h.parent != parent and h.ended is None]
        gave_it = set(account.noes) == {parent} and bool(mine) and not others
        return gave_it or bool(proven)

    def _proven_at(self, parent: int, number: str, place: int) -> list[Holding]:
        return [
            h
            for h in self.holdings
            if (h.number, h.parent) == (number, parent)
            and h.began < place
            and (h.ended is None or h.ended >= place)
            and h.proof
            and not h.lost
            and not self._changed_hands(h, place)
        ]

    def _changed_hands(self, mine: Holding, before: int) -> bool:
        """The phone confirmed the number for somebody else, before the opt-out began."""
        since = self.holdings[self.holdings.index(mine) + 1 :]
        return any(
            h.number == mine.number
            and h.parent != mine.parent
            and h.proof == "handset"
            and h.began < before
            for h in since
        )


def look_at_log(world: ConsentSchool, number: str) -> None:
    events = world.events(number)
    assert [e.seq for e in events] == list(range(1, len(events) + 1))
    before = ""
    for said in events:
        assert said.prev_hash == before
        assert said.hash == event_hash(said)
        before = said.hash
        kept = db.session.get(ConsentEvidence, (said.school_id, number, said.seq))
        assert (said.evidence_digest is None) == (kept is None)
        if kept is not None:
            assert said.evidence_digest == evidence_digest(kept.salt, kept.content)
        if said.source not in NO_ANSWER:
            assert (said.wording_id is None) == (said.evidence_digest is None)
    if events:
        status = world.status(number)
        assert status.state == replayed(events)
        assert (status.last_seq, status.last_hash) == (len(events), before)


def look_at_strengths(world: ConsentSchool) -> None:
    """The ledger keeps the strength of the log, and the database's repair gives the same."""
    expected = {number: strength.replay(world.events(number)) for number in NUMBERS}
    assert kept_strengths() == expected
    db.session.execute(update(ConsentStatus).values(strength="roster"))
    derived_columns.repair(db.session.connection())
    assert kept_strengths() == expected
    event(f"strengths {sorted(filter(None, expected.values()))}")


def kept_strengths() -> dict[str, str | None]:
    rows = db.session.execute(select(ConsentStatus.number, ConsentStatus.strength))
    return dict.fromkeys(NUMBERS) | {row.number: row.strength for row in rows}


@examples(20, 150)
def test_any_sequence_of_decisions_leaves_a_whole_log_and_overhears_no_no(
    world: ConsentSchool, examples: int
) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(steps)
    def check(story: list[Step]) -> None:
        with world.undone():
            onlooker = Onlooker(world)
            onlooker.begin()
            for step in story:
                onlooker.take(step)
            for number in NUMBERS:
                look_at_log(world, number)
            look_at_strengths(world)
            kept = db.session.scalar(select(func.count()).select_from(Wording))
            assert kept == any(e.wording_id for n in NUMBERS for e in world.events(n))

    check()
