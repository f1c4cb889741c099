"""The catalogue: every field that can be searched, shown, sorted by and downloaded, once.

To add a field is to add an entry here. A school's own labels lie over these.
"""

from collections.abc import Iterator, Mapping

from sqlalchemy import ColumnElement, and_, case, literal_column, or_

from portal.enums import ConsentState, ConsentStrength, Grade, PauseReason, Slot
from portal.labels import (
    EMAIL_FAULT_WORDS,
    GRADE_WORDS,
    LANGUAGE_WORDS,
    ORIGIN_WORDS,
    PAUSE_REASON_WORDS,
    RELATIONSHIP_WORDS,
    ROLE_WORDS,
    SLOT_WORDS,
    SOURCE_WORDS,
    STATUS_WORDS,
    STRENGTH_LABELS,
    TYPE_WORDS,
    YES_NO,
    english,
)
from portal.models import ConsentPause, ConsentStatus, EmailRefusal
from portal.queries.schools import SchoolRow
from portal.queries.search.conditions import (
    number_is,
    of_answer,
    of_choice,
    of_date,
    of_enrollment,
    of_pause,
    of_refusal,
    of_slot,
    of_texts,
    of_weakest_consent,
    type_is,
)
from portal.queries.search.fields import ADULT, PARENTS, PERSON, Field, FieldOwner, Kind, in_order
from portal.queries.search.joins import JoinedPerson

BOTH = "Some opted in, some opted out"
"""Of several phones: one is opted in, another one opted out."""
NAME, CONTACTING, PHONES = "Name", "Email and language", "Phones"
SCHOOL, RECORD = "School", "Record"


def _person() -> Iterator[Field]:
    yield Field(
        "name",
        "Name",
        NAME,
        Kind.TEXT,
        PERSON,
        value=lambda at: at.person.full_name,
        compared=lambda at: at.person.last_key + " " + at.person.first_key,
        criterion=False,  # one searches by first or last name
    )
    yield Field(
        "first_name",
        "First name",
        NAME,
        Kind.TEXT,
        PERSON,
        value=lambda at: at.person.first_name,
        compared=lambda at: at.person.first_key,
    )
    yield Field(
        "last_name",
        "Last name",
        NAME,
        Kind.TEXT,
        PERSON,
        value=lambda at: at.person.last_name,
        compared=lambda at: at.person.last_key,
    )
    yield Field(
        "email",
        "Email",
        CONTACTING,
        Kind.TEXT,
        PERSON,
        value=lambda at: at.person.email,
        compared=lambda at: at.person.email_key,
    )
    yield Field(
        "email_refused",
        "Email refused",
        CONTACTING,
        Kind.CHOICE,
        PERSON,
        value=lambda at: at.refusal().fault,
        finds=of_refusal(EmailRefusal.fault, of_choice),
        choices={fault: words[0].upper() + words[1:] for fault, words in EMAIL_FAULT_WORDS.items()},
    )
    yield Field(
        "email_refused_at",
        "Email refused on",
        CONTACTING,
        Kind.DATE,
        PERSON,
        value=lambda at: at.refusal().refused_at,
        finds=of_refusal(EmailRefusal.refused_at, of_date),
    )
    yield Field(
        "language",
        "Language",
        CONTACTING,
        Kind.CHOICE,
        PERSON,
        value=lambda at: at.person.language,
        choices=LANGUAGE_WORDS,
    )


def _school() -> Iterator[Field]:
    yield Field(
        "enrollment_status",
        "Enrollment Status",
        SCHOOL,
        Kind.STATUS,
        frozenset({FieldOwner.STUDENT}),
        value=lambda at: at.enrollment().status,
        finds=of_enrollment,
        choices=STATUS_WORDS,
    )
    yield Field(
        "grade",
        "Grade",
        SCHOOL,
        Kind.CHOICE,
        frozenset({FieldOwner.STUDENT}),
        value=lambda at: at.person.grade,
        compared=lambda at: case(
            {grade.value: n for n, grade in enumerate(Grade)}, value=at.person.grade
        ),
        choices=english(GRADE_WORDS),
    )
    yield Field(
        "role",
        "Role",
        SCHOOL,
        Kind.ROLE,
        PERSON - {FieldOwner.LINK},
        value=lambda at: literal_column("''"),
        choices=ROLE_WORDS,
    )
    yield Field(
        "relationship",
        "Relationship",
        SCHOOL,
        Kind.CHOICE,
        frozenset({FieldOwner.LINK}),
        value=lambda at: at.link.relationship,
        choices=english(RELATIONSHIP_WORDS),
    )
    yield Field(
        "children",
        "Children",
        SCHOOL,
        Kind.TEXT,
        frozenset({FieldOwner.PARENT}),
        value=lambda at: at.children(),
        criterion=False,  # one asks for the students: their parents stand in their rows
    )


def _record() -> Iterator[Field]:
    yield Field(
        "created_at", "Added on", RECORD, Kind.DATE, PERSON, value=lambda at: at.person.created_at
    )
    yield Field(
        "origin",
        "Added by",
        RECORD,
        Kind.CHOICE,
        PERSON,
        value=lambda at: at.person.origin,
        choices=ORIGIN_WORDS,
    )


