"""Two versions side by side: what is on file by now, and what the second editor typed."""

from dataclasses import dataclass

from portal.enums import Relationship, Slot
from portal.forms.record import ContactEditForm, RecordPhonesForm, RelationshipForm
from portal.labels import RELATIONSHIP_WORDS, SLOT_WORDS, STATUS_WORDS
from portal.queries.records.phones import PhoneRow
from portal.queries.records.record import Record
from portal.services.contacts.phones import PhoneValue
from portal.views.staff.records.labels import grade_words


@dataclass(frozen=True, slots=True)
class Version:
    """One thing in both versions."""

    what: str
    on_file: str
    typed: str

    @property
    def differs(self) -> bool:
        return self.on_file != self.typed


def contact_versions(
    record: Record, form: ContactEditForm, kin: dict[int, RelationshipForm]
) -> list[Version]:
    contact = record.contact
    rows = [
        Version("First name", contact.first_name, form.text("first_name")),
        Version("Last name", contact.last_name, form.text("last_name")),
        Version("Email", contact.email or "", form.text("email")),
    ]
    if contact.is_student:
        enrollment, status = contact.enrollment, form.status_value()
        rows += [
            Version("Grade", grade_words(contact.grade), grade_words(form.grade_value())),
            Version(
                "Enrollment",
                STATUS_WORDS[enrollment.status] if enrollment else "",
                STATUS_WORDS[status] if status else "",
            ),
        ]
    rows += [
        Version(
            f"{parent.name}'s relationship",
            _relationship_words(parent.relationship),
            _relationship_words(kin[parent.id].value()),
        )
        for parent in record.parents
        if parent.id in kin
    ]
    return rows


def _relationship_words(relationship: Relationship | None) -> str:
    return str(RELATIONSHIP_WORDS[relationship]) if relationship else ""


def phone_versions(phones: list[PhoneRow], form: RecordPhonesForm, country: str) -> list[Version]:
    on_file = {phone.slot: PhoneValue.of(phone).describe(country) for phone in phones}
    typed = {phone.slot: PhoneValue.of(phone).describe(country) for phone in form.answers()}
    return [Version(SLOT_WORDS[slot], on_file.get(slot, ""), typed.get(slot, "")) for slot in Slot]
