"""The form that a text is written on."""

from collections.abc import Mapping

from wtforms import BooleanField, SelectChoice, SelectMultipleField, TextAreaField
from wtforms.validators import Optional

from portal.forms.base import PageForm, TextField
from portal.normalize import without_control


def text_field(label: str) -> TextAreaField:
    """The box that a text is written in."""
    return TextAreaField(label, filters=[lambda typed: without_control(typed or "")])


class ReplyForm(PageForm):
    body = text_field("Your reply")


class TextForm(PageForm):
    positions = SelectMultipleField(
        "Which parents?",
        choices=[SelectChoice(str(n), f"Parent {n}") for n in range(1, 5)],
        default=["1", "2", "3", "4"],
        validators=[Optional()],
    )
    body = text_field("Text")
    send_at = TextField("Send at", render_kw={"type": "datetime-local"})
    not_after = TextField("Don't send after", render_kw={"type": "datetime-local"})
    emergency = BooleanField("This is an emergency")
    purpose = TextField("What is the emergency?", render_kw={"maxlength": "100"})

    def check(self, for_students: bool) -> None:
        """The errors that need no database."""
        if for_students and not self.chosen():
            self.add_error("positions", "Choose at least one of the parents.")

    def offer(self, parents: Mapping[int, str]) -> None:
        """Offer these parents of one student, by name."""
        self.positions.choices = [
            SelectChoice(str(n), f"Parent {n}, {name}") for n, name in parents.items()
        ]

    def has_times(self) -> bool:
        """True if something was typed about when it goes out, or about an emergency."""
        return any(self.typed(name) for name in ("send_at", "not_after", "emergency", "purpose"))

    def chosen(self) -> frozenset[int]:
        return frozenset(int(n) for n in self.positions.data or [] if n in {"1", "2", "3", "4"})
