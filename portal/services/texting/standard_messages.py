"""The words of the portal's own texts, in the language of their reader. Short: each costs."""

from flask_babel import gettext as _

from portal.enums import MessageKind
from portal.services.mail.parent_emails import language


def body_of(
    kind: MessageKind,
    school: str,
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
        return _typed_welcome(school) if typed else _words(kind, school, opted_out, for_all)


def _typed_welcome(school: str) -> str:
    words: str = _(
        "%(school)s: We added this number for texts about school closings, reminders, and news "
        "about your child, 2 to 6 a month, more in an emergency. Message and data rates may "
        "apply. If it's wrong or to cancel, reply STOP. HELP for help. To answer: [link]",
        school=school,
    )
    return words


def _words(kind: MessageKind, school: str, opted_out: bool, for_all: bool) -> str:
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
    elif opted_out:
        words = _(
            "%(school)s: Our texts to you are off. Questions? Call the school office. To turn "
            "texts on: [link]",
            school=school,
        )
    else:
        words = _(
            "%(school)s: Texts about school closings, reminders, and news about your child, "
            "about 2 to 6 a month. Message and data rates may apply. Reply STOP to cancel. For "
            "help, call the school office.",
            school=school,
        )
    return words
