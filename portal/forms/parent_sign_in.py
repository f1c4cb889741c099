"""The forms by which parents sign in."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from portal.forms.checks import TextField, check_email


class SignInEmailForm(FlaskForm):
    email = TextField(
        _l("Your email"),
        render_kw={"type": "email", "inputmode": "email", "autocomplete": "email"},
    )

    def typed(self, name: str) -> str:
        return self[name].data or ""

    def add_error(self, name: str, message: str) -> None:
        self[name].errors = [*self[name].errors, message]

    def check(self) -> bool:
        check_email(self, "email", required=True)
        return not self["email"].errors


class CodeForm(FlaskForm):
    code = TextField(
        _l("Code"),
        render_kw={
            "inputmode": "numeric",
            "autocomplete": "one-time-code",
            "maxlength": "12",
        },
    )

    def refuse(self, message: str) -> None:
        self["code"].errors = [*self["code"].errors, message]
