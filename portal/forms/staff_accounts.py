"""The forms about staff accounts: passwords, invitations, roles."""

from flask_wtf import FlaskForm
from wtforms import PasswordField, RadioField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, EqualTo, Length

from portal.enums import StaffRole
from portal.forms.checks import TextField, check_email, check_name
from portal.labels import STAFF_ROLE_WORDS
from portal.normalize import clean

NEW_PASSWORD = {"type": "password", "autocomplete": "new-password", "maxlength": "1000"}
EMAIL = {
    "type": "email",
    "inputmode": "email",
    "autocapitalize": "none",
    "spellcheck": "false",
    "maxlength": "254",
}


class StaffForm(FlaskForm):
    def typed(self, name: str) -> str:
        return str(self[name].data or "")

    def add_error(self, name: str, message: str) -> None:
        self[name].errors = [*self[name].errors, message]

    def error_list(self) -> list[tuple[str, str]]:
        """Every error with its field's name, in the order of the page."""
        return [(field.name, error) for field in self for error in field.errors]


class ForgotForm(StaffForm):
    email = StringField(
        "Email",
        filters=[lambda typed: clean(typed or "")],
        validators=[DataRequired("Enter your email."), Length(max=254)],
        render_kw=EMAIL | {"autocomplete": "username"},
    )


class NewPasswordForm(StaffForm):
    password = PasswordField(
        "New password",
        [
            DataRequired("Enter a new password."),
            Length(8, 1000, "Use at least 8 characters."),
        ],
        render_kw=NEW_PASSWORD,
    )
    again = PasswordField(
        "New password again",
        [EqualTo("password", "Type the same password in both fields.")],
        render_kw=NEW_PASSWORD,
    )


class ChangePasswordForm(NewPasswordForm):
    current = PasswordField(
        "Current password",
        [DataRequired("Enter your current password.")],
        render_kw={"type": "password", "autocomplete": "current-password"},
    )

    def error_list(self) -> list[tuple[str, str]]:
        """In the order of the page, where the current password comes first."""
        order = ("current", "password", "again")
        return [(name, error) for name in order for error in self[name].errors]


class JoinForm(NewPasswordForm):
    """A new account for a person who was invited."""

    name = TextField("Your name", render_kw={"autocomplete": "name", "maxlength": "100"})

    def check(self) -> bool:
        valid = bool(self.validate())
        check_name(self, "name", "Enter your name.")
        return valid and not self["name"].errors

    def error_list(self) -> list[tuple[str, str]]:
        order = ("name", "password", "again")
        return [(name, error) for name in order for error in self[name].errors]


class RoleForm(StaffForm):
    role = RadioField(
        "Role",
        choices=[
            SelectChoice(role.value, f"{words.name}: {words.may}")
            for role, words in STAFF_ROLE_WORDS.items()
        ],
        validate_choice=False,
    )

    def check(self) -> bool:
        if self.typed("role") not in set(StaffRole):
            self.add_error("role", "Choose a role.")
        return not self["role"].errors

    def chosen(self) -> StaffRole:
        return StaffRole(self.typed("role"))


class InviteForm(RoleForm):
    email = TextField("Email", render_kw=EMAIL | {"autocomplete": "off"})

    def check(self) -> bool:
        if clean(self.typed("email")):
            check_email(self, "email", required=True)
        else:
            self.add_error("email", "Enter their email, like name@school.example.")
        super().check()
        return not self.error_list()

    def error_list(self) -> list[tuple[str, str]]:
        return [(name, error) for name in ("email", "role") for error in self[name].errors]
