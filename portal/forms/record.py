"""The staff's forms: a contact, its phones, a new student, a new parent. No database here."""

from collections.abc import Mapping
from typing import cast

from werkzeug.datastructures import MultiDict
from wtforms import RadioField, SelectField
from wtforms.fields import SelectChoice

from portal.enums import EnrollmentStatus, Grade, PhoneType, Relationship, Slot
from portal.form_answers import PhoneAnswer
from portal.forms.base import EmailField, Errors, PageForm, TextField, choices
from portal.forms.checks import check_email, check_names
from portal.forms.contact import PhoneForm, SchoolFacts
from portal.labels import GRADE_WORDS, RELATIONSHIP_WORDS, STATUS_WORDS, TYPE_WORDS
from portal.normalize import has_control, whole_number
from portal.phone import PhoneError, PhoneNumber

Posted = MultiDict[str, str] | None
SWITCH_WORDS = {"on": "On", "off": "Off"}
_TYPED = {"autocomplete": "off"}
"""The browser must not fill in the staff's own names and numbers."""


class PersonForm(PageForm):
    first_name = TextField("First name", render_kw=_TYPED)
    last_name = TextField("Last name", render_kw=_TYPED)

    def check_names(self) -> None:
        check_names(self, "Enter the first name.", "Enter the last name.")


class RecordEmailForm(PersonForm):
    email = EmailField("Email", render_kw={"type": "email", "inputmode": "email", **_TYPED})

    def check_contact(self) -> None:
        self.check_names()
        check_email(self, "email", required=False)


class StudentForm(PersonForm):
    grade = SelectField("Grade", choices=choices(GRADE_WORDS, "Not known"), validate_choice=False)
    status = SelectField("Enrollment", choices=choices(STATUS_WORDS), validate_choice=False)

    def check(self) -> None:
        self.check_names()
        self.check_enrollment()

    def check_enrollment(self) -> None:
        self.check_choice("grade", Grade, "Choose a grade from the list.", required=False)
        status = "Choose a status from the list."
        self.check_choice("status", EnrollmentStatus, status, required=False)

    def name_term(self, term: str | None) -> None:
        if term:
            whole = term.replace("-", "\N{NON-BREAKING HYPHEN}")
            self.status.label.text = f"Enrollment, {whole}"

    def grade_value(self) -> Grade | None:
        return self.choice("grade", Grade)

    def status_value(self) -> EnrollmentStatus | None:
        return self.choice("status", EnrollmentStatus)


class ContactEditForm(StudentForm, RecordEmailForm):
    """Of any contact; what is asked of students only is left out of the page for others."""

    def offer_statuses(self, term: str | None, none_yet: bool) -> None:
        """A status once given can be changed, not taken back."""
        self.name_term(term)
        self.status.choices = choices(STATUS_WORDS, "None yet" if none_yet else None)

    def check_all(self, is_student: bool) -> None:
        self.check_contact()
        if is_student:
            self.check_enrollment()


LONGEST_NOTE = 300


class NoteForm(PageForm):
    """A form in which staff say why."""

    def check_note(self, name: str, missing: str | None = None) -> None:
        """`missing`: the error where nothing was typed, if something must be."""
        note = self.text(name)
        if has_control(self.typed(name)):
            self.add_error(name, "Type the note again. It has a character that we can't save.")
        elif not note and missing:
            self.add_error(name, missing)
        elif len(note) > LONGEST_NOTE:
            self.add_error(name, f"Shorten the note to {LONGEST_NOTE} characters.")


class NumberProofForm(NoteForm):
    """Staff say how they know that a number is the parent's."""

    note = TextField("How do you know?", render_kw={"maxlength": LONGEST_NOTE, **_TYPED})

    def check(self) -> bool:
        self.check_note("note", "Say how you know, like: Ana called from this number.")
        return not self.error_list()


class SwitchesForm(PageForm):
    """Staff turn off, or on, what a parent gets and sees of a child."""

    about_child = RadioField(
        "Gets texts about this child", choices=choices(SWITCH_WORDS), validate_choice=False
    )
    may_see = RadioField("May see this child", choices=choices(SWITCH_WORDS), validate_choice=False)
    reason = TextField("Reason", render_kw={"maxlength": LONGEST_NOTE, **_TYPED})

    def check(self) -> bool:
        for name in ("about_child", "may_see"):
            self.check_choice(name, SWITCH_WORDS, "Choose On or Off.")
        reason = self.text("reason")
        if has_control(self.typed("reason")):
            self.add_error(
                "reason", "Type the reason again. It has a character that we can't save."
            )
        elif not reason:
            self.add_error("reason", "Enter the reason, like: Court order of Sep 3, 2026.")
        elif len(reason) > LONGEST_NOTE:
            self.add_error("reason", f"Shorten the reason to {LONGEST_NOTE} characters.")
        return not self.error_list()

    def is_on(self, name: str) -> bool:
        return self.typed(name) == "on"


