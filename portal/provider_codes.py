"""The provider's error codes: whose fault each one is, and what staff can do.

Sorted by https://www.twilio.com/docs/api/errors. The same code comes with the answer to a text, or
later in a report on it.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class FaultOf(StrEnum):
    """The side that caused an error."""

    RECIPIENT = "recipient"
    """The number that was texted. Other numbers get their text."""
    OURS = "ours"
    """Our own number, account, or registration: no text gets through."""
    TEXT = "text"
    """The words of the text: nobody gets it."""
    CARRIER = "carrier"
    """The carrier, or a busy moment. It may work later."""


@dataclass(frozen=True, slots=True)
class Reason:
    """The reason why a text failed, and what staff can do."""

    why: str
    then: str


class ProviderCode(NamedTuple):
    fault_of: FaultOf
    reason: Reason
    fix: str = ""
    """The remedy, for an admin, if it is our own fault."""


OURS_THEN = (
    "The parent's number is fine. Your school's admins were told, and texts wait until it's fixed."
)
TEXT_THEN = (
    "The parents' numbers are fine. The other copies of this text wait. Stop sending it, then send "
    "a different one."
)
_CALL = "Call or email instead."
_LATER = "Send it again later."


def _recipient(why: str, then: str, *codes: int) -> dict[int, ProviderCode]:
    return dict.fromkeys(codes, ProviderCode(FaultOf.RECIPIENT, Reason(why, then)))


def _ours(why: str, fix: str, *codes: int) -> dict[int, ProviderCode]:
    return dict.fromkeys(codes, ProviderCode(FaultOf.OURS, Reason(why, OURS_THEN), fix))


def _text(why: str, fix: str, *codes: int) -> dict[int, ProviderCode]:
    return dict.fromkeys(codes, ProviderCode(FaultOf.TEXT, Reason(why, TEXT_THEN), fix))


def _carrier(why: str, then: str, *codes: int) -> dict[int, ProviderCode]:
    return dict.fromkeys(codes, ProviderCode(FaultOf.CARRIER, Reason(why, then)))


CODES: dict[int, ProviderCode] = {
    # The number that was texted.
    **_recipient(
        "Not a valid number",
        "Correct the number on the record.",
        *(21201, 21211, 21214, 21217, 21421, 21604),
    ),
    **_recipient(
        "Our texting service can't text that country", _CALL, *(21215, 21408, 30041, 30043)
    ),
    **_recipient(
        "Opted out with our texting service",
        "Check the record. It shows if the number is opted out or blocked.",
        21610,
    ),
    **_recipient("Number can't get texts", _CALL, 21612, 30011),
    **_recipient(
        "Not a cell phone",
        "Ask the parent for a cell phone number and update the record.",
        *(21265, 21266, 21268, 21614, 21635),
    ),
    **_recipient("The phone was off or out of reach", "Try again later, or call.", 30003),
    **_recipient("The phone or its carrier blocks texts", _CALL, 30004),
    **_recipient("The number is not in use", "Ask for the new number.", 30005),
    **_recipient(
        "Landline, or a carrier that can't get texts", "Ask for a cell phone number.", 30006
    ),
    # Our account.
    **_ours(
        "Our texting service didn't accept our account's sign-in",
        "Ask your tech support to check the account and token of our texting service.",
        *(401, 403, 404, 20003, 20004, 20006, 20008, 20403, 20404, 20101, 20103, 20104, 70051),
    ),
    **_ours(
        "Our texting service suspended our account",
        "Ask your tech support to sign in to our texting service. It may ask for a payment.",
        *(10001, 20005, 20010, 30002, 30037),
    ),
    **_ours(
        "Our texting account isn't fully set up",
        "Ask your tech support to upgrade our account at the texting service.",
        *(10002, 21267, 21608, 30044),
    ),
    **_ours(
        "Our texting account reached its limit",
        "Ask your tech support to raise the limit at our texting service.",
        *(30454, 63038),
    ),
    **_ours(
        "Our texting account's price limit is too low",
        "Ask your tech support to raise the price limit at our texting service.",
        30010,
    ),
    # Our number.
    **_ours(
        "Our own number can't send texts",
        "Ask your tech support to check that our texting number belongs to our account at the "
        "texting service, and that it can send texts.",
        *(21210, 21212, 21213, 21401, 21601, 21603, 21606, 21607, 21616, 21657),
        *(21659, 21660, 21661, 21910, 30042),
    ),
    **_ours(
        "Our texting service can't reach the portal",
        "Ask your tech support to check the portal's public address in its settings.",
        *(21609, 21626),
    ),
    **_ours(
        "Our texting service has no number to send from",
        "Ask your tech support to add our texting number to the messaging service there.",
        *range(21701, 21720),
    ),
    **_ours(
        "Our toll-free number isn't verified",
        "Ask your tech support to verify our toll-free number at the texting service.",
        30032,
    ),
    **_ours(
        "Our number isn't registered with the carriers",
        "Ask your tech support to register our number with the carriers at the texting service.",
        *(30024, 30034, 30035, 30040),
    ),
    **_ours(
        "The carriers suspended our registration",
        "Ask your tech support to find out why at the texting service.",
        30033,
    ),
    # The text.
    **_text(
        "The text is too long",
        "Stop sending it, then send a shorter text.",
        *(21605, 21617, 30019),
    ),
    **_text(
        "Our texting service can't send a text like this",
        "Stop sending it, then send it in different words.",
        *(21602, 21618, 21619, 21620, 21621, 21622, 21623, 21654, 21655, 21656, 21658, 30038),
    ),
    # The carrier, or a moment.
    **_carrier(
        "Filtered by the carrier as spam", "Reword the text: no links, fewer capitals.", 30007
    ),
    **_carrier(
        "Our texting service was too busy", _LATER, 20429, 20500, 20503, 21611, 21730, 30001
    ),
    **_carrier(
        "We reached the carriers' limit on texts",
        "Send it again tomorrow. If it happens often, tell your school's tech support.",
        *(30022, 30023, 30027),
    ),
    **_carrier(
        "The carrier couldn't deliver it in time",
        _LATER,
        *(30009, 30012, 30017, 30036, 30046, 30410),
    ),
    **_carrier(
        "The carrier didn't say why",
        "Try again later, or call.",
        *(30008, 30020, 30021, 30500),
    ),
    **_carrier(
        "Blocked as part of a fraud check",
        f"{_CALL} If it happens often, tell your school's tech support.",
        *(30450, 30453, 30485),
    ),
}
PASSES_BY_ITSELF = frozenset({20429, 20500, 20503, 21611, 21730})
"""Errors that pass by themselves, with any HTTP status."""


OF_ACCOUNT = range(20000, 21000)
"""Codes about signing in, permissions, and the account, also those that are not listed."""
OUR_CODES = frozenset(c for c, known in CODES.items() if known.fault_of is FaultOf.OURS)


def fault_of(code: int | None) -> FaultOf | None:
    """Return whose fault a code is, or None if we don't know the code."""
    known = CODES.get(code or 0)
    if known is not None:
        return known.fault_of
    return FaultOf.OURS if code in OF_ACCOUNT else None


def cause_and_fix(code: int) -> tuple[str, str]:
    """Return the reason why texts wait, and how to fix it, in words for admins."""
    known = CODES.get(code)
    if known is None:
        return (
            "Our texting service refused our account",
            "Ask your tech support to check our account at the texting service.",
        )
    return known.reason.why, known.fix
