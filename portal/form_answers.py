"""The answers on a contact form, as plain values: made by the form, saved by the intake."""

from dataclasses import dataclass

from portal.enums import Answer, Grade, PhoneType, Relationship, Slot


@dataclass(frozen=True, slots=True)
class PhoneAnswer:
    slot: Slot
    type: PhoneType
    number: str
    """E.164."""
    extension: str | None
    answer: Answer | None
    """None for Home and Work, and where texting is off."""


@dataclass(frozen=True, slots=True)
class ChildAnswer:
    first_name: str
    last_name: str
    grade: Grade | None


@dataclass(frozen=True, slots=True)
class ParentAnswer:
    first_name: str
    last_name: str
    relationship: Relationship | None
    email: str | None
    phones: tuple[PhoneAnswer, ...]

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True, slots=True)
class ContactAnswers:
    """By their numbers on the form, from 1; parent 1 is who filled it in."""

    children: dict[int, ChildAnswer]
    parents: dict[int, ParentAnswer]
