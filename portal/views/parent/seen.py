"""Numbers that a page posts back, and the decisions that it was shown with: `seen-+12065550182`
holds a place in the number's log."""

from flask import request

from portal.phone import is_e164


def posted_seen() -> dict[str, int]:
    return {
        key.removeprefix("seen-"): whole(value)
        for key, value in request.form.items()
        if key.startswith("seen-") and is_e164(key.removeprefix("seen-"))
    }


def posted_number() -> str:
    """Return the number (E.164) that a button posts; empty if it posts none."""
    number = request.form.get("number", "")
    return number if is_e164(number) else ""


def whole(text: str) -> int:
    """The number that was posted; -1, which nothing has, if it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
