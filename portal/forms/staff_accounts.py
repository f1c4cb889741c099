"""The forms about staff accounts: passwords, invitations, roles."""

from wtforms import PasswordField, RadioField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, EqualTo, Length

from portal.email_address import typed_address
from portal.enums import StaffRole
from portal.forms.base import EmailField, PageForm, TextField
from portal.forms.checks import check_email, check_name
from portal.labels import STAFF_ROLE_WORDS

NEW_PASSWORD = {"type": "password", "autocomplete": "new-password", "maxlength": "1000"}
EMAIL = {
    "type": "email",
    "inputmode": "email",
    "autocapitalize": "none",
    "spellcheck": "false",
    "maxlength": "254",
}


class ForgotForm(PageForm):
    email = StringField(
        "Email",
        filters=[lambda typed: typed_address(typed or "")],
        validators=[DataRequired("Enter your email."), Length(max=254)],
        render_kw=EMAIL | {"autocomplete": "username"},
    )


class NewPasswordForm(PageForm):
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
    order = ("current", "password", "again")
    current = PasswordField(
        "Current password",
        [DataRequired("Enter your current password.")],
        render_kw={"type": "password", "autocomplete": "current-password"},
    )


class JoinForm(NewPasswordForm):
    """A new account for a person who was invited."""

    order = ("name", "password", "again")
    name = TextField("Your name", render_kw={"autocomplete": "name", "maxlength": "100"})

    def check(self) -> bool:
        valid = bool(self.validate())
        check_name(self, "name", "Enter your name.")
        return valid and not self["name"].errors


class RoleForm(PageForm):
    role = RadioField(
        "Role",
        choices=[
            SelectChoice(role.value, f"{words.name}: {words.may}")
            for role, words in STAFF_ROLE_WORDS.items()
        ],
        validate_choice=False,
    )

    def check(self) -> bool:
        self.check_choice("role", StaffRole, "Choose a role.")
        return not self["role"].errors

    def chosen(self) -> StaffRole:
        return StaffRole(self.typed("role"))


class InviteForm(RoleForm):
    order = ("email", "role")
    email = EmailField("Email", render_kw=EMAIL | {"autocomplete": "off"})

    def check(self) -> bool:
        if self.text("email"):
            check_email(self, "email", required=True)
        else:
            self.add_error("email", "Enter their email, like name@school.example.")
        super().check()
        return not self.error_list()
