"""What forms say when something is wrong: what to do, with an example. Shared by both sides."""

from portal.phone import PhoneFault, show_number

TYPE_WORDS = {"cell": "Cell", "home": "Home", "work": "Work"}

_EXAMPLES = {"US": "+12065550147", "CA": "+16045550147", "GB": "+447400123456"}


def example_number(country: str) -> str:
    """A number that stands as an example, as people in the country dial it."""
    return show_number(_EXAMPLES.get(country, _EXAMPLES["US"]), country)


def phone_message(fault: PhoneFault, country: str) -> str:
    """The words for a number or an extension that can't be taken."""
    example = example_number(country)
    return {
        PhoneFault.EMPTY: f"Enter a phone number, like {example}",
        PhoneFault.LETTERS: f"Enter the phone number in digits only, like {example}",
        PhoneFault.TOO_SHORT: f"This number is too short. Enter all of it, like {example}",
        PhoneFault.TOO_LONG: f"This number is too long. Enter one number, like {example}",
        PhoneFault.NOT_VALID: (
            f"Check this number: it can't be right. Enter a phone number, like {example}. "
            "From another country, begin with + and the country code"
        ),
        PhoneFault.EXTENSION_INSIDE: "Put the extension in its own box, not behind the number",
        PhoneFault.EXTENSION_NOT_DIGITS: "Enter the extension in digits only, like 12",
    }[fault]


CELL_HAS_NO_EXTENSION = "A cell phone has no extension. Take it out, or choose Home or Work"
CHOOSE_TYPE = "Choose Cell, Home or Work for this number"
