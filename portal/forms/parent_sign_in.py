"""The forms by which parents sign in."""

from flask_babel import lazy_gettext as _l

from portal.forms.base import EmailField, PageForm, TextField
from portal.forms.checks import check_email


class SignInEmailForm(PageForm):
    email = EmailField(
        _l("Your email"),
        render_kw={"type": "email", "inputmode": "email", "autocomplete": "email"},
    )

    def check(self) -> bool:
        check_email(self, "email", required=True)
        return not self["email"].errors


class CodeForm(PageForm):
    code = TextField(
        _l("Code"),
        render_kw={
            "inputmode": "numeric",
            "autocomplete": "one-time-code",
            "maxlength": "12",
        },
    )
