"""What mails to parents say, in the language that they read.

Plain text, short lines, one link; the caller gives whole addresses.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask_babel import force_locale
from flask_babel import gettext as _

from portal.enums import Answer, OwnerNoticeKind, PhoneType


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


@dataclass(frozen=True, slots=True)
class SaidPhone:
    """A phone as a contact form gave it."""

    parent: int
    """Whose: 1 is who filled the form in."""
    number: str
    """As people at the school dial it."""
    extension: str | None
    type: PhoneType
    answer: Answer | None


def receipt_mail(school: str, phones: list[SaidPhone], link: str) -> Words:
    parts = [
        _("Hello,"),
        _("%(school)s has your contact form. This is what it says about phones:", school=school),
        "\n".join(_said_line(phone) for phone in phones),
        _("Tap this link to sign in:") + f"\n{link}",
    ]
    if any(phone.answer is Answer.YES for phone in phones):
        parts.append(
            _(
                "You said yes to texts. If no text arrives, tap the link, choose "
                "“Show the word”, and text us that word from the phone."
            )
        )
    parts += [
        _(
            "If the school knows your family already, what is new in your form waits.\n"
            "Sign in to make it count for your own record."
        ),
        _("The link works once, for 7 days. If you did not send this form, do not tap it."),
    ]
    return Words(_("%(school)s has your contact form", school=school), _body(parts))


def owner_notice(kind: OwnerNoticeKind, school: str, numbers: list[str], link: str) -> Words:
    """Tell people of somebody else's answer about a number on their record. NAMED says the same
    whatever was answered, and whatever came of it."""
    if kind is OwnerNoticeKind.NAMED:
        return _named_notice(school, numbers, link)
    if kind is OwnerNoticeKind.ON_HOLD:
        subject = _("Texts from %(school)s are on hold", school=school)
        news = _("The school does not text it for now. The office will look at that answer first.")
    else:
        subject = _("Texts from %(school)s are off", school=school)
        news = _("The school does not text it anymore.")
    parts = [
        _("Hello,"),
        _(
            "Someone said no to texts from %(school)s, on a form, for a phone number on your\n"
            "record:",
            school=school,
        ),
        _listed(numbers),
        news,
        _("Do you want texts? Tap this link to sign in, and say yes:") + f"\n{link}",
        _("The link works once, for 7 days."),
        _("If you don't want texts, you don't need to do anything."),
    ]
    return Words(subject, _body(parts))


def _named_notice(school: str, numbers: list[str], link: str) -> Words:
    parts = [
        _("Hello,"),
        _("A form sent to %(school)s named a phone number that is on your record:", school=school),
        _listed(numbers),
        _("If your family sent it, you don't need to do anything."),
        _("To check your answers about texts, tap this link to sign in:") + f"\n{link}",
        _("The link works once, for 7 days."),
    ]
    return Words(_("A form named this number"), _body(parts))


def discarded_notice(school: str, numbers: list[str], texting_number: str) -> Words:
    """Tell whoever sent a no that staff discarded what they can do: the phone itself decides."""
    parts = [
        _("Hello,"),
        _("%(school)s did not count your answer no to texts for:", school=school),
        _listed(numbers),
        _(
            "To stop texts from the school, text STOP from that phone to %(number)s.",
            number=texting_number,
        ),
        _("If you did not send this form, you don't need to do anything."),
    ]
    subject = _("Not counted: your answer to %(school)s about texts", school=school)
    return Words(subject, _body(parts))


def invitation(school: str, link: str) -> Words:
    parts = [
        _("Hello,"),
        _(
            "%(school)s asks you to look over your phone numbers, and to say whether the school\n"
            "may text you.",
            school=school,
        ),
        _("Tap this link to sign in:") + f"\n{link}",
        _("It takes a minute, and you need no password. The link works once, for 7 days."),
    ]
    return Words(_("%(school)s: are your phone numbers right?", school=school), _body(parts))


def email_changed(school: str, link: str, days: int) -> Words:
    """To the old address. It does not name the new one: either may be a stranger's."""
    parts = [
        _("Hello,"),
        _(
            "This email address no longer signs in to %(school)s. Another one took its place on\n"
            "your record.",
            school=school,
        ),
        _("If you didn't ask for that, tap this link to put this address back:") + f"\n{link}",
        _(
            "We'll also sign out everyone who is signed in as you, and tell the school office.\n"
            "The link works once, for %(days)s days.",
            days=days,
        ),
        _("If you asked for the change, you don't need to do anything."),
    ]
    return Words(_("Your sign-in email for %(school)s changed", school=school), _body(parts))


def email_added(school: str, link: str) -> Words:
    """To an address on a record that had none."""
    parts = [
        _("Hello,"),
        _(
            "%(school)s added this email address to a parent's record. You can sign in with it to\n"
            "check your phone numbers:",
            school=school,
        )
        + f"\n{link}",
        _("If you don't have a child at this school, please tell the school office."),
    ]
    return Words(_("Your sign-in email for %(school)s", school=school), _body(parts))


def email_removed(school: str) -> Words:
    """To an address that has no way to object: an earlier one is back, or staff decided."""
    parts = [
        _("Hello,"),
        _(
            "This email address no longer signs in to %(school)s. If that's not right, call the\n"
            "school office.",
            school=school,
        ),
    ]
    return Words(_("Your sign-in email for %(school)s changed", school=school), _body(parts))


def _said_line(phone: SaidPhone) -> str:
    number = phone.number
    if phone.extension:
        number = _("%(number)s ext. %(extension)s", number=number, extension=phone.extension)
    words = {PhoneType.CELL: _("Cell"), PhoneType.HOME: _("Home"), PhoneType.WORK: _("Work")}
    line = f"{number}, {words[phone.type]}"
    if phone.parent > 1:
        parent = _("parent %(number)s", number=phone.parent)
        line += f" ({parent})"
    if phone.answer is Answer.YES:
        line += ". " + _("You said yes: the school may text this number.")
    elif phone.answer is Answer.NO:
        line += ". " + _("You said no: the school may not text this number.")
    return f"- {line}"


def _listed(numbers: list[str]) -> str:
    return "\n".join(f"    {number}" for number in numbers)


def _body(parts: list[str]) -> str:
    return "\n\n".join(parts) + "\n"
