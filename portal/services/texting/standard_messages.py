"""The words of the portal's own texts, in the language of their reader. Short: each costs."""

from flask_babel import gettext as _

from portal.enums import MessageKind
from portal.extensions import outside_link
from portal.phone import show_number
from portal.queries.schools import SchoolRow
from portal.services.mail.parent_emails import language


def body_of(
    kind: MessageKind,
    school: SchoolRow,
    code: str,
    opted_out: bool = False,
    for_all: bool = False,
    typed: bool = False,
) -> str:
    """Return the text of a welcome, a confirmation or an answer to HELP, in the language of this
    code. `opted_out`: it answers a number that opted out. `for_all`: of all schools of the
    district. `typed`: it welcomes a number that the school typed, and no parent has answered for.
    `[link]` is in the place of a link."""
    with language(code):
        if kind is MessageKind.HELP:
            return _help(school, opted_out)
        return _typed_welcome(school.name) if typed else _words(kind, school.name, for_all)


def _typed_welcome(school: str) -> str:
    words: str = _(
        "%(school)s: We added this number for texts about school closings, reminders, and news "
        "about your child, 2 to 6 a month, more in an emergency. Message and data rates may "
        "apply. If it's wrong or to cancel, reply STOP. HELP for help. To answer: [link]",
        school=school,
    )
    return words


def _words(kind: MessageKind, school: str, for_all: bool) -> str:
    if kind is MessageKind.WELCOME:
        words: str = _(
            "%(school)s: You're signed up for texts about school closings, reminders, and news "
            "about your child. About 2 to 6 a month, more in an emergency. Message and data rates "
            "may apply. Reply STOP to cancel, HELP for help. Change your answer: [link]",
            school=school,
        )
    elif kind is MessageKind.STOP_CONFIRMATION and for_all:
        words = _(
            "%(school)s: You won't get more texts from any school in our district. To get ours "
            "again: [link]",
            school=school,
        )
    elif kind is MessageKind.STOP_CONFIRMATION:
        words = _(
            "%(school)s: You're unsubscribed and won't get more texts from us. To get them "
            "again: [link]",
            school=school,
        )
    else:
        words = _(
            "%(school)s: We paused texts to this number. Reply STOP to end them. "
            "To get them again: [link]",
            school=school,
        )
    return words


def _help(school: SchoolRow, opted_out: bool) -> str:
    """The answer to HELP: what the texts are, how to stop them, and how to reach the office."""
    phone = show_number(school.office_phone, school.country) if school.office_phone else None
    office = ", ".join(filter(None, [phone, school.office_email])) or _("call the school office")
    form = outside_link("parent.contact_form", slug=school.slug)
    if opted_out:
        words: str = _(
            "%(school)s: Our texts to you are off. Help: %(office)s. Contact form: %(form)s To "
            "turn texts on: [link]",
            school=school.name,
            office=office,
            form=form,
        )
    else:
        words = _(
            "%(school)s: Texts about school closings, reminders, and news about your child, "
            "about 2 to 6 a month. Message and data rates may apply. Reply STOP to cancel. "
            "Help: %(office)s. Contact form: %(form)s",
            school=school.name,
            office=office,
            form=form,
        )
    return words
