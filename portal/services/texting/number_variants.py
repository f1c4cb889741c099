"""The forms in which a school has a number on file, for a phone that texts in another one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from portal.consent import ledger
from portal.consent.ledger import Decision
from portal.extensions import db
from portal.models import Phone
from portal.numbering_plans import variants_of


def variants_on_file(school_id: int, number: str) -> list[str]:
    """First the form that is on a record, or, if none is, the one that is kept now. Then the others
    that texts may go to."""
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
    """Record what a phone or its carrier said, about every form of its number that is on file.

    Returns what became of the form on a record. The ledger keeps the form that was sent.
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
