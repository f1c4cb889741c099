"""The words of emails to parents, in the language that they read.

Plain text and one link; the reader's own program wraps the lines. The caller gives whole addresses.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from portal.enums import Answer, OwnerNoticeKind, PauseReason, PhoneType
from portal.labels import TYPE_WORDS


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    body: str


@contextmanager
def language(code: str) -> Iterator[None]:
    """Translate everything inside into this language."""
    with force_locale(code):
        yield


def code_mail(school: str, code: str, link: str) -> Words:
    return Words(
        _("%(code)s is your sign-in code for %(school)s", code=code, school=school),
        _(
            "Hello,\n\n"
            "Your sign-in code for %(school)s is:\n\n"
            "    %(code)s\n\n"
            "Or tap this link to sign in:\n%(link)s\n\n"
            "The code and the link expire in 10 minutes and work once.\n\n"
            "If you didn't ask for a code, you can ignore this email. "
            "No one can sign in without it.\n",
            school=school,
            code=code,
            link=link,
        ),
    )


def unknown_mail(school: str, form: str) -> Words:
    return Words(
        _("We couldn't find your email address at %(school)s", school=school),
        _(
            "Hello,\n\n"
            "Someone tried to sign in to the %(school)s parent portal with this email address. "
            "If it was you, the school doesn't have this address on file. "
            "Try a different one, or fill out the contact form:\n%(form)s\n\n"
            "If it wasn't you, you can ignore this email.\n",
            school=school,
            form=form,
        ),
    )


@dataclass(frozen=True, slots=True)
class SaidPhone:
    """A phone as a contact form gave it."""

    parent: int
    """The parent's number on the form: 1 filled it out."""
    number: str
    """As people at the school dial it."""
    extension: str | None
    type: PhoneType
    answer: Answer | None


def receipt_mail(school: str, phones: list[SaidPhone], link: str) -> Words:
    """Say what to do and why, then list the numbers under their owners. Other parents have no
    names here: the form's sender may have typed anything, and anybody's email address."""
    parts = [_("Hello,"), _("%(school)s got your contact form.", school=school)]
    if any(phone.answer is Answer.YES for phone in phones):
        parts.append(
            _(
                "You said yes to texts. If no text arrives, tap the link, tap “Show the word”, "
                "and text us that word from the phone. "
                "If texts to it were ever turned off, they stay off until you do. "
                "You can also text START from the phone, then tap the link we text back."
            )
        )
    parts += [
        _(
            "If your family is already on file, the front office checks your changes first. "
            "Sign in to update your own record right away."
        ),
        _("Tap this link to sign in:") + f"\n{link}",
        _("The link works once and expires in 7 days."),
    ]
    for number, own in groupby(phones, lambda phone: phone.parent):
        whose = (
            _("Your phone numbers:")
            if number == 1
            else _("Another parent or guardian's phone numbers:")
        )
        parts.append("\n".join([whose, *(_said_line(phone) for phone in own)]))
    parts.append(_("If you didn't send this form, don't use the link."))
    return Words(_("%(school)s got your contact form", school=school), _body(parts))


def owner_notice(kind: OwnerNoticeKind, school: str, numbers: list[str], link: str) -> Words:
    """Tell people of somebody else's answer about a number on their record. NAMED says the same
    whatever was answered, and whatever came of it."""
    if kind is OwnerNoticeKind.NAMED:
        return _named_notice(school, numbers, link)
    if kind is OwnerNoticeKind.ON_HOLD:
        subject = _("Texts from %(school)s are on hold", school=school)
        news = ngettext(
            "The school has paused texts to this number until the front office checks that answer.",
            "The school has paused texts to these numbers until the front office checks that "
            "answer.",
            len(numbers),
        )
    else:
        subject = _("Texts from %(school)s are off", school=school)
        news = ngettext(
            "The school has stopped texting this number.",
            "The school has stopped texting these numbers.",
            len(numbers),
        )
    parts = [
        _("Hello,"),
        _(
            "Someone filled out a %(school)s form and said no to texts for a phone number on your "
            "record:",
            school=school,
        ),
        _listed(numbers),
        news,
        _("To turn texts back on, tap this link to sign in, then say yes:") + f"\n{link}",
        _("The link works once and expires in 7 days."),
        _("If you don't want texts, you don't need to do anything."),
    ]
    return Words(subject, _body(parts))


def _named_notice(school: str, numbers: list[str], link: str) -> Words:
    parts = [
        _("Hello,"),
        _(
            "Someone sent %(school)s a form with a phone number that is on your record:",
            school=school,
        ),
        _listed(numbers),
        _("If your family sent it, you don't need to do anything."),
        _("To check your answers about texts, tap this link to sign in:") + f"\n{link}",
        _("The link works once and expires in 7 days."),
    ]
    return Words(_("Someone sent a form with your phone number"), _body(parts))


