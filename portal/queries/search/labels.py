"""What the values of fields are called, where the database keeps a word for them."""

from collections.abc import Mapping

from portal.enums import ContactRole, EnrollmentStatus, Grade, Slot, Source

GRADE_WORDS: Mapping[str, str] = {
    Grade.PK: "Pre-K",
    Grade.KG: "Kindergarten",
    **{g: f"Grade {g}" for g in Grade if g.value.isdigit()},
}
ROLE_WORDS: Mapping[str, str] = {role: role.value.capitalize() for role in ContactRole}
STATUS_WORDS: Mapping[str, str] = {status: status.value.capitalize() for status in EnrollmentStatus}
YES_NO: Mapping[str, str] = {"yes": "Yes", "no": "No"}
ORIGIN_WORDS: Mapping[str, str] = {
    "form": "Contact form",
    "staff": "Typed by staff",
    "roster": "Roster",
    "demo": "Demo",
}
LANGUAGE_WORDS: Mapping[str, str] = {"en": "English", "es": "Spanish"}
SOURCE_WORDS: Mapping[str, str] = {
    Source.PARENT_FORM: "A form, signed in",
    Source.HANDSET: "The phone itself",
    Source.PUBLIC_FORM: "The contact form",
    Source.STAFF_ENTRY: "Typed by staff",
    Source.ROSTER_IMPORT: "A roster",
    Source.OPT_OUT_LIST: "An opt-out list",
    Source.TEXT_REPLY: "Replied STOP",
    Source.CARRIER: "The carrier",
    Source.NUMBER_LEFT: "Left the last record",
}
SLOT_LABELS: Mapping[Slot, str] = {
    Slot.PRIMARY: "Primary Phone",
    Slot.SECONDARY: "Secondary Phone",
    Slot.OTHER: "Other Phone",
}
BOTH = "Yes and no"
"""Of several phones: one is opted in, another one opted out."""
