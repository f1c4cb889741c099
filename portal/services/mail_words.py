"""What mails to parents say, in the language that they read.

Plain text, short lines, one link; the caller gives whole addresses.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask_babel import force_locale
from flask_babel import gettext as _


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    body: str


@contextmanager
def language(code: str) -> Iterator[None]:
    """Whatever is said inside is said in this language."""
    with force_locale(code):
        yield


def code_mail(school: str, code: str, link: str) -> Words:
    return Words(
        _("%(code)s is your code for %(school)s", code=code, school=school),
        _(
            "Hello,\n\n"
            "your code for %(school)s is:\n\n"
            "    %(code)s\n\n"
            "Or tap this link:\n%(link)s\n\n"
            "Both work once, for 10 minutes. If you did not ask for a code, do nothing:\n"
            "nobody can sign in without this mail.\n",
            school=school,
            code=code,
            link=link,
        ),
    )


def unknown_mail(school: str, form: str) -> Words:
    return Words(
        _("%(school)s does not have this email", school=school),
        _(
            "Hello,\n\n"
            "someone, maybe you, wanted to sign in at %(school)s with this email.\n"
            "The school does not have it on file. Try another one that you may have given,\n"
            "or fill in the contact form:\n%(form)s\n\n"
            "If it was not you, do nothing.\n",
            school=school,
            form=form,
        ),
    )