def _phones(slot: Slot) -> Iterator[Field]:
    label = SLOT_WORDS[slot].title()
    yield Field(
        slot.value,
        label,
        PHONES,
        Kind.PHONE,
        PERSON,
        value=lambda at: at.phone(slot).number,
        finds=of_slot(slot, number_is),
        parts={
            "type": lambda at: at.phone(slot).type,
            "extension": lambda at: at.phone(slot).extension,
            "state": lambda at: at.state(slot),
            "paused": lambda at: at.status(slot).paused,
        },
    )
    yield Field(
        f"{slot}_type",
        f"{label} type",
        PHONES,
        Kind.CHOICE,
        PERSON,
        value=lambda at: at.phone(slot).type,
        finds=of_slot(slot, type_is),
        choices=english(TYPE_WORDS),
    )
    yield Field(
        f"{slot}_opt_in",
        f"{label} Opt-In",
        PHONES,
        Kind.TEXTS,
        PARENTS,
        value=lambda at: _yes_no(at.state(slot)),
        finds=of_texts(slot),
        choices=YES_NO,
        parts={
            "number": lambda at: at.phone(slot).number,
            "state": lambda at: at.state(slot),
            "paused": lambda at: at.status(slot).paused,
        },
        about_texts=True,
    )
    yield Field(
        f"{slot}_answered_at",
        f"{label}: date of yes or no",
        PHONES,
        Kind.DATE,
        PARENTS,
        value=lambda at: at.status(slot).decided_at,
        finds=of_answer(slot, ConsentStatus.decided_at, of_date),
        about_texts=True,
    )
    yield Field(
        f"{slot}_answered_by",
        f"{label}: how they said yes or no",
        PHONES,
        Kind.CHOICE,
        PARENTS,
        value=lambda at: at.status(slot).decided_by,
        finds=of_answer(slot, ConsentStatus.decided_by, of_choice),
        choices={source: how[0].upper() + how[1:] for source, how in SOURCE_WORDS.items()},
        about_texts=True,
    )
    yield Field(
        f"{slot}_strength",
        f"{label}: strength of consent",
        PHONES,
        Kind.CHOICE,
        PARENTS,
        value=lambda at: at.status(slot).strength,
        finds=of_answer(slot, ConsentStatus.strength, of_choice),
        choices=STRENGTH_LABELS,
        about_texts=True,
    )
    yield Field(
        f"{slot}_confirmed_at",
        f"{label}: parent confirmed on",
        PHONES,
        Kind.DATE,
        ADULT,
        value=lambda at: at.phone(slot).confirmed_at,
        finds=of_slot(slot, lambda p, operator, typed: of_date(p.confirmed_at, operator, typed)),
    )


def _yes_no(state: ColumnElement[str | None]) -> ColumnElement[str | None]:
    return case(
        {ConsentState.OPTED_IN.value: "yes", ConsentState.OPTED_OUT.value: "no"}, value=state
    )


def _any_texts(at: JoinedPerson) -> ColumnElement[str | None]:
    """Of all the parent's cell phones: a criterion holds for any one of them, so both may be so."""
    states = [at.state(slot) for slot in Slot]
    yes = or_(*(state == ConsentState.OPTED_IN.value for state in states))
    no = or_(*(state == ConsentState.OPTED_OUT.value for state in states))
    return case((and_(yes, no), BOTH), (yes, "yes"), (no, "no"), else_=None)


def _weakest_consent(at: JoinedPerson) -> ColumnElement[str | None]:
    """Of all the parent's cell phones that are opted in."""
    strengths = [at.status(slot).strength for slot in Slot]
    order = reversed(ConsentStrength)
    return case(
        *((or_(*(one == weak.value for one in strengths)), weak.value) for weak in order),
        else_=None,
    )


def _paused() -> Iterator[Field]:
    yield Field(
        "paused",
        "Texts paused: reason",
        PHONES,
        Kind.CHOICE,
        PARENTS,
        value=_hardest_pause,
        finds=of_pause(ConsentPause.reason, of_choice),
        choices=PAUSE_REASON_WORDS,
        about_texts=True,
    )
    yield Field(
        "paused_at",
        "Texts paused on",
        PHONES,
        Kind.DATE,
        PARENTS,
        value=lambda at: at.paused_at(),
        finds=of_pause(ConsentPause.recorded_at, of_date),
        about_texts=True,
    )


def _hardest_pause(at: JoinedPerson) -> ColumnElement[str | None]:
    """Of the pauses of the parent's cell phones, the one that is hardest to end."""
    paused = [at.status(slot).paused for slot in Slot]
    reasons = [reason.value for reason in PauseReason]
    return case(*((or_(*(p == reason for p in paused)), reason) for reason in reasons), else_=None)


FIELDS: tuple[Field, ...] = (
    *_person(),
    *_school(),
    *(field for slot in Slot for field in _phones(slot)),
    Field(
        "any_texts",
        "Texting: any phone",
        PHONES,
        Kind.TEXTS,
        PARENTS,
        value=_any_texts,
        compared=lambda at: in_order({**YES_NO, BOTH: BOTH}, _any_texts(at)),
        finds=of_texts(*Slot),
        choices=YES_NO,
        about_texts=True,
    ),
    Field(
        "weakest_consent",
        "Texting: weakest consent",
        PHONES,
        Kind.CHOICE,
        PARENTS,
        value=_weakest_consent,
        finds=of_weakest_consent,
        choices=STRENGTH_LABELS,
        about_texts=True,
    ),
    *_paused(),
    *_record(),
)
BY_KEY: Mapping[str, Field] = {field.key: field for field in FIELDS}


def label_of(field: Field, labels: Mapping[str, str]) -> str:
    """Return the school's name for the field."""
    return labels.get(field.key, field.label)


def shown_fields(school: SchoolRow) -> list[Field]:
    """The fields that there are at the school: without those about texts where it does not text."""
    return [field for field in FIELDS if school.texting_on or not field.about_texts]
