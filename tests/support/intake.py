"""The Ruiz family's contact form, as the intake gets it, and what stands on file of them."""

from collections.abc import Callable

from sqlalchemy import func, select

from portal.consent.wording import consent_wording
from portal.enums import (
    Answer,
    ConsentState,
    Grade,
    PhoneType,
    ProposalKind,
    ProposalState,
    Relationship,
    Slot,
)
from portal.extensions import db, writing
from portal.form_answers import ChildAnswer, ContactAnswers, ParentAnswer, PhoneAnswer
from portal.models import (
    ConsentStatus,
    Proposal,
)
from portal.queries.schools import SchoolRow
from portal.services.actor import Actor
from portal.services.intake.receive import FormContext
from portal.services.intake.submissions import Receipt
from portal.services.proposals import review
from tests.support.families import make_parent, make_student, phone

YES, NO = Answer.YES, Answer.NO

ANA, BEN_S, OLD = "+14155550182", "+14155550183", "+14155550190"

PAT = Actor(7, "Pat Fields")


def cell(number: str, answer: Answer | None, slot: Slot = Slot.PRIMARY) -> PhoneAnswer:
    return PhoneAnswer(slot, PhoneType.CELL, number, None, answer)


def parent(first: str = "Ana", email: str | None = "ana@example.com", *phones: PhoneAnswer):
    return ParentAnswer(first, "Ruiz", Relationship.MOTHER, email, phones or (cell(ANA, YES),))


def ruiz(*parents: ParentAnswer, child: str = "Mateo") -> ContactAnswers:
    return ContactAnswers(
        children={1: ChildAnswer(child, "Ruiz", Grade.G3)},
        parents=dict(enumerate(parents or (parent(),), 1)),
    )


Take = Callable[..., Receipt]


def sheet(school: SchoolRow, key: str, session: str = "one", link: str = "") -> FormContext:
    """The circumstances of a form by nobody who is signed in."""
    return FormContext(
        form_key=key.ljust(32, "0"),
        session_digest=session,
        language="en",
        evidence={"ip": "203.0.113.7", "browser": "Test", "name": "Ana Ruiz"},
        wording=consent_wording(school.name, school.texting_number, school.country),
        link_token=link,
    )


def state(number: str) -> str:
    return db.session.scalar(select(ConsentStatus.state).where(ConsentStatus.number == number)) or (
        ConsentState.NOT_ASKED
    )


def waiting(kind: ProposalKind | None = None) -> list[Proposal]:
    query = select(Proposal).where(Proposal.state == ProposalState.WAITING).order_by(Proposal.id)
    found = db.session.scalars(query).all()
    return [p for p in found if kind is None or p.kind == kind]


def count(model: type) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def accept_all(school: SchoolRow) -> list[review.ProposalOutcome]:
    ids = [p.id for p in waiting()]
    with writing():
        return review.accept(school, ids, PAT)


def family_on_file(school: SchoolRow, *phones: object, typed: bool = False) -> tuple[int, int]:
    """Mateo and Ana Ruiz, known to the school."""
    child = make_student(school, "Mateo Ruiz")
    ana = make_parent(
        school,
        "Ana Ruiz",
        child,
        email="ana@example.com",
        phones=list(phones) or [phone(ANA)],
        typed=typed,
    )
    return child, ana
