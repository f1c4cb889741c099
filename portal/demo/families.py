"""Made-up families, the same ones for the same seed: to try the portal out, and to measure it.

Family number i is made from the seed and i alone, so more of them can be added later. Its
phones are of the exchange 555, that belongs to nobody. Everything is written through the services
and the ledger, as real families are. Callers commit.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from portal import clock
from portal.consent import ledger
from portal.consent.wording import ConsentWording, consent_wording
from portal.demo.generator import plan
from portal.demo.plan import Child, Parent, Said
from portal.enums import ContactRole, ProofKind, Source
from portal.extensions import db
from portal.models import Contact, ParentLink, Term, same_school
from portal.models.columns import new_id
from portal.normalize import full_name
from portal.queries.schools import SchoolRow, get_school
from portal.services.contacts.bulk import Bulk
from portal.services.schools.schools import create_school, school_year, set_school

ORIGIN = "demo"
ACTOR = "Demo"
SCHOOLS = (
    ("oakwood", "Oakwood School", "+12065550147", "en,es"),
    ("birchwood", "Birchwood School", "+12065550148", "en,es"),
)
BROWSER = "Mozilla/5.0 (demo)"
_FORMS = frozenset({Source.PUBLIC_FORM, Source.PARENT_FORM})
_ACTORS = {
    Source.PUBLIC_FORM: "visitor",
    Source.TEXT_REPLY: "handset",
    Source.HANDSET: "handset",
    Source.CARRIER: "provider",
}


@dataclass(frozen=True, slots=True)
class _Destination:
    """The place where families are written, the same for all of them."""

    school: SchoolRow
    bulk: Bulk
    last_term: int | None
    wording: ConsentWording


OFFICE_PHONE = "+12065550100"


def make_schools() -> SchoolRow:
    """Oakwood and Birchwood, where they are missing; Oakwood is given back."""
    for slug, name, number, languages in SCHOOLS:
        if get_school(slug) is None:
            create_school(slug, name, number, languages=languages, send_window="always")
            set_school(slug, office_phone=OFFICE_PHONE, office_email=f"office@{slug}.example")
    oakwood = get_school(SCHOOLS[0][0])
    if oakwood is None:
        raise LookupError(SCHOOLS[0][0])
    _make_last_term(oakwood)
    return oakwood


def _make_last_term(school: SchoolRow) -> None:
    """Last school year's, so there is something to have been."""
    a_year_ago = clock.local(clock.now(), school.timezone).date() - timedelta(days=365)
    name, starts_on, ends_on = school_year(a_year_ago)
    there = select(Term.id).where(Term.school_id == school.id, Term.name == name)
    if db.session.scalar(there) is None:
        db.session.add(
            Term(school_id=school.id, id=new_id(), name=name, starts_on=starts_on, ends_on=ends_on)
        )
        db.session.flush()


def count_families(school_id: int) -> int:
    """Count the sample families: each has one parent at position 1, for all children."""
    return (
        db.session.scalar(
            select(func.count(ParentLink.parent_id.distinct()))
            .join(Contact, same_school(Contact, ParentLink, Contact.id == ParentLink.student_id))
            .where(
                ParentLink.school_id == school_id,
                ParentLink.position == 1,
                Contact.origin == ORIGIN,
            )
        )
        or 0
    )


def make_families(school: SchoolRow, seed: int, indexes: Iterable[int]) -> None:
    """Families of the seed by their numbers, written together."""
    wording = consent_wording(school.name, school.texting_number, school.country)
    bulk = Bulk(school.id, ORIGIN, ACTOR, proven_by=ProofKind.STAFF_TYPED)
    place = _Destination(school, bulk, _last_term(school.id), wording)
    for index in indexes:
        family = plan(seed, index)
        students = [_write_child(place, child) for child in family.children]
        for position, parent in enumerate(family.parents, 1):
            parent_id = _write_parent(place, parent, f"{index}-{position - 1}")
            for student in students:
                bulk.link(student, parent_id, position, parent.relationship)
    if any(decision.kept_wording for decision in bulk.decisions):
        ledger.keep_wording(school.id, wording)
    bulk.flush()


def _last_term(school_id: int) -> int | None:
    """The term before the school's default one."""
    return db.session.scalar(
        select(Term.id)
        .where(Term.school_id == school_id, Term.is_default.is_(False))
        .order_by(Term.starts_on.desc())
        .limit(1)
    )


def _write_child(place: _Destination, child: Child) -> int:
    bulk, term = place.bulk, place.school.default_term_id
    student = bulk.contact(
        child.first_name, child.last_name, ContactRole.STUDENT, grade=child.grade
    )
    if place.last_term is not None and child.last_year is not None:
        bulk.enroll(student, place.last_term, child.last_year)
    if term is not None:
        bulk.enroll(student, term, *child.statuses)
    bulk.phones(student, child.phones)
    return student


def _write_parent(place: _Destination, parent: Parent, key: str) -> int:
    bulk = place.bulk
    parent_id = bulk.contact(parent.first_name, parent.last_name, ContactRole.PARENT, parent.email)
    bulk.phones(parent_id, parent.phones)
    for phone, (number, answers) in enumerate(parent.said):
        for turn, said in enumerate(answers):
            message = f"demo-{key}-{phone}-{turn}" if phone or turn > 1 else f"demo-{key}"
            bulk.decisions.append(_decision(place, parent, parent_id, number, said, message))
    return parent_id


def _decision(
    place: _Destination, parent: Parent, parent_id: int, number: str, said: Said, message: str
) -> ledger.Decision:
    form, own = said.source in _FORMS, said.source is Source.PARENT_FORM
    then = clock.now() - timedelta(days=said.days_ago)
    name = full_name(parent.first_name, parent.last_name)
    return ledger.Decision(
        school_id=place.school.id,
        number=number,
        source=said.source,
        answer=said.answer,
        actor=f"contact:{parent_id}" if own else _ACTORS.get(said.source, "cli"),
        texting_number=place.school.texting_number,
        happened_at=then.replace(hour=said.hour, minute=said.minute),
        answerer_id=parent_id if own else None,
        kept_wording=(place.wording.id, place.wording.language) if form else None,
        message_id=message if said.source in {Source.TEXT_REPLY, Source.HANDSET} else None,
        evidence={"name": name, "browser": BROWSER} if form else {},
    )
