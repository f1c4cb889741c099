"""Read a mail server's refusal: what it says is wrong, by its status (RFC 3463) or its words."""

import re

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
`5.1.10` is a mailbox that does not exist, and a domain that takes no email."""
_WORDS = {
    EmailFault.NO_DOMAIN: r"(?:domain|host)(?: name)? (?:not|wasn't) found|nxdomain|null mx"
    r"|(?:unknown|no such) (?:domain|host)|unrout?e?able|domain\b.*\bdoes ?n(?:o|')t"
    r"|does not accept (?:e?mail|messages)|domain (?:name )?(?:is )?invalid",
    EmailFault.FULL: r"quota|(?:mail ?box|folder|inbox) (?:is |was )?full|out of storage"
    r"|insufficient storage",
    EmailFault.TURNED_OFF: r"disabled|inactive|suspended|deactivated|turned off",
    EmailFault.NO_MAILBOX: r"(?:no such|unknown|invalid|bad) "
    r"(?:local )?(?:user|recipient|mailbox|address|person|account|destination)|no mailbox"
    r"|(?:user|recipient|mailbox|account|address)(?: is| was)? (?:unknown|unavailable|invalid)"
    r"|not (?:exist|found|listed|known|a (?:valid|known))|recipient ?not ?found"
    r"|does ?n(?:o|')t (?:exist|have an?)\b|(?:recipient|address) rejected",
    EmailFault.BLOCKED: r"relay|spam|junk|unsolicited|block|blacklist|\brbl\b|policy|reputation"
    r"|dmarc|\bspf\b|access denied",
}
"""The words of servers that give no status, or one that says little. The first one that fits is
taken."""


def fault_of(said: str) -> EmailFault:
    """Return the fault that a server's answer tells of, or OTHER."""
    statuses = [found[1] for found in _STATUS.finditer(said)]
    status = next((one for one in statuses if one in _BY_STATUS), "")
    if status:
        return _BY_STATUS[status]
    if any(one.startswith("7.") for one in statuses):
        by_rule = re.search(_WORDS[EmailFault.BLOCKED], said, re.IGNORECASE)
        unknown = re.search(_WORDS[EmailFault.NO_MAILBOX], said, re.IGNORECASE)
        return EmailFault.NO_MAILBOX if unknown and not by_rule else EmailFault.BLOCKED
    for fault, words in _WORDS.items():
        if re.search(words, said, re.IGNORECASE):
            return fault
    if any(one.startswith("4.") for one in statuses):
        return EmailFault.NOT_DELIVERED
    return EmailFault.NO_MAILBOX if any(one[0] == "1" for one in statuses) else EmailFault.OTHER
