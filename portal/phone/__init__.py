"""Phone numbers: read as people type them, kept in one form, and shown as people dial them."""

from portal.phone.number import LABEL, PhoneNumber, is_e164, parse_extension, show_number
from portal.phone.parsing import PhoneError, PhoneFault, is_verified

__all__ = [
    "LABEL",
    "PhoneError",
    "PhoneFault",
    "PhoneNumber",
    "is_e164",
    "is_verified",
    "parse_extension",
    "show_number",
]
