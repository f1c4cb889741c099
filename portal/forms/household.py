"""A parent's own phones: three slots, each with the question where it is a cell phone.

A cell phone that was there before keeps its answer if none is given; a new one needs one.
"""

from werkzeug.datastructures import MultiDict

from portal.consent.rules import needs_answer
from portal.enums import Answer, PhoneType, Slot
from portal.forms.contact import PhoneSlotsForm, SchoolFacts


class HouseholdPhonesForm(PhoneSlotsForm):
    def prepare(self, school: SchoolFacts, cells: set[str]) -> None:
        """`cells`: the numbers (E.164) that are a cell phone on the record now."""
        self.school = school
        self.cells = cells
        self.set_school(school)

    def check(self) -> bool:
        for _, phone in self.phones():
            phone.check()
            if phone.parsed is not None and phone.parsed.e164 in self.cells:
                phone["consent"].errors = []
        return not self.error_list()

    def answers(self) -> dict[str, Answer]:
        """By number, of the cell phones that were answered about; of two answers no wins."""
        said: dict[str, Answer] = {}
        for _, phone in self.phones():
            number = phone.parsed.e164 if phone.parsed else ""
            asked = needs_answer(phone.typed("type"), self.school.texting_on)
            if asked and phone.typed("consent") in set(Answer) and said.get(number) != Answer.NO:
                said[number] = Answer(phone.typed("consent"))
        return said

    def show(self, phones: dict[Slot, tuple[PhoneType, str, str | None]]) -> None:
        """Fill the form in with what is on file: type, number as dialled, extension."""
        fields: MultiDict[str, str] = MultiDict()
        for slot, (kind, number, extension) in phones.items():
            fields.add(f"{slot.value}-type", kind.value)
            fields.add(f"{slot.value}-number", number)
            fields.add(f"{slot.value}-extension", extension or "")
        self.process(formdata=fields)
        self.prepare(self.school, self.cells)
