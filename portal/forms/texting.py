"""The form that a text is written on."""

from collections.abc import Iterable

from flask_wtf import FlaskForm
from wtforms import SelectChoice, SelectMultipleField, TextAreaField
from wtforms.validators import Optional

from portal.normalize import without_control


class TextForm(FlaskForm):
    positions = SelectMultipleField(
        "Which parents",
        choices=[SelectChoice(str(n), f"Parent {n}") for n in range(1, 5)],
        default=["1", "2", "3", "4"],
        validators=[Optional()],
    )
    body = TextAreaField("Text", filters=[lambda typed: without_control(typed or "")])

    def check(self, for_students: bool) -> None:
        """The errors that need no database."""
        if for_students and not self.chosen():
            self.refuse("positions", "Choose at least one of the parents.")

    def chosen(self) -> frozenset[int]:
        return frozenset(int(n) for n in self.positions.data or [] if n in {"1", "2", "3", "4"})

    def refuse(self, name: str, message: str) -> None:
        field = self[name]
        field.errors = [*field.errors, message]

    def error_list(self) -> list[tuple[str, str]]:
        """Every error with its field's name, in the order of the page."""
        fields: Iterable[object] = (self.positions, self.body)
        return [(f.name, error) for f in fields for error in f.errors]  # type: ignore[attr-defined]
