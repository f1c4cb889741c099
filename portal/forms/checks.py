"""Checks that several forms make: names and emails, with the words for what is wrong."""

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _

from portal.email_address import LONGEST, has_valid_domain, unusable_character
from portal.forms.base import PageForm
from portal.normalize import clean, has_control, has_letter

LONGEST_NAME = 100


def check_names(form: PageForm, first_missing: str, last_missing: str) -> None:
    """Check a person's first and last name. One is enough: many people have only one."""
    missing = {"first_name": first_missing, "last_name": last_missing}
    typed = [name for name in missing if form.typed(name).strip()]
    for name in typed or missing:
        check_name(form, name, missing[name])


def check_name(form: PageForm, name: str, missing: str) -> None:
    """Check that a name has a letter, of any script; `missing` is a sentence: what to enter."""
    typed = form.typed(name)
    if has_control(typed):
        hidden = _("Your answer has a hidden character we can't save.")
        form.add_error(name, f"{missing} {hidden}")
    elif not clean(typed):
        form.add_error(name, missing)
    elif not has_letter(typed):
        letters = _("Use letters.")
        form.add_error(name, f"{missing} {letters}")
    elif len(clean(typed)) > LONGEST_NAME:
        shorter = _("Use %(most)s letters or fewer.", most=LONGEST_NAME)
        form.add_error(name, f"{missing} {shorter}")


def check_email(form: PageForm, name: str, required: bool) -> None:
    typed, address = form.typed(name), form.text(name)
    if not address and not has_control(typed):
        if required:
            form.add_error(name, _("Enter your email address, like name@example.com."))
        return
    if odd := unusable_character(address):
        remove = _(
            "Remove “%(character)s” from the email address. It should look like name@example.com.",
            character=odd,
        )
        form.add_error(name, remove)
        return
    try:
        # test_environment: addresses under .test are well-formed too; nothing is looked up.
        validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        form.add_error(name, _("Enter a full email address, like name@example.com."))
    else:
        if has_control(typed) or not has_valid_domain(address) or len(address) > LONGEST:
            form.add_error(name, _("Enter a full email address, like name@example.com."))
