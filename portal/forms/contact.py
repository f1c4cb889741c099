"""The contact form: children, parents, phones; complete and well-formed, or every error together.

No database here. The field names are those of docs/interface.md: `child1-first_name`,
`parent1-email`, `parent1-primary_phone-number`. A block is filled out if any of its fields is.
"""

import re
from typing import Any, cast

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import FormField, RadioField, SelectField

from portal.consent.rules import needs_answer
from portal.enums import Answer, Grade, PhoneType, Relationship, Slot
from portal.form_answers import ChildAnswer, ContactAnswers, ParentAnswer, PhoneAnswer
from portal.forms.base import EmailField, Errors, PageForm, TextField, choices
from portal.forms.checks import check_email, check_names
from portal.forms.email_suggestions import EmailSlipsForm
from portal.forms.error_messages import (
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


class ChildForm(PageForm):
    first_name = TextField(_l("First name"), render_kw={})
    last_name = TextField(_l("Last name"), render_kw={})
    grade = SelectField(
        _l("Grade"), choices=choices(GRADE_WORDS, _l("Choose")), validate_choice=False
    )

    def check(self) -> None:
        first_name = _("Enter the child's first name.")
        check_names(self, first_name, _("Enter the child's last name."))
        self.check_choice("grade", Grade, CHOOSE_GRADE, required=False)

    def answer(self) -> ChildAnswer:
        return ChildAnswer(
            first_name=self.text("first_name"),
            last_name=self.text("last_name"),
            grade=self.choice("grade", Grade),
        )


class PhoneForm(PageForm):
    school: SchoolFacts
    type = RadioField(
        _l("Type"),
        choices=choices(TYPE_WORDS),
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
        return any(self.text(name) for name in ("type", "number", "extension"))

    def check(self) -> None:
        self.parsed: PhoneNumber | None = None
        self.parsed_extension: str | None = None
        kind = self.typed("type")
        self.check_choice("type", PhoneType, CHOOSE_TYPE)
        try:
            number = PhoneNumber.parse(self.typed("number"), self.school.country)
            self.parsed = number.as_cell() if kind == PhoneType.CELL else number
        except PhoneError as error:
            message = phone_message(error.fault, self.school.country, error.country_code)
            self.add_error("number", message)
        self._check_extension(kind)
        if needs_answer(kind, self.school.texting_on):
            choose = _("Choose Yes or No for texts to this number.")
            self.check_choice("consent", Answer, choose)

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


class PhoneSlotsForm(PageForm):
    """The three phones of a person."""

    primary_phone = FormField(PhoneForm, _l("Primary phone"))
    secondary_phone = FormField(PhoneForm, _l("Second phone"))
    other_phone = FormField(PhoneForm, _l("Other phone"))

    def phone(self, slot: Slot) -> PhoneForm:
        return cast(PhoneForm, self[slot.value].form)

    def phones(self) -> list[tuple[Slot, PhoneForm]]:
        """The slots that are filled out, in their order."""
        return [(slot, self.phone(slot)) for slot in Slot if self.phone(slot).filled()]

    def set_school(self, school: SchoolFacts) -> None:
        for slot in Slot:
            self.phone(slot).school = school

    def ask_again(self, message: str) -> None:
        """Ask every question again that was answered: its words are others now."""
        for _slot, phone in self.phones():
            asked = phone.typed("type") == PhoneType.CELL and phone.typed("consent")
            if asked and not phone["consent"].errors:
                phone["consent"].data = None
                phone.add_error("consent", message)


class ParentForm(PhoneSlotsForm, EmailSlipsForm):
    order = ("first_name", "last_name", "relationship", "email", *Slot)
    first_name = TextField(_l("First name"))
    last_name = TextField(_l("Last name"))
    relationship = SelectField(
        _l("Relationship to the child"),
        choices=choices(RELATIONSHIP_WORDS, _l("Choose")),
        validate_choice=False,
    )
    email = EmailField(_l("Email"), render_kw={"type": "email", "inputmode": "email"})

    def filled(self) -> bool:
        names = ("first_name", "last_name", "relationship", "email")
        return any(self.text(n) for n in names) or bool(self.phones())

    def called(self) -> str:
        """Return the name in the question about their phone; empty while none is typed."""
        return without_control(self.text("first_name"))

    def full_name(self) -> str:
        return clean(f"{self.typed('first_name')} {self.typed('last_name')}")

    def check(self, first: bool) -> None:
        first_name = _("Enter your first name.") if first else _("Enter the parent's first name.")
        last_name = _("Enter your last name.") if first else _("Enter the parent's last name.")
        check_names(self, first_name, last_name)
        self.check_choice("relationship", Relationship, CHOOSE_RELATIONSHIP, required=False)
        check_email(self, "email", required=first)
        self.ask_about_slip()
        for _slot, phone in self.phones():
            phone.check()

    def answer(self) -> ParentAnswer:
        return ParentAnswer(
            first_name=self.text("first_name"),
            last_name=self.text("last_name"),
            relationship=self.choice("relationship", Relationship),
            email=self.text("email") or None,
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
        if isinstance(block, ParentForm):
            block.set_school(self.school)
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
        return not self.error_list()

    def own_slots(self) -> list[Slot]:
        """Return the slots of the first parent that are filled out."""
        return [slot for slot, _phone in self.parents[1].phones()]

    def ask_again(self, message: str, first: int = 1) -> None:
        """Ask every question again that was answered. `first`: from this parent on."""
        for n, parent in self.parents.items():
            if n >= first:
                parent.ask_again(message)

    def error_list(self) -> Errors:
        """Every error, in the order of the page."""
        blocks = (*self.children.values(), *self.parents.values())
        return [error for block in blocks for error in block.error_list()]

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
        if (match := re.match(rf"{kind}([1-9][0-9]?)-", key)) and int(match[1]) <= most
    }
    return sorted(found | {1})


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
