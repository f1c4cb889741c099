"""Labels of values that the database keeps a word for."""

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
    Source.PARENT_FORM: "Parent, signed in",
    Source.HANDSET: "From this phone, by text or link",
    Source.PUBLIC_FORM: "Contact form",
    Source.STAFF_ENTRY: "Typed by staff",
    Source.ROSTER_IMPORT: "Roster",
    Source.OPT_OUT_LIST: "Opt-out list",
    Source.TEXT_REPLY: "Replied STOP",
    Source.CARRIER: "Reported by the carrier",
    Source.NUMBER_LEFT: "Number removed from all records",
}
SLOT_LABELS: Mapping[Slot, str] = {
    Slot.PRIMARY: "Primary Phone",
    Slot.SECONDARY: "Secondary Phone",
    Slot.OTHER: "Other Phone",
}
BOTH = "Some opted in, some opted out"
"""Of several phones: one is opted in, another one opted out."""
