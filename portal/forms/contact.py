"""The contact form: children, parents, phones; complete and well-formed, or every error together.

No database here. The field names are those of docs/interface.md: `child1-first_name`,
`parent1-email`, `parent1-primary_phone-number`. A block is filled out if any of its fields is.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import Form, FormField, RadioField, SelectField
from wtforms.fields import SelectChoice

from portal.consent.rules import needs_answer
from portal.enums import Answer, Grade, PhoneType, Relationship, Slot
from portal.form_answers import ChildAnswer, ContactAnswers, ParentAnswer, PhoneAnswer
from portal.forms.checks import TextField, check_email, check_name
from portal.forms.messages import (
    CELL_HAS_NO_EXTENSION,
    CHOOSE_GRADE,
    CHOOSE_RELATIONSHIP,
    CHOOSE_TYPE,
    phone_message,
)
from portal.labels import GRADE_WORDS, RELATIONSHIP_WORDS, TYPE_WORDS
from portal.normalize import clean, without_control
from portal.phone import PhoneError, PhoneFault, PhoneNumber, parse_extension

MOST_CHILDREN = 12
MOST_PARENTS = 4


class SchoolFacts:
    """The facts about the school that the form needs."""

    def __init__(self, name: str, country: str, texting_on: bool) -> None:
        self.name = name
        self.country = country
        self.texting_on = texting_on


class Block(Form):
    """A part of the form that may be left out as a whole."""

    school: SchoolFacts

    def filled(self) -> bool:
        """True if anything was typed or chosen in it."""
        return any(_raw(field).strip() for field in self)

    def typed(self, name: str) -> str:
        return _raw(self[name])

    def add_error(self, name: str, message: str) -> None:
        self[name].errors = [*self[name].errors, message]


def _raw(field: Any) -> str:
    return str(field.raw_data[0]) if field.raw_data else ""


def _choices(words: Mapping[Any, str], blank: str | None = None) -> list[SelectChoice]:
    first = [] if blank is None else [SelectChoice("", blank)]
    return [*first, *(SelectChoice(key.value, label) for key, label in words.items())]


class ChildForm(Block):
    first_name = TextField(_l("First name"), render_kw={})
    last_name = TextField(_l("Last name"), render_kw={})
    grade = SelectField(
        _l("Grade"), choices=_choices(GRADE_WORDS, _l("Choose")), validate_choice=False
    )

    def check(self) -> None:
        check_name(self, "first_name", _("Enter the child's first name."))
        check_name(self, "last_name", _("Enter the child's last name."))
        if self.typed("grade") and self.typed("grade") not in set(Grade):
            self.add_error("grade", CHOOSE_GRADE)

    def answer(self) -> ChildAnswer:
        grade = self.typed("grade")
        return ChildAnswer(
            first_name=clean(self.typed("first_name")),
            last_name=clean(self.typed("last_name")),
            grade=Grade(grade) if grade else None,
        )


class PhoneForm(Block):
    type = RadioField(
        _l("Type"),
        choices=_choices(TYPE_WORDS),
        validate_choice=False,
    )
    number = TextField(_l("Phone number"), render_kw={"type": "tel", "inputmode": "tel"})
    extension = TextField(
        _l("Extension"), render_kw={"inputmode": "numeric", "autocomplete": "tel-extension"}
    )
    consent = RadioField(_l("Texts"), choices=[], validate_choice=False)

    def typed(self, name: str) -> str:
        """Of two answers in one field no wins; no browser sends two."""
        if name == "consent" and Answer.NO in (self[name].raw_data or []):
            return Answer.NO.value
        return super().typed(name)

    def filled(self) -> bool:
        """An answer to the hidden question is no phone yet."""
        return any(self.typed(name).strip() for name in ("type", "number", "extension"))

    def check(self) -> None:
        self.parsed: PhoneNumber | None = None
        self.parsed_extension: str | None = None
        kind = self.typed("type")
        if kind not in set(PhoneType):
            self.add_error("type", CHOOSE_TYPE)
        try:
            self.parsed = PhoneNumber.parse(self.typed("number"), self.school.country)
        except PhoneError as error:
            self.add_error("number", phone_message(error.fault, self.school.country))
        self._check_extension(kind)
        if needs_answer(kind, self.school.texting_on) and self.typed("consent") not in set(Answer):
            self.add_error("consent", _("Choose Yes or No for texts to this number."))

    def _check_extension(self, kind: str) -> None:
        try:
            self.parsed_extension = parse_extension(self.typed("extension"))
        except PhoneError as error:
            self.add_error("extension", phone_message(error.fault, self.school.country))
        else:
            if self.parsed_extension and kind == PhoneType.CELL:
                self.add_error("extension", CELL_HAS_NO_EXTENSION)

    def answer(self, slot: Slot) -> PhoneAnswer:
        """Of a phone that was checked. An answer sent along with Home or Work is dropped."""
        kind = PhoneType(self.typed("type"))
        said = self.typed("consent")
        asked = needs_answer(kind, self.school.texting_on) and said in set(Answer)
        return PhoneAnswer(
            slot=slot,
            type=kind,
            number=cast(PhoneNumber, self.parsed).e164,
            extension=self.parsed_extension,
            answer=Answer(said) if asked else None,
        )


class ParentForm(Block):
    first_name = TextField(_l("First name"))
    last_name = TextField(_l("Last name"))
    relationship = SelectField(
        _l("Relationship to the child"),
        choices=_choices(RELATIONSHIP_WORDS, _l("Choose")),
        validate_choice=False,
    )
    email = TextField(_l("Email"), render_kw={"type": "email", "inputmode": "email"})
    primary_phone = FormField(PhoneForm, _l("Primary phone"))
    secondary_phone = FormField(PhoneForm, _l("Second phone"))
    other_phone = FormField(PhoneForm, _l("Other phone"))

    def filled(self) -> bool:
        names = ("first_name", "last_name", "relationship", "email")
        return any(self.typed(n).strip() for n in names) or bool(self.phones())

    def phone(self, slot: Slot) -> PhoneForm:
        return cast(PhoneForm, self[slot.value].form)

    def phones(self) -> list[tuple[Slot, PhoneForm]]:
        """The slots that are filled in, in their order."""
        return [(slot, self.phone(slot)) for slot in Slot if self.phone(slot).filled()]

    def called(self) -> str:
        """Return the name in the question about their phone; empty while none is typed."""
        return without_control(clean(self.typed("first_name")))

    def full_name(self) -> str:
        return clean(f"{self.typed('first_name')} {self.typed('last_name')}")

    def check(self, first: bool) -> None:
        first_name = _("Enter your first name.") if first else _("Enter the parent's first name.")
        last_name = _("Enter your last name.") if first else _("Enter the parent's last name.")
        check_name(self, "first_name", first_name)
        check_name(self, "last_name", last_name)
        if self.typed("relationship") and self.typed("relationship") not in set(Relationship):
            self.add_error("relationship", CHOOSE_RELATIONSHIP)
        check_email(self, "email", required=first)
        for _slot, phone in self.phones():
            phone.check()

    def answer(self) -> ParentAnswer:
        relationship = self.typed("relationship")
        return ParentAnswer(
            first_name=clean(self.typed("first_name")),
            last_name=clean(self.typed("last_name")),
            relationship=Relationship(relationship) if relationship else None,
            email=clean(self.typed("email")) or None,
            phones=tuple(phone.answer(slot) for slot, phone in self.phones()),
        )


class ContactForm:
    """The whole form, over what was posted (or nothing yet)."""

    def __init__(self, posted: MultiDict[str, str], school: SchoolFacts) -> None:
        self.school = school
        self.children = {
            n: self._bind(ChildForm(posted, prefix=f"child{n}-"))
            for n in _present(posted, "child", MOST_CHILDREN)
        }
        self.parents = {
            n: self._bind(ParentForm(posted, prefix=f"parent{n}-"))
            for n in _present(posted, "parent", MOST_PARENTS)
        }
        for n, child in self.children.items():
            _autofill_child(child, n)
        for n, parent in self.parents.items():
            _autofill(parent, n)

    def _bind(self, block: Any) -> Any:
        block.school = self.school
        for slot in Slot:
            if isinstance(block, ParentForm):
                block.phone(slot).school = self.school
        return block

    def blank_child(self, n: int) -> ChildForm:
        child = cast(ChildForm, self._bind(ChildForm(prefix=f"child{n}-")))
        _autofill_child(child, n)
        return child

    def blank_parent(self, n: int) -> ParentForm:
        parent = cast(ParentForm, self._bind(ParentForm(prefix=f"parent{n}-")))
        _autofill(parent, n)
        return parent

    def check(self) -> bool:
        """True if all is complete and well-formed; if not, the blocks hold their errors."""
        for n, child in self.children.items():
            if n == 1 or child.filled():
                child.check()
        for n, parent in self.parents.items():
            if n == 1 or parent.filled():
                parent.check(first=n == 1)
        if not any(parent.phones() for parent in self.parents.values()):
            self.parents[1].phone(Slot.PRIMARY).add_error(
                "number", phone_message(PhoneFault.EMPTY, self.school.country)
            )
        return not self.errors()

    def ask_again(self, message: str, first: int = 1) -> None:
        """Have every question that was answered answered again: its words are others now.
        `first`: from this parent on."""
        for parent in (parent for n, parent in self.parents.items() if n >= first):
            for _slot, phone in parent.phones():
                if phone.typed("type") == PhoneType.CELL and not phone["consent"].errors:
                    phone["consent"].data = None
                    phone.add_error("consent", message)

    def errors(self) -> list[tuple[str, str]]:
        """(field name, message) of every error, in the page's order."""
        return [
            (field.name, message)
            for block in (*self.children.values(), *self.parents.values())
            for field in _leaves(block)
            for message in field.errors
        ]

    def answers(self) -> ContactAnswers:
        """The answers of a form that was checked, without its empty blocks."""
        return ContactAnswers(
            children={n: c.answer() for n, c in self.children.items() if n == 1 or c.filled()},
            parents={n: p.answer() for n, p in self.parents.items() if n == 1 or p.filled()},
        )


