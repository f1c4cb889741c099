"""How staff are told what became of a text, why it failed, and what to do about it."""

from dataclasses import dataclass

from portal.enums import InboundKind, MessageFault, MessageKind, MessageState
from portal.queries.texting.log_filter import AS_REASONS
from portal.views.staff import bp

STATE_WORDS = {
    MessageState.QUEUED: "Waiting",
    MessageState.SENDING: "Being sent",
    MessageState.SENT: "Sent",
    MessageState.DELIVERED: "Delivered",
    MessageState.UNDELIVERED: "Not delivered",
    MessageState.FAILED: "Failed",
    MessageState.NOT_KNOWN: "Not known",
}
KIND_WORDS = {
    MessageKind.BATCH: "",
    MessageKind.WELCOME: "Welcome, before the first text",
    MessageKind.STOP_CONFIRMATION: "Confirms a STOP",
    MessageKind.HELP: "Answers HELP or START",
}
INBOUND_WORDS = {
    InboundKind.STOP: "STOP: opted out",
    InboundKind.START: "START: changes no circle",
    InboundKind.HELP: "HELP",
    InboundKind.WORD: "The word from the parents' page: opted in",
    InboundKind.NEAR_MISS: "May be a wish to stop",
    InboundKind.REPLY: "Reply",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a text failed, and what staff can do."""

    why: str
    then: str


FAULTS = {
    MessageFault.OPTED_OUT: Reason(
        "Opted out",
        "Only the parent can opt back in, on the form. Email them the form, or call.",
    ),
    MessageFault.NOT_ASKED: Reason(
        "Not asked", "Email them the form, so that they can say yes or no."
    ),
    MessageFault.NO_CELL: Reason("No Cell on file", "Ask for a cell phone number, or call."),
    MessageFault.BLOCKED: Reason(
        "Blocked by the carrier",
        "The parent said yes, but their carrier refuses our texts. They text START from this phone "
        "to our texting number.",
    ),
    MessageFault.COUNTRY: Reason(
        "Not a country our number can text", "Call, or email. Numbers from abroad can't be texted."
    ),
    MessageFault.TEXTING_OFF: Reason("Texting is off", "An administrator can turn texting on."),
    MessageFault.OUTDATED: Reason(
        "No longer true", "It answered a STOP, HELP, or START. The parent has said yes since."
    ),
    MessageFault.CANCELLED: Reason("Stopped by staff", "Send it again if it should go after all."),
    MessageFault.PROVIDER: Reason(
        "Refused by the provider", "Check the number. If it is right, call instead."
    ),
    MessageFault.GAVE_UP: Reason(
        "The provider could not be reached", "Send it again later. It was tried for half an hour."
    ),
    MessageFault.NO_WAITING: Reason(
        "Someone said no on a form. Review it first.",
        "Confirm or discard that answer on the page “No” answers to review.",
    ),
}
NOT_KNOWN = Reason(
    "Not known",
    "The portal stopped while the provider had this text. It may have arrived, so it is not sent "
    "again by itself.",
)
UNDELIVERED = Reason("Not delivered", "Call, or email. The number has not opted out by this.")

CODES = {
    21211: Reason("Not a valid number", "Correct the number on the record."),
    21408: Reason("The provider may not text that country", "Call, or email."),
    21610: Reason("Unsubscribed at the provider", "See the record: opted out, or blocked."),
    21612: Reason("No way to that number", "Call, or email."),
    21614: Reason("Not a cell phone", "Ask which number is a cell phone, and correct the record."),
    30001: Reason("The provider's queue was full", "Send it again later."),
    30002: Reason("The provider has suspended our account", "Tell whoever looks after it."),
    30003: Reason("The phone was off or out of reach", "Try again later, or call."),
    30004: Reason("The phone or its carrier blocks texts", "Call, or email."),
    30005: Reason("The number is not in use", "Ask for the new number."),
    30006: Reason("A landline, or a carrier that takes no texts", "Ask for a cell phone number."),
    30007: Reason("Filtered by the carrier as spam", "Reword the text: no links, fewer capitals."),
    30008: Reason("The carrier does not say why", "Try again later, or call."),
    30034: Reason("Our number is not registered with the carriers", "Tell whoever looks after it."),
}


def reason_of(state: str, reason: str | None, error_code: int | None) -> Reason | None:
    """Why a text did not get there; None if it did, or still may."""
    if state == MessageState.NOT_KNOWN:
        return NOT_KNOWN
    if error_code in CODES and reason not in {MessageFault.OPTED_OUT, MessageFault.BLOCKED}:
        return CODES[error_code]
    if state == MessageState.UNDELIVERED:
        return UNDELIVERED
    return FAULTS[MessageFault(reason)] if reason else None


@bp.app_template_global()
def state_words(state: str) -> str:
    return STATE_WORDS[MessageState(state)]


@bp.app_template_global()
def fault_words(reason: str) -> str:
    """`Opted out`."""
    return FAULTS[MessageFault(reason)].why


bp.add_app_template_global(reason_of, "text_reason")


@bp.app_template_global()
def failure_words() -> dict[str, str]:
    """What the log can be asked for as a reason, in words."""
    words: dict[str, str] = {fault: reason.why for fault, reason in FAULTS.items()}
    return words | {state: STATE_WORDS[state] for state in AS_REASONS}


@bp.app_template_global()
def kind_words(kind: str) -> str:
    return KIND_WORDS[MessageKind(kind)]


@bp.app_template_global()
def inbound_words(kind: str) -> str:
    return INBOUND_WORDS[InboundKind(kind)]