def pause_notice(
    kind: OwnerNoticeKind, reason: PauseReason, school: str, number: str, link: str
) -> Words:
    """Tell a parent that staff paused texts to their number and how to get texts again, or that
    staff ended the pause."""
    if kind is OwnerNoticeKind.RESUMED:
        subject = _("Texts from %(school)s are no longer paused", school=school)
        news = _("The front office ended the pause of texts to this phone number:")
        then = [_("To check your answers about texts, tap this link to sign in:") + f"\n{link}"]
    else:
        subject = _("Texts from %(school)s are paused", school=school)
        news = _PAUSED_WORDS[reason]
        then = [_("The school won't text this number until that changes.")]
        if reason is PauseReason.OTHER:
            then.append(_("If you have a question, contact the front office."))
        elif reason is PauseReason.WRONG_NUMBER:
            then.append(
                _(
                    "If it is your number, tap this link to sign in, tap “Show the word”, "
                    "and text us that word from the phone:"
                )
                + f"\n{link}"
            )
        else:
            then.append(
                _("To turn texts back on, tap this link to sign in, then say yes:") + f"\n{link}"
            )
    if link in then[-1]:
        then.append(_("The link works once and expires in 7 days."))
    return Words(subject, _body([_("Hello,"), str(news), _listed([number]), *then]))


def number_noted(school: str, number: str, link: str) -> Words:
    """Tell a parent whose number it is not proven to be that a pause began or ended. The text is
    always the same: it must not tell a stranger what the number's parent wants."""
    parts = [
        _("Hello,"),
        _(
            "%(school)s made a note about a phone number that is on your record:",
            school=school,
        ),
        _listed([number]),
        _("If you don't get the school's texts on this phone, contact the front office."),
        _("To check your answers about texts, tap this link to sign in:") + f"\n{link}",
        _("The link works once and expires in 7 days."),
    ]
    return Words(_("A note about your phone number"), _body(parts))


_PAUSED_WORDS = {
    PauseReason.ASKED_TO_STOP: _l(
        "The front office noted that someone asked the school to stop texting this phone number:"
    ),
    PauseReason.LIKELY_STOP: _l(
        "A reply from this phone number sounds like you want the school to stop texting it:"
    ),
    PauseReason.WRONG_NUMBER: _l(
        "The front office noted that this phone number on your record may be wrong:"
    ),
    PauseReason.OTHER: _l("The front office paused texts to this phone number:"),
}


def discarded_notice(school: str, numbers: list[str], texting_number: str) -> Words:
    """Tell the sender of a no that staff discarded what they can do: the phone itself decides."""
    parts = [
        _("Hello,"),
        _(
            "On a form, you said no to texts for a phone number. "
            "%(school)s did not use that answer:",
            school=school,
        ),
        _listed(numbers),
        _(
            "To stop texts from the school, text STOP from that phone to %(number)s.",
            number=texting_number,
        ),
        _("If you didn't send this form, you don't need to do anything."),
    ]
    subject = _("%(school)s did not use your answer about texts", school=school)
    return Words(subject, _body(parts))


def invitation(school: str, link: str) -> Words:
    parts = [
        _("Hello,"),
        _(
            "%(school)s would like you to check your phone numbers and tell us if we may text you.",
            school=school,
        ),
        _("Tap this link to sign in:") + f"\n{link}",
        _(
            "It takes about a minute. You don't need a password. "
            "The link works once and expires in 7 days."
        ),
    ]
    return Words(_("%(school)s: Please check your phone numbers", school=school), _body(parts))


def email_changed(school: str, link: str, days: int) -> Words:
    """To the old address. It does not name the new one: either may be a stranger's."""
    parts = [
        _("Hello,"),
        _(
            "You can no longer sign in to %(school)s with this email address. "
            "Your record now has a different one.",
            school=school,
        ),
        _("If you didn't ask for that, tap this link to put this address back:") + f"\n{link}",
        _(
            "We'll also sign out everyone who is signed in as you, and tell the front office. "
            "The link works once and expires in %(days)s days.",
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
            "%(school)s added this email address to a parent's record. "
            "You can sign in with it to check your phone numbers:",
            school=school,
        )
        + f"\n{link}",
        _("If you don't have a child at this school, please tell the front office."),
    ]
    return Words(_("Your sign-in email for %(school)s", school=school), _body(parts))


def email_removed(school: str) -> Words:
    """To an address that has no way to object: an earlier one is back, or staff decided."""
    parts = [
        _("Hello,"),
        _(
            "You can no longer sign in to %(school)s with this email address. "
            "If that's not right, call the front office.",
            school=school,
        ),
    ]
    return Words(_("Your sign-in email for %(school)s changed", school=school), _body(parts))


def _said_line(phone: SaidPhone) -> str:
    number = phone.number
    if phone.extension:
        number += " " + _("ext. %(number)s", number=phone.extension)
    line = f"{number}, {TYPE_WORDS[phone.type]}"
    if phone.answer is Answer.YES:
        line += ". " + _("You said yes to texts.")
    elif phone.answer is Answer.NO:
        line += ". " + _("You said no to texts. We won't text this number.")
    return f"- {line}"


def _listed(numbers: list[str]) -> str:
    return "\n".join(f"    {number}" for number in numbers)


def _body(parts: list[str]) -> str:
    return "\n\n".join(parts) + "\n"
