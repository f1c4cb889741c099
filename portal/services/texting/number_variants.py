"""Find the forms of a number that a school has on file, if a phone texts from another form."""

from dataclasses import replace

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
    """Record the decision of a phone or its carrier, for the form of its number on a record.

    The ledger records it for other forms on file, too. It keeps the form that was sent.
    """
    number = variants_on_file(decision.school_id, decision.number)[0]
    if number == decision.number:
        return ledger.decide(decision)
    evidence = {**decision.evidence, "number": decision.number}
    return ledger.decide(replace(decision, number=number, evidence=evidence))
