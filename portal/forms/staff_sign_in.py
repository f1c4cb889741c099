"""The staff's sign-in form."""

from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired

from portal.email_address import typed_address
from portal.forms.base import PageForm

NO_MATCH = "That email and password don't match. Check both and try again."


class SignInForm(PageForm):
    email = StringField(
        "Email",
        filters=[lambda typed: typed_address(typed or "")],
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
