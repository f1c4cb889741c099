"""Suggest an address without the typo in the domain of a large email service.

Parents can always keep the address that they typed. The libraries for this suggest something else
for `ymail.com` or `mailw.com`, so we have our own list.
"""

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from flask_babel import gettext as _
from wtforms import HiddenField

from portal.email_address import typed_address
from portal.forms.base import PageForm
from portal.queries.lookup.suggestions import distance

_DOMAINS = tomllib.loads((Path(__file__).parent / "email_domains.toml").read_text())
COMMON: list[str] = _DOMAINS["common"]
REAL = frozenset(_DOMAINS["real"])
ONE_ENDING = frozenset(_DOMAINS["one_ending"])
LONGEST_DOMAIN = 30
SHORTEST_NAME, LONG_NAME = 5, 7
"""Short names are close to many others. Long ones may have two typos."""


class EmailSlipsForm(PageForm):
    """A form that asks about a probable typo in its field `email`, without a script."""

    email_kept = HiddenField()
    """The address that we asked about, if they kept it."""
    meant_email: str | None = None
    """The address that they probably meant, if we ask about it."""

    def ask_about_slip(self) -> None:
        """Ask about a domain that is probably a typo. To keep it, they send the form again."""
        if self.keeps_email():
            return
        self.meant_email = suggest_address(self.text("email"))
        if self.meant_email:
            question = _("Did you mean %(address)s?", address=self.meant_email)
            wrong = [str(error) for error in self["email"].errors]
            keep = [] if wrong else [_("If the address is right, tap Send again.")]
            self["email"].errors = [" ".join([*wrong, question, *keep])]

    def keeps_email(self) -> bool:
        return bool(self.text("email")) and self.text("email") == self.text("email_kept")


def suggest_address(typed: str) -> str | None:
    """Return the address that they probably meant, or None if the typed one seems right."""
    local, at, domain = typed_address(typed).rpartition("@")
    if not (local and at and domain.isascii()) or len(domain) > LONGEST_DOMAIN:
        return None
    found = suggest_domain(domain.lower())
    return f"{local}@{found}" if found else None


@lru_cache(maxsize=4096)
def suggest_domain(domain: str) -> str | None:
    """Return the common domain that was probably meant, or None."""
    if domain in REAL or domain in COMMON:
        return None
    domain = re.sub("[.,]+", ".", domain).removeprefix("www.").strip(".")
    near = [(off, n) for n, one in enumerate(COMMON) if (off := _off(domain, one)) is not None]
    return COMMON[min(near)[1]] if near else None


def _off(domain: str, common: str) -> int | None:
    """Return the number of typos between a domain and a common one, or None if there are too
    many."""
    (name, _, ending), (right_name, _, right_ending) = (
        one.partition(".") for one in (domain, common)
    )
    if domain in (right_name, common.replace(".", "")):  # without its dot, or its ending
        return 1 if right_name in ONE_ENDING or domain != right_name else None
    of_name = distance(name, right_name)
    if of_name == 0 and right_name in ONE_ENDING:
        return min(distance(ending, right_ending), 2)
    of_ending = distance(ending, right_ending)
    most = 0
    if len(right_name) >= SHORTEST_NAME:
        most = 2 if len(right_name) >= LONG_NAME and name[:1] == right_name[:1] else 1
    if of_name > most or of_ending > 1 or (of_ending and "." in ending + right_ending and of_name):
        return None
    return of_name + of_ending
