"""Words for staff: the outcome of a text, why it failed, and what to do about it."""

from dataclasses import dataclass

from portal import clock
from portal.enums import InboundKind, MessageFault, MessageKind, MessageState
from portal.queries.texting.log_filter import AS_REASONS
from portal.views.staff import bp
from portal.views.staff.records.labels import ONLY_THE_PARENT

STATE_WORDS = {
    MessageState.QUEUED: "Waiting",
    MessageState.SENDING: "Being sent",
    MessageState.SENT: "Sent",
    MessageState.DELIVERED: "Delivered",
    MessageState.UNDELIVERED: "Not delivered",
    MessageState.FAILED: "Failed",
    MessageState.NOT_KNOWN: "Unconfirmed",
}
KIND_WORDS = {
    MessageKind.BATCH: "",
    MessageKind.WELCOME: "Welcome, before the first text",
    MessageKind.STOP_CONFIRMATION: "STOP confirmation",
    MessageKind.HELP: "Reply to HELP or START",
}
INBOUND_WORDS = {
    InboundKind.STOP: "STOP: opted out",
    InboundKind.START: "START: doesn't opt them in",
    InboundKind.HELP: "HELP",
    InboundKind.WORD: "Texted the one-time word: opted in",
    InboundKind.NEAR_MISS: "May want to opt out",
    InboundKind.REPLY: "Reply",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason why a text failed, and the next step for staff."""

    why: str
    then: str


FAULTS = {
    MessageFault.OPTED_OUT: Reason("Opted out", f"Call or email instead. {ONLY_THE_PARENT}"),
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
        "Nothing to do. It answered a STOP, HELP, or START, and the parent has said yes since.",
    ),
    MessageFault.CANCELLED: Reason(
        "Stopped by staff", "If you still want to send it, send it again."
    ),
    MessageFault.PROVIDER: Reason(
        "Our texting service rejected it", "Check the number. If it's right, call instead."
    ),
    MessageFault.GAVE_UP: Reason(
        "We couldn't reach our texting service", "We tried for 30 minutes. Send it again later."
    ),
    MessageFault.NO_WAITING: Reason(
        "Someone said no on a form",
        "Review that answer first. Confirm or discard it under “No” answers to review.",
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

CODES = {
    21211: Reason("Not a valid number", "Correct the number on the record."),
    21408: Reason("Our texting service can't text that country", "Call or email instead."),
    21610: Reason(
        "Opted out with our texting service",
        "Check the record. It shows if the number is opted out or blocked.",
    ),
    21612: Reason("Number can't get texts", "Call or email instead."),
    21614: Reason(
        "Not a cell phone", "Ask the parent for a cell phone number and update the record."
    ),
    30001: Reason("Our texting service was too busy", "Send it again later."),
    30002: Reason(
        "Our texting service suspended our account",
        "Tell your school's tech support. No texts can go out until it's fixed.",
    ),
    30003: Reason("The phone was off or out of reach", "Try again later, or call."),
    30004: Reason("The phone or its carrier blocks texts", "Call or email instead."),
    30005: Reason("The number is not in use", "Ask for the new number."),
    30006: Reason("Landline, or a carrier that can't get texts", "Ask for a cell phone number."),
    30007: Reason("Filtered by the carrier as spam", "Reword the text: no links, fewer capitals."),
    30008: Reason("The carrier didn't say why", "Try again later, or call."),
    30034: Reason(
        "Our number isn't registered with the carriers",
        "Tell your school's tech support. Texts may not go out until it's registered.",
    ),
}


def reason_of(state: str, reason: str | None, error_code: int | None) -> Reason | None:
    """Return the reason why a text did not arrive. None if it did, or still may."""
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
bp.add_app_template_global(clock.say_window)


@bp.app_template_global()
def failure_words() -> dict[str, str]:
    """Return the reasons that the log can be filtered by, in words."""
    words: dict[str, str] = {fault: reason.why for fault, reason in FAULTS.items()}
    return words | {state: STATE_WORDS[state] for state in AS_REASONS}


@bp.app_template_global()
def kind_words(kind: str) -> str:
    return KIND_WORDS[MessageKind(kind)]


@bp.app_template_global()
def inbound_words(kind: str) -> str:
    return INBOUND_WORDS[InboundKind(kind)]
