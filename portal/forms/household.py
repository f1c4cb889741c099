"""A parent's own phones: three slots, each with the question where it is a cell phone.

A cell phone that was there before keeps its answer if none is given; a new one needs one.
"""

from typing import cast

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import FormField

from portal.consent.rules import needs_answer
from portal.enums import Answer, PhoneType, Slot
from portal.forms.contact import PhoneForm, SchoolFacts


class HouseholdPhonesForm(FlaskForm):
    primary_phone = FormField(PhoneForm, _l("Primary phone"))
    secondary_phone = FormField(PhoneForm, _l("Second phone"))
    other_phone = FormField(PhoneForm, _l("Other phone"))

    def prepare(self, school: SchoolFacts, cells: set[str]) -> None:
        """`cells`: the numbers (E.164) that are a cell phone on the record now."""
        self.school = school
        self.cells = cells
        for slot in Slot:
            self.phone(slot).school = school

    def phone(self, slot: Slot) -> PhoneForm:
        return cast(PhoneForm, self[slot.value].form)

    def filled(self) -> list[tuple[Slot, PhoneForm]]:
        return [(slot, self.phone(slot)) for slot in Slot if self.phone(slot).filled()]

    def check(self) -> bool:
        for _, phone in self.filled():
            phone.check()
            if phone.parsed is not None and phone.parsed.e164 in self.cells:
                phone["consent"].errors = []
        return not self.problems()

    def problems(self) -> list[tuple[str, str]]:
        """(field name, message) of every error, in the page's order."""
        return [
            (field.name, message)
            for slot in Slot
            for field in self.phone(slot)
            for message in field.errors
        ]

    def answers(self) -> dict[str, Answer]:
        """By number, of the cell phones that were answered about; of two answers no wins."""
        said: dict[str, Answer] = {}
        for _, phone in self.filled():
            number = phone.parsed.e164 if phone.parsed else ""
            asked = needs_answer(phone.typed("type"), self.school.texting_on)
            if asked and phone.typed("consent") in set(Answer) and said.get(number) != Answer.NO:
                said[number] = Answer(phone.typed("consent"))
        return said

    def ask_again(self, message: str) -> None:
        """Have every question that was answered answered again."""
        for _slot, phone in self.filled():
            if phone.typed("type") == PhoneType.CELL and phone.typed("consent"):
                phone["consent"].data = None
                phone.add_error("consent", message)

    def show(self, phones: dict[Slot, tuple[PhoneType, str, str | None]]) -> None:
        """Fill the form in with what is on file: type, number as dialled, extension."""
        fields: MultiDict[str, str] = MultiDict()
        for slot, (kind, number, extension) in phones.items():
            fields.add(f"{slot.value}-type", kind.value)
            fields.add(f"{slot.value}-number", number)
            fields.add(f"{slot.value}-extension", extension or "")
        self.process(formdata=fields)
        self.prepare(self.school, self.cells)
