"""Find out why a mail server refused an email, by its status (RFC 3463) or its words."""

import re
import tomllib
from pathlib import Path

from portal.enums import EmailFault

_STATUS = re.compile(r"(?<![\d.])[245]\.(\d{1,3}\.\d{1,3})(?!\.?\d)")
_BY_STATUS = {
    "1.1": EmailFault.NO_MAILBOX,
    "1.2": EmailFault.NO_DOMAIN,
    "1.3": EmailFault.NO_MAILBOX,
    "1.6": EmailFault.NO_MAILBOX,
    "2.1": EmailFault.TURNED_OFF,
    "2.2": EmailFault.FULL,
    "4.4": EmailFault.NO_DOMAIN,
}
"""By the status without its first digit. Others are too general, or servers don't agree on them:
`5.1.10` may mean that there is no mailbox, or no server for the domain."""
_WORDS = {
    EmailFault(fault): re.compile("|".join(words), re.IGNORECASE)
    for fault, words in tomllib.loads(
        (Path(__file__).parent / "server_words.toml").read_text(encoding="utf-8")
    ).items()
}
"""The words of servers that give no status, or a general one. The first match decides."""


def email_fault(said: str) -> EmailFault:
    """Return the fault in a server's answer, or OTHER."""
    statuses = [found[1] for found in _STATUS.finditer(said)]
    status = next((one for one in statuses if one in _BY_STATUS), "")
    if status:
        return _BY_STATUS[status]
    if any(one.startswith("7.") for one in statuses):
        by_rule = _WORDS[EmailFault.BLOCKED].search(said)
        unknown = _WORDS[EmailFault.NO_MAILBOX].search(said)
        return EmailFault.NO_MAILBOX if unknown and not by_rule else EmailFault.BLOCKED
    for fault, words in _WORDS.items():
        if words.search(said):
            return fault
    if any(one.startswith("4.") for one in statuses):
        return EmailFault.NOT_DELIVERED
    return EmailFault.NO_MAILBOX if any(one[0] == "1" for one in statuses) else EmailFault.OTHER
