"""Numbers that a page posts back, and the decisions that it was shown with: `seen-+12065550182`
holds a place in the number's log."""

from flask import request

from portal.enums import Slot
from portal.normalize import whole_number
from portal.phone import is_e164


def posted_seen() -> dict[str, int]:
    return {
        key.removeprefix("seen-"): whole(value)
        for key, value in request.form.items()
        if key.startswith("seen-") and is_e164(key.removeprefix("seen-"))
    }


def posted_slots() -> frozenset[str]:
    """Return the phone slots that were filled out on the page. The parent did not remove a phone
    that came to another slot meanwhile."""
    return frozenset(request.form.get("shown-phones", "").split()) & frozenset(Slot)


def posted_number() -> str:
    """Return the number (E.164) that a button posts; empty if it posts none."""
    number = request.form.get("number", "")
    return number if is_e164(number) else ""


def whole(text: str) -> int:
    """Return the number that was posted, or -1, which nothing has."""
    number = whole_number(text)
    return -1 if number is None else number
