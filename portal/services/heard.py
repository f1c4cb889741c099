"""A parent's own answer, brought to the ledger; a number's first yes may bring the welcome."""

from portal.consent import ledger
from portal.consent.ledger import Decision, Result
from portal.enums import ConsentState
from portal.queries.schools import SchoolRow
from portal.services import welcomes


def hear(school: SchoolRow, decision: Decision) -> Result:
    """Decide, and queue the welcome if this opts the number in and it should have it already."""
    result = ledger.decide(decision)
    if result.changed and result.state is ConsentState.OPTED_IN:
        welcomes.after_yes(school, decision)
    return result
