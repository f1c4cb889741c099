"""Find the forms of a number that a school has on file, if a phone texts from another form."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from portal.consent import ledger
from portal.consent.ledger import Decision
from portal.extensions import db
from portal.models import Phone
from portal.phone.numbering_plans import variants_of


def variants_on_file(school_id: int, number: str) -> list[str]:
    """Return the form that is on a record, or else today's form. Then others that texts may go
    to."""
    forms = variants_of(number)
    if len(forms) == 1:
        return [*forms]
    on_records = set(
        db.session.scalars(
            select(Phone.number).where(Phone.school_id == school_id, Phone.number.in_(forms))
        )
    )
    present = [form for form in forms if form in on_records]
    return [*present, *({forms[0]} - on_records)]


def decide(decision: Decision) -> ledger.Result:
    """Record the decision of a phone or its carrier for every form of its number that is on file.

    Returns the result for the form on a record. The ledger keeps the form that was sent.
    """
    forms = variants_on_file(decision.school_id, decision.number)
    ledger.lock_in_order(decision.school_id, forms)
    number, *others = forms
    sent: Mapping[str, Any] = {} if number == decision.number else {"number": decision.number}
    said = replace(decision, number=number, evidence={**decision.evidence, **sent})
    result = ledger.decide(said)
    for other in others:
        ledger.decide(replace(said, number=other, message_id=None))
    return result
