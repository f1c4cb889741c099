"""The strength of consent, over sequences of events. `test_replay.py` compares it with the column
that the ledger keeps, over any sequence."""

from dataclasses import dataclass

import pytest

from portal.consent.strength import replay
from portal.enums import ConsentState, ConsentStrength

IN, OUT, UNASKED = ConsentState.OPTED_IN, ConsentState.OPTED_OUT, ConsentState.NOT_ASKED
ANA, BEN = "contact:1", "contact:2"


@dataclass(frozen=True)
class Event:
    source: str
    answer: str | None
    state: str
    actor: str = "visitor"
    code: str | None = None


STAFF = Event("staff_entry", "yes", IN, "account:1")
ROSTER = Event("roster_import", "yes", IN, "cli")
FORM = Event("public_form", "yes", IN)
SIGNED = Event("parent_form", "yes", IN, ANA)
PHONE = Event("handset", "yes", IN, "handset")
STOP = Event("text_reply", "no", OUT, "provider")
FORM_NO = Event("public_form", "no", OUT)
ANAS_FORM_NO = Event("public_form", "no", OUT, ANA)
ANAS_NO = Event("parent_form", "no", OUT, ANA)
LEFT = Event("number_left", None, UNASKED)
LATE_NO = Event("text_reply", "no", IN, "provider", "older_than_the_parents_yes")
PAUSED = Event("staff_pause", None, IN, "account:1", "asked_to_stop")
PAUSED_OUT = Event("staff_pause", None, OUT, "account:1", "asked_to_stop")


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], None),
        ([ROSTER], "roster"),
        ([STAFF], "staff_typed"),
        ([FORM], "form"),
        ([SIGNED], "confirmed"),
        ([PHONE], "confirmed"),
        # An answer makes it stronger, and none makes it weaker.
        ([STAFF, FORM], "form"),
        ([STAFF, FORM, SIGNED], "confirmed"),
        ([PHONE, FORM], "confirmed"),
        ([SIGNED, FORM, FORM], "confirmed"),
        ([ROSTER, PHONE], "confirmed"),
        # What changes nothing changes nothing here.
        ([PHONE, LATE_NO], "confirmed"),
        ([STAFF, PAUSED], "staff_typed"),
        # No opt-in, no strength, and nothing is left of the one before.
        ([PHONE, STOP], None),
        ([STAFF, LEFT], None),
        ([PHONE, LEFT, STAFF], "staff_typed"),
        ([PHONE, LEFT, ROSTER, FORM], "form"),
        ([PHONE, STOP, PHONE], "confirmed"),
        ([FORM_NO, FORM], "form"),
        ([SIGNED, FORM_NO, FORM], "form"),
        # Whoever lifts an opt-out signed in had it proven, unless all of it was their own.
        ([FORM, FORM_NO, SIGNED], "confirmed"),
        ([SIGNED, ANAS_NO, SIGNED], "confirmed"),
        ([ANAS_NO, ANAS_FORM_NO, SIGNED], "confirmed"),
        ([ANAS_FORM_NO, SIGNED], "form"),
        ([FORM, ANAS_FORM_NO, ANAS_NO, SIGNED], "form"),
        ([ANAS_FORM_NO, PAUSED_OUT, SIGNED], "form"),
        ([ANAS_FORM_NO, FORM_NO, SIGNED], "confirmed"),
        ([ANAS_FORM_NO, Event("parent_form", "yes", IN, BEN)], "confirmed"),
        ([ANAS_FORM_NO, SIGNED, SIGNED], "confirmed"),
        ([ANAS_FORM_NO, SIGNED, PHONE], "confirmed"),
        ([ANAS_FORM_NO, SIGNED, ANAS_FORM_NO, SIGNED], "form"),
    ],
)
def test_the_strength_follows_the_log(events: list[Event], expected: str | None) -> None:
    assert replay(events) == (ConsentStrength(expected) if expected else None)
