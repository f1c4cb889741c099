"""The staff's sign-in form."""

from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired

from portal.forms.base import PageForm
from portal.normalize import clean

NO_MATCH = "That email and password don't match. Check both and try again."


class SignInForm(PageForm):
    email = StringField(
        "Email",
        filters=[lambda typed: clean(typed or "")],
        validators=[DataRequired("Enter your email.")],
        render_kw={
            "type": "email",
            "autocomplete": "username",
            "inputmode": "email",
            "autocapitalize": "none",
            "spellcheck": "false",
        },
    )
    password = PasswordField(
        "Password",
        [DataRequired("Enter your password.")],
        render_kw={"type": "password", "autocomplete": "current-password"},
    )
    next = HiddenField()
