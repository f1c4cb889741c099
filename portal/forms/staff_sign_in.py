"""The staff's sign-in form."""

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired

from portal.normalize import clean

NO_MATCH = "Email and password do not match. Check both and try again."


class SignInForm(FlaskForm):
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

    def error_list(self) -> list[tuple[str, str]]:
        """Every error with its field's name, in the order of the page."""
        return [(field.name, error) for field in self for error in field.errors]
