"""A school whose families say things about their numbers, one after the other."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from portal import clock as times
from portal.consent import holdings, ledger
from portal.consent.ledger import Decision, Result
from portal.enums import (
    Answer,
    ConsentState,
    ContactRole,
    MessageKind,
    MessageState,
    PauseReason,
    PhoneType,
    ProofKind,
    Refusal,
    Slot,
    Source,
)
from portal.extensions import db, write_mode, writing
from portal.models import ConsentEvent, ConsentStatus, Message, Submission
from portal.queries.schools import SchoolRow
from portal.services.contacts import contacts
from portal.services.contacts.phones import PhoneValue, note_number_left, set_phones
from portal.services.texting import link_texts

NUMBER = "+12065550199"
YES, NO = Answer.YES, Answer.NO


@dataclass
class Clock:
    """The time that the portal sees; every look at it finds it a little later."""

    moment: datetime = datetime(2026, 9, 1, 15, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.moment += timedelta(milliseconds=1)
        return self.moment

    def wait(self, **much: float) -> None:
        self.moment += timedelta(**much)


@dataclass
class ConsentSchool:
    """Steps of the ledger's tests, in words. Each one is committed, except in `undone`."""

    school: SchoolRow
    clock: Clock
    _names: Iterator[int] = field(default_factory=count)
    _together: bool = False

    @contextmanager
    def undone(self) -> Iterator[None]:
        """All steps within are one transaction, taken back at the end."""
        db.session.rollback()
        self._together = True
        try:
            with write_mode():
                yield
        finally:
            self._together = False
            db.session.rollback()

    def at(self, school: SchoolRow) -> "ConsentSchool":
        """Another school, at the same time."""
        return ConsentSchool(school, self.clock, _together=self._together)

    def step(self) -> AbstractContextManager[None]:
        return nullcontext() if self._together else writing()

    def parent(self, *numbers: str, proof: ProofKind | None = ProofKind.HANDSET) -> int:
        """A parent on whose record these numbers are, proven so."""
        n = next(self._names)
        with self.step():
            made = contacts.create_contact(
                self.school.id,
                "Pat",
                f"Doe{n}",
                ContactRole.PARENT,
                "staff",
                email=f"pat{n}@example.org",
            )
            contact_id = made.id
        self.holds(contact_id, *numbers, proof=proof)
        return contact_id

    def holds(
        self, contact_id: int, *numbers: str, proof: ProofKind | None = ProofKind.HANDSET
    ) -> None:
        """From now on these numbers are on the record, and no others; the new ones proven so."""
        phones = [
            PhoneValue(slot, PhoneType.CELL, number)
            for slot, number in zip(Slot, numbers, strict=False)
        ]
        with self.step():
            held = {n for n in numbers if holdings.open_holding(self.school.id, contact_id, n)}
            for number in set_phones(self.school.id, contact_id, phones).left:
                note_number_left(self.school, number, "account:1")
        for number in {*numbers} - held if proof else ():
            self.proves(contact_id, proof, number)

    def proves(self, contact_id: int, proof: ProofKind | None, number: str = NUMBER) -> None:
        with self.step():
            status = ledger.lock_status(self.school.id, number)
            assert proof is not None
            assert holdings.prove_number(status, contact_id, proof)

    def form(self, session: str) -> int:
        """A form that was sent in a browser session."""
        with self.step():
            submission = Submission(
                school_id=self.school.id,
                form="contact",
                form_key=f"{next(self._names):032x}",
                answers={},
                answers_digest="0" * 64,
                language="en",
                session_digest=session,
                evidence={},
                received_at=times.now(),
            )
            db.session.add(submission)
            db.session.flush()
            return submission.id

    def says(
        self, source: Source, answer: Answer | None, number: str = NUMBER, **rest: Any
    ) -> Result:
        with self.step():
            return ledger.decide(self.decision(source, answer, number, **rest))

    def pauses(
        self, number: str, reason: PauseReason, by_reply: bool = False, **rest: Any
    ) -> Result:
        source = Source.REPLY_PAUSE if by_reply else Source.STAFF_PAUSE
        actor = "handset" if by_reply else "account:1"
        return self.says(source, None, number, **{"pause": reason, "actor": actor} | rest)

    def confirms_wish(self, number: str, began_seq: int) -> Result:
        """Staff read a reply: its parent wants texts to stop."""
        return self.pauses(number, PauseReason.ASKED_TO_STOP, pause_seq=began_seq)

    def resumes(self, number: str, reason: PauseReason, began_seq: int) -> Result:
        return self.says(
            Source.STAFF_RESUME,
            None,
            number,
            pause=reason,
            pause_seq=began_seq,
            actor="account:1",
            evidence={"note": "entered by mistake", "pause": began_seq},
        )

    def decision(
        self, source: Source, answer: Answer | None, number: str = NUMBER, **rest: Any
    ) -> Decision:
        return Decision(
            school_id=self.school.id,
            number=number,
            source=source,
            answer=answer,
            **{"actor": "visitor", "texting_number": self.school.texting_number} | rest,
        )

    def opted_in(self, number: str = NUMBER) -> Result:
        """Staff typed it."""
        return self.says(Source.STAFF_ENTRY, YES, number)

    def opted_out(self, number: str = NUMBER) -> Result:
        """It texted STOP."""
        return self.says(Source.TEXT_REPLY, NO, number)

    def sends(self, answer: Answer, session: str, number: str = NUMBER) -> Result:
        """An unsigned form, sent in a browser session."""
        return self.says(
            Source.PUBLIC_FORM,
            answer,
            number,
            session_digest=session,
            submission_id=self.form(session),
        )

    def events(self, number: str = NUMBER) -> list[ConsentEvent]:
        """In the order of the log."""
        return list(
            db.session.scalars(
                select(ConsentEvent)
                .where(ConsentEvent.school_id == self.school.id, ConsentEvent.number == number)
                .order_by(ConsentEvent.seq)
                .execution_options(populate_existing=True)
            )
        )

    def status(self, number: str = NUMBER) -> ConsentStatus:
        db.session.flush()
        return db.session.get_one(ConsentStatus, (self.school.id, number), populate_existing=True)

    def state(self, number: str = NUMBER) -> str:
        return self.status(number).state


def answer_with_link(world: ConsentSchool, number: str = NUMBER) -> int:
    """A text to a number, which carries a link for that number."""
    made = Message(
        school_id=world.school.id,
        kind=MessageKind.HELP,
        rank=0,
        number=number,
        texting_number=world.school.texting_number,
        body=f"Tap {link_texts.MARK}",
        language="en",
        segments=1,
        state=MessageState.QUEUED,
        made_at=times.now(),
        due_at=times.now(),
    )
    db.session.add(made)
    db.session.flush()
    link_texts.attach(world.school, {number: made.id})
    return made.id


def lifts(world: ConsentSchool, parent: int) -> bool:
    """Say yes as this parent, signed in."""
    result = world.says(Source.PARENT_FORM, YES, answerer_id=parent, actor=f"contact:{parent}")
    if result.state is ConsentState.OPTED_OUT:
        assert result.code is Refusal.HANDSET_MUST_CONFIRM
    return result.state is ConsentState.OPTED_IN


def no_of(world: ConsentSchool, parent: int) -> None:
    world.says(Source.PUBLIC_FORM, NO, actor=f"contact:{parent}")