class RelationshipForm(PageForm):
    """One parent's relationship to the student. The prefix is `parentN-`, by position."""

    relationship = SelectField(
        "Relationship", choices=choices(RELATIONSHIP_WORDS, "Not known"), validate_choice=False
    )

    def check(self) -> None:
        choose = "Choose a relationship from the list."
        self.check_choice("relationship", Relationship, choose, required=False)

    def value(self) -> Relationship | None:
        return self.choice("relationship", Relationship)


class StaffPhoneForm(PhoneForm):
    """One slot. Staff are never asked for an answer: what they type is consent's staff entry."""

    consent = None
    type = RadioField(
        "Type",
        choices=[
            *choices(TYPE_WORDS),
            SelectChoice("", "None"),
        ],
        validate_choice=False,
    )
    number = TextField("Number", render_kw={"type": "tel", **_TYPED})
    extension = TextField("Extension", render_kw={"inputmode": "numeric", **_TYPED})
    on_file: str | None = None
    """The number (E.164) in the slot. Choosing None next to it removes it."""

    def filled(self) -> bool:
        return super().filled() and not self._taken_out()

    def answer(self, slot: Slot) -> PhoneAnswer:
        """Of a phone that was checked; staff give no answer about it."""
        return PhoneAnswer(
            slot=slot,
            type=PhoneType(self.typed("type")),
            number=cast(PhoneNumber, self.parsed).e164,
            extension=self.parsed_extension,
            answer=None,
        )

    def _taken_out(self) -> bool:
        if self.typed("type") or not self.on_file:
            return False
        try:
            return PhoneNumber.parse(self.typed("number"), self.school.country).e164 == self.on_file
        except PhoneError:
            return False


class RecordPhonesForm:
    """The three slots, over what was posted or, before that, what is on file."""

    def __init__(
        self, posted: Posted, school: SchoolFacts, on_file: Mapping[Slot, PhoneAnswer]
    ) -> None:
        facts = SchoolFacts(school.name, school.country, texting_on=False)
        self.slots: dict[Slot, StaffPhoneForm] = {}
        for slot in Slot:
            phone = on_file.get(slot)
            form = StaffPhoneForm(
                posted, data=_phone_data(phone, school.country), prefix=f"{slot.value}-"
            )
            form.school = facts
            form.on_file = phone.number if phone else None
            self.slots[slot] = form

    def check(self) -> bool:
        for form in self.slots.values():
            if form.filled():
                form.check()
        return not self.error_list()

    def error_list(self) -> Errors:
        return [error for form in self.slots.values() for error in form.error_list()]

    def answers(self) -> list[PhoneAnswer]:
        """Of a form that was checked."""
        return [form.answer(slot) for slot, form in self.slots.items() if form.filled()]


def _phone_data(phone: PhoneAnswer | None, country: str) -> dict[str, str | None]:
    if phone is None:
        return {"type": ""}
    return {
        "type": PhoneType(phone.type).value,
        "number": PhoneNumber(phone.number).shown(country),
        "extension": phone.extension,
    }


class AddParentForm(RecordEmailForm):
    """A parent to be added: a new one, or one who is on file (`existing`)."""

    relationship = SelectField(
        "Relationship to the student",
        choices=choices(RELATIONSHIP_WORDS, "Choose"),
        validate_choice=False,
    )
    position = SelectField("Listed as", choices=[], validate_choice=False)
    existing = RadioField("Who is it?", choices=[], validate_choice=False)

    def offer(self, free: list[int], matches: Mapping[int, str]) -> None:
        """Set the positions that are free, and the people on file who may be meant."""
        self.position.choices = [SelectChoice(str(n), f"Parent {n}") for n in free]
        self.existing.choices = [
            *(SelectChoice(str(key), label) for key, label in matches.items()),
            SelectChoice("new", "None of these: add a new record"),
        ]

    def check(self) -> None:
        if self.existing_id() is None:
            self.check_contact()
        self.check_choice("relationship", Relationship, "Choose a relationship.")
        self.check_choice("position", "1234", "Choose Parent 1, 2, 3, or 4.")

    def existing_id(self) -> int | None:
        """The contact on file that was chosen."""
        return whole_number(self.typed("existing"))

    def position_value(self) -> int:
        return int(self.typed("position"))

    def relationship_value(self) -> Relationship:
        return Relationship(self.typed("relationship"))

    def chosen(self) -> bool:
        """True if staff have said who it is, or that it is nobody on file."""
        return self.existing_id() is not None or self.typed("existing") == "new"