def _present(posted: MultiDict[str, str], kind: str, most: int) -> list[int]:
    """The numbers of the blocks that were posted; the first is always there."""
    found = {
        int(match[1])
        for key in posted
        if (match := re.match(rf"{kind}([1-9]\d?)-", key)) and int(match[1]) <= most
    }
    return sorted(found | {1})


def _leaves(block: Block) -> Iterator[Any]:
    for field in block:
        if isinstance(field, FormField):
            yield from field.form
        else:
            yield field


def _autofill_child(child: ChildForm, n: int) -> None:
    """A section of its own: not the parent's name. `off` would lose it when they come back."""
    for name, token in (("first_name", "given-name"), ("last_name", "family-name")):
        child[name].render_kw = {"autocomplete": f"section-child{n} {token}"}


def _autofill(parent: ParentForm, n: int) -> None:
    """Tell the phone whose name and number it may fill in; sections keep two parents apart."""
    section = "" if n == 1 else f"section-parent{n} "
    for name, token in (
        ("first_name", "given-name"),
        ("last_name", "family-name"),
        ("email", "email"),
    ):
        parent[name].render_kw = {**(parent[name].render_kw or {}), "autocomplete": section + token}
    for slot in Slot:
        own = section if slot is Slot.PRIMARY else f"section-{slot.value}{n} "
        number = parent.phone(slot)["number"]
        number.render_kw = {**number.render_kw, "autocomplete": f"{own}tel"}
