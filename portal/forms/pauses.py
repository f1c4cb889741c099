"""Forms by which staff pause texts to a number, and end that. No database here."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from wtforms import RadioField, StringField
from wtforms.fields import SelectChoice

from portal import clock
from portal.enums import PauseReason
from portal.forms.base import TextField
from portal.forms.record import LONGEST_NOTE, NoteForm

_NOTE = {"maxlength": LONGEST_NOTE, "autocomplete": "off"}


class PauseForm(NoteForm):
    """Staff say why the school should not text a number, and when the parent asked for it."""

    reason = RadioField(
        "Why?",
        choices=[
            SelectChoice(PauseReason.ASKED_TO_STOP.value, "They asked us to stop"),
            SelectChoice(PauseReason.WRONG_NUMBER.value, "Wrong number"),
            SelectChoice(PauseReason.OTHER.value, "Another reason"),
        ],
        validate_choice=False,
    )
    note = TextField("Note", render_kw=_NOTE)
    asked_on = TextField("When did they tell us?", render_kw={"type": "date"})
    asked_at: datetime | None = None
    """The start of that day at the school, once checked. None for today."""

    def check(self, timezone: str) -> bool:
        reasons = [choice.value for choice in self.reason.choices]
        self.check_choice("reason", reasons, "Choose a reason.")
        other = self.typed("reason") == PauseReason.OTHER
        self.check_note(
            "note", "Say why the school should not text this number." if other else None
        )
        if self.text("asked_on"):
            self._check_day(timezone)
        return not self.error_list()

    def _check_day(self, timezone: str) -> None:
        today = clock.local(clock.now(), timezone).date()
        try:
            day = date.fromisoformat(self.text("asked_on"))
        except ValueError:
            self.add_error("asked_on", "Enter a date, like 2026-09-03.")
            return
        if not today - timedelta(days=366) <= day <= today:
            self.add_error("asked_on", "Enter a day of the last 12 months.")
        elif day < today:
            self.asked_at = datetime.combine(day, time.min, ZoneInfo(timezone))


class ResumeForm(NoteForm):
    """Staff say why a pause should end."""

    began_seq = StringField()
    ending = StringField()
    why = TextField("Why?", render_kw=_NOTE)

    def check(self, needed: bool) -> bool:
        self.check_note("why", "Say why the pause should end." if needed else None)
        return not self.error_list()
