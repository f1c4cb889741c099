"""The decisions a page was shown with: `seen-+12065550182` holds a place in the number's log."""

from flask import request


def posted_seen() -> dict[str, int]:
    return {
        key.removeprefix("seen-"): whole(value)
        for key, value in request.form.items()
        if key.startswith("seen-+") and len(key) < 24
    }


def whole(text: str) -> int:
    """The number that was posted; -1, which nothing has, if it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
