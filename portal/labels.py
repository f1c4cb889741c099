"""Words for what is kept as a code: each table once.

Words that parents read too are lazy: a page in Spanish has them in Spanish. All others are English.
"""

from collections.abc import Mapping
from typing import NamedTuple

from flask_babel import lazy_gettext as _l

from portal.enums import (
    AccountChange,
    AuditKind,
    ConsentState,
    ConsentStrength,
    ContactRole,
    EmailFault,
    EnrollmentStatus,
    Grade,
    InboundKind,
    MessageFault,
    MessageKind,
    MessageState,
    PauseReason,
    PhoneType,
    ProofKind,
    ReactionKind,
    Relationship,
    Slot,
    Source,
    StaffRole,
)
from portal.provider_codes import CODES, Reason


def plural(count: int, one: str, many: str = "") -> str:
    """`1 text`, `2 texts`; `many` where an s at the end of `one` won't do. In English."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def english(words: Mapping[str, str]) -> dict[str, str]:
    """Plain words of a lazy table, for what is never translated. Made while modules load."""
    return {key: str(word) for key, word in words.items()}


# Read by parents too.

GRADE_WORDS: Mapping[str, str] = {
    Grade.PK: _l("Pre-K"),
    Grade.KG: _l("Kindergarten"),
    **{grade: _l("Grade %(grade)s", grade=grade.value) for grade in list(Grade)[2:]},
}
RELATIONSHIP_WORDS: Mapping[str, str] = {
    Relationship.MOTHER: _l("Mother"),
    Relationship.FATHER: _l("Father"),
    Relationship.GUARDIAN: _l("Guardian"),
    Relationship.GRANDPARENT: _l("Grandparent"),
    Relationship.OTHER: _l("Other"),
}
TYPE_WORDS: Mapping[str, str] = {
    PhoneType.CELL: _l("Cell"),
    PhoneType.HOME: _l("Home"),
    PhoneType.WORK: _l("Work"),
}
STATE_WORDS: Mapping[str, str] = {
    ConsentState.OPTED_IN: _l("Opted in"),
    ConsentState.OPTED_OUT: _l("Opted out"),
    ConsentState.NOT_ASKED: _l("No answer yet"),
}
PAUSE_WORDS: Mapping[str, str] = {
    PauseReason.WRONG_NUMBER: _l("Paused: wrong number"),
    PauseReason.ASKED_TO_STOP: _l("Paused: asked to stop"),
    PauseReason.LIKELY_STOP: _l("Paused: may want to stop"),
    PauseReason.OTHER: _l("Paused by the school"),
}
PAUSE_REASON_WORDS: Mapping[str, str] = {
    PauseReason.WRONG_NUMBER: "Wrong number",
    PauseReason.ASKED_TO_STOP: "Asked us to stop",
    PauseReason.LIKELY_STOP: "May want to stop",
    PauseReason.OTHER: "Another reason",
}
"""The reasons of a pause, in a search."""
TRANSLATED = frozenset(
    {"GRADE_WORDS", "RELATIONSHIP_WORDS", "TYPE_WORDS", "STATE_WORDS", "PAUSE_WORDS"}
)
"""The lazy tables."""

# Records.

SLOT_WORDS: Mapping[str, str] = {
    Slot.PRIMARY: "Primary phone",
    Slot.SECONDARY: "Secondary phone",
    Slot.OTHER: "Other phone",
}
FIELD_WORDS: Mapping[str, str] = {
    "first_name": "First name",
    "last_name": "Last name",
    "email": "Email",
    "grade": "Grade",
}
"""The fields of a contact, in its history and in changes to review."""
ROLE_WORDS: Mapping[str, str] = {role: role.value.capitalize() for role in ContactRole}
STATUS_WORDS: Mapping[str, str] = {status: status.value.capitalize() for status in EnrollmentStatus}
ORIGIN_WORDS: Mapping[str, str] = {
    "form": "Contact form",
    "staff": "Typed by staff",
    "roster": "Roster",
    "demo": "Demo",
}
LANGUAGE_WORDS: Mapping[str, str] = {"en": "English", "es": "Spanish"}
YES_NO: Mapping[str, str] = {"yes": "Yes", "no": "No"}
SOURCE_WORDS: Mapping[str, str] = {
    Source.PARENT_FORM: "by the parent, signed in",
    Source.HANDSET: "from this phone, by text or link",
    Source.PUBLIC_FORM: "on the contact form",
    Source.STAFF_ENTRY: "typed by staff",
    Source.ROSTER_IMPORT: "imported from a roster",
    Source.OPT_OUT_LIST: "imported from an opt-out list",
    Source.TEXT_REPLY: "replied STOP",
    Source.CARRIER: "reported by the carrier",
    Source.NUMBER_LEFT: "number removed from all records",
    Source.STAFF_PAUSE: "by staff",
    Source.STAFF_RESUME: "by staff",
    Source.REPLY_PAUSE: "after a reply",
}
STRENGTH_WORDS: Mapping[str, str] = {
    ConsentStrength.CONFIRMED: "confirmed by the parent",
    ConsentStrength.FORM: "on a contact form, number not proven",
    ConsentStrength.STAFF_TYPED: "typed by staff, not yet answered by the parent",
    ConsentStrength.ROSTER: "imported from a roster, not yet answered by the parent",
}
"""The ways in which opt-ins came about."""
STRENGTH_LABELS: Mapping[str, str] = {
    ConsentStrength.CONFIRMED: "Confirmed by the parent",
    ConsentStrength.FORM: "Form, number not proven",
    ConsentStrength.STAFF_TYPED: "Typed by staff only",
    ConsentStrength.ROSTER: "Roster only",
}
"""The same, short, for searches."""
PROOF_WORDS: Mapping[str, str] = {
    ProofKind.HANDSET: "Confirmed by a text from the phone",
    ProofKind.STAFF_TYPED: "Typed by staff",
    ProofKind.STAFF_TOLD: "The parent told us this number",
}
EMAIL_FAULT_WORDS: Mapping[str, str] = {
    EmailFault.NO_MAILBOX: "no such mailbox",
    EmailFault.NO_DOMAIN: "no email at that domain",
    EmailFault.TURNED_OFF: "mailbox turned off",
    EmailFault.FULL: "mailbox full",
    EmailFault.BLOCKED: "blocked as spam or by a rule",
    EmailFault.OTHER: "the email server didn't say why",
    EmailFault.NOT_DELIVERED: "the email server didn't take it for hours",
}
"""The words that follow `refusal_label`."""


def refusal_label(fault: str) -> str:
    """Say that an email did not arrive: refused, or only given up."""
    return "Email not delivered" if fault == EmailFault.NOT_DELIVERED else "Email refused"


ONLY_THE_PARENT = (
    "Only the parent can opt back in. Ask them to text START to our number from that phone, then "
    "tap the link we text back."
)

# Staff accounts and the audit trail.


class StaffRoleWords(NamedTuple):
    name: str
    one: str
    may: str


STAFF_ROLE_WORDS: Mapping[StaffRole, StaffRoleWords] = {
    StaffRole.VIEWER: StaffRoleWords("Viewer", "a viewer", "sees records and searches"),
    StaffRole.EDITOR: StaffRoleWords("Editor", "an editor", "changes records and sends texts too"),
    StaffRole.ADMIN: StaffRoleWords("Admin", "an admin", "manages staff accounts too"),
}
AUDIT_KIND_WORDS = {
    AuditKind.SIGN_IN: "Sign-ins",
    AuditKind.SIGN_IN_REFUSED: "Refused sign-ins",
    AuditKind.SIGN_OUT: "Sign-outs",
    AuditKind.RECORD_VIEW: "Records opened",
    AuditKind.EXPORT: "Downloads",
    AuditKind.ACCOUNT_CHANGE: "Account changes",
    AuditKind.PERMISSION_REFUSED: "Refused pages",
}
EXPORT_WORDS = {
    "opt_outs": "parents who opted out",
    "opt_ins": "parents who opted in",
    "never_asked": "parents with no answer yet",
    "opt_outs_xlsx": "parents who opted out (Excel)",
    "opt_ins_xlsx": "parents who opted in (Excel)",
    "never_asked_xlsx": "parents with no answer yet (Excel)",
    "search_csv": "a search (CSV)",
    "search_xlsx": "a search (Excel)",
    "not_reached_csv": "families that a text did not reach (CSV)",
    "not_reached_xlsx": "families that a text did not reach (Excel)",
}
ACCOUNT_CHANGE_WORDS = {
    AccountChange.CREATED: "Account created",
    AccountChange.INVITED: "Invitation sent",
    AccountChange.INVITATION_CANCELED: "Invitation canceled",
    AccountChange.JOINED: "Joined the school",
    AccountChange.ROLE: "Role changed",
    AccountChange.REMOVED: "Removed from the school",
    AccountChange.DISABLED: "Account disabled",
    AccountChange.ENABLED: "Account enabled",
    AccountChange.PASSWORD_CHANGED: "Password changed",
    AccountChange.RESET_REQUESTED: "Link to reset the password requested",
    AccountChange.PASSWORD_RESET: "Password reset",
}

# Texts.

MESSAGE_STATE_WORDS = {
    MessageState.QUEUED: "Waiting",
    MessageState.SENDING: "Being sent",
    MessageState.SENT: "Sent",
    MessageState.DELIVERED: "Delivered",
    MessageState.UNDELIVERED: "Not delivered",
    MessageState.FAILED: "Failed",
    MessageState.NOT_KNOWN: "Unconfirmed",
}
MESSAGE_KIND_WORDS = {
    MessageKind.BATCH: "",
    MessageKind.WELCOME: "Welcome, before the first text",
    MessageKind.STOP_CONFIRMATION: "STOP confirmation",
    MessageKind.PAUSE_NOTICE: "Answer to a wish to stop",
    MessageKind.HELP: "Reply to HELP or START",
}
INBOUND_KIND_WORDS = {
    InboundKind.STOP: "STOP: opted out",
    InboundKind.START: "START: doesn't opt them in",
    InboundKind.HELP: "HELP",
    InboundKind.WORD: "Texted the one-time word: opted in",
    InboundKind.WISH: "Asks us to stop: texts paused",
    InboundKind.WRONG_NUMBER: "Wrong number: texts paused",
    InboundKind.NEAR_MISS: "May want to opt out",
    InboundKind.REPLY: "Reply",
}
REACTION_WORDS = {
    ReactionKind.LIKED: "liked our text",
    ReactionKind.LOVED: "loved our text",
    ReactionKind.DISLIKED: "disliked our text",
    ReactionKind.LAUGHED: "laughed at our text",
    ReactionKind.EMPHASIZED: "emphasized our text",
    ReactionKind.QUESTIONED: "questioned our text",
    ReactionKind.REACTED: "reacted to our text",
    ReactionKind.REMOVED: "removed a reaction to our text",
}


FAULTS = {
    MessageFault.OPTED_OUT: Reason("Opted out", f"Call or email instead. {ONLY_THE_PARENT}"),
    MessageFault.PAUSED: Reason(
        "Paused by the school",
        "Call or email instead. The record says why, and who can end the pause.",
    ),
    MessageFault.NOT_ASKED: Reason(
        "No answer yet", "Email them the contact form, so they can say yes or no."
    ),
    MessageFault.NO_CELL: Reason("No cell phone on file", "Ask for a cell phone number, or call."),
    MessageFault.BLOCKED: Reason(
        "Blocked by the carrier",
        "The parent said yes, but their carrier is blocking our texts. Ask them to text START to "
        "our number from this phone.",
    ),
    MessageFault.COUNTRY: Reason("Our number can't text that country", "Call or email instead."),
    MessageFault.TEXTING_OFF: Reason(
        "Texting is off", "Ask your school's tech support to turn texting on."
    ),
    MessageFault.OUTDATED: Reason(
        "No longer needed",
        "Nothing to do. It answered a text from more than 5 minutes before, or the parent said "
        "yes since.",
    ),
    MessageFault.CANCELLED: Reason(
        "Stopped by staff", "If you still want to send it, send it again."
    ),
    MessageFault.PROVIDER: Reason(
        "Our texting service rejected it",
        "Try again later, or call. If it happens often, tell your school's tech support.",
    ),
    MessageFault.GAVE_UP: Reason(
        "We couldn't reach our texting service", "We tried for 30 minutes. Send it again later."
    ),
    MessageFault.NO_WAITING: Reason(
        "Someone said no on a form",
        "Review that answer first. Confirm or discard it under “No” answers to review.",
    ),
    MessageFault.TOO_LATE: Reason(
        "Too late to send",
        "It couldn't go out in time. If parents still need it, send it again, or call.",
    ),
    MessageFault.SWITCHED_OFF: Reason(
        "Texts about this child are off for this parent",
        "Nothing to do. See the reason in the history of the child's record.",
    ),
}
NOT_KNOWN = Reason(
    "Unconfirmed",
    "The portal was interrupted while sending. This text may have arrived. To avoid sending it "
    "twice, the portal won't resend it on its own.",
)
UNDELIVERED = Reason(
    "Not delivered", "Call or email. This doesn't change whether the number is opted in."
)

FAILURE_WORDS: Mapping[str, str] = {fault: reason.why for fault, reason in FAULTS.items()} | {
    state: MESSAGE_STATE_WORDS[state]
    for state in (MessageState.UNDELIVERED, MessageState.NOT_KNOWN)
}
"""The reasons that the log of failed texts can be narrowed down to."""


PROVIDER_CODES = {code: known.reason for code, known in CODES.items()}


def reason_of(state: str, reason: str | None, error_code: int | None) -> Reason | None:
    """Return the reason why a text did not arrive, or waits. None if it arrived, or still may."""
    if state == MessageState.NOT_KNOWN:
        return NOT_KNOWN
    if reason in {MessageFault.OPTED_OUT, MessageFault.BLOCKED}:
        return FAULTS[MessageFault(reason)]  # also of a text that was reported later
    if error_code in PROVIDER_CODES:
        return PROVIDER_CODES[error_code]
    found = UNDELIVERED if state == MessageState.UNDELIVERED else None
    found = found or (FAULTS[MessageFault(reason)] if reason else None)
    if found is not None and error_code:
        return Reason(f"{found.why} (error {error_code})", found.then)
    return found
