"""Email addresses as they are compared: one function decides which two are the same.

Domains are compared by their IDNA 2008 A-label, as mail servers look them up. Case folding and
Python's own codec (IDNA 2003) take "maßmail" and "massmail" for the same domain, which are two
owners' domains: with those, the owner of one signs in as the owner of the other.
"""

import string
import unicodedata
from functools import lru_cache

import idna

from portal.normalize import clean

LONGEST = 254
_APOSTROPHES = "\u00b4\u02bc\u2018\u2019\u201b\u2032"
_PLAIN = str.maketrans(dict.fromkeys(_APOSTROPHES, "'") | {"\u3002": "."})
_JOINERS = str.maketrans("", "", "\u200c\u200d")
_ONLY_DRAWN_OTHERWISE = ("<wide>", "<narrow>", "<small>", "<font>")
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def typed_address(value: str) -> str:
    """Return a typed or pasted address in the form that we check, keep, show, and send to.

    It has no invisible characters. A curly apostrophe or a full-width letter becomes a plain one.
    We refuse an address with any other odd character (`unusable_character`), and never guess.
    """
    local, at, domain = "".join(map(_plain, clean(value))).rpartition("@")
    return f"{local.translate(_JOINERS)}{at}{domain}"


def _plain(c: str) -> str:
    if unicodedata.decomposition(c).startswith(_ONLY_DRAWN_OTHERWISE):
        c = unicodedata.normalize("NFKC", c)
    return c.translate(_PLAIN)


def unusable_character(address: str) -> str | None:
    """Return the first character before the @ that no email address has, like a bullet, a dash, or
    an emoji. Letters of any script are fine."""
    local = address.rpartition("@")[0]
    odd = (c for c in local if not c.isascii() and unicodedata.category(c)[0] not in "LMN")
    return next(odd, None)


def email_key(address: str) -> str:
    """Return the key of an address: equal keys are the same mailbox, and only those.

    The part before the @ is lowered for ASCII letters alone. A domain that IDNA refuses keeps its
    spelling: it equals nothing but itself. Forms refuse such an address, see `has_valid_domain`.
    """
    local, at, domain = clean(address).rpartition("@")
    return f"{local.translate(_LOWER)}{at}{_ascii_domain(domain) or domain.translate(_LOWER)}"


def optional_key(address: str | None) -> str | None:
    """Return the key of an address, or None where there is no address."""
    return email_key(address) if address else None


def has_valid_domain(address: str) -> bool:
    """True if the address's domain can exist, and its key fits the columns that keep it."""
    _, at, domain = clean(address).rpartition("@")
    return bool(at and _ascii_domain(domain)) and len(email_key(address)) <= LONGEST


def deliverable(address: str) -> str:
    """Return the address as an email server should get it: its domain in ASCII.

    Some servers still turn a domain into ASCII by the older rules, and would deliver to the owner
    of another one.
    """
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{_ascii_domain(domain) or domain}"


def search_text(address: str) -> str:
    """Return an address, or the start of one, as it is looked for: letters lowered.

    The domain stays as people read it, so the start of one finds it.
    """
    local, at, domain = typed_address(address).rpartition("@")
    return f"{local.translate(_LOWER)}{at}{domain.lower()}"


@lru_cache(maxsize=4096)
def _ascii_domain(domain: str) -> str | None:
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError:  # idna.IDNAError is one
        return None
