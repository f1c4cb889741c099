"""Noes on forms that come in a burst, without the forms."""

from collections.abc import Iterable
from unittest.mock import patch

from portal.consent import ledger
from portal.consent.ledger import Decision
from portal.consent.wording import consent_wording
from portal.enums import Answer, Source
from portal.extensions import db, writing
from portal.models import FormOptOut
from portal.queries.schools import SchoolRow
from portal.services.intake import form_opt_outs, owner_notices
from portal.services.texting.record_consent import AnswerResult, record_form_answer


def no(
    school: SchoolRow,
    number: str,
    ip: str = "198.51.100.1",
    session: str = "",
    contact_id: int | None = None,
    answer: Answer = Answer.NO,
    name: str = "Eve Moss",
) -> Decision:
    """One answer on a form, by a stranger or by a signed-in parent."""
    return Decision(
        school_id=school.id,
        number=number,
        source=Source.PUBLIC_FORM,
        answer=answer,
        actor=f"contact:{contact_id}" if contact_id else "visitor",
        answerer_id=contact_id,
        texting_number=school.texting_number,
        wording=consent_wording(school.name, school.texting_number, school.country),
        session_digest=session or None,
        evidence={"ip": ip, "browser": "Test", "name": name},
    )


def give(school: SchoolRow, decision: Decision, own: Iterable[int] = ()) -> ledger.Result | None:
    """Take an answer in as the forms do; None if it waits."""
    own_ids = {decision.answerer_id, *own} - {None}
    with writing():
        return record_form_answer(school, decision, decision.answerer_id, own_ids)  # type: ignore[arg-type]


def hold(school: SchoolRow, numbers: list[str], ip: str, name: str = "Eve Moss") -> list[int]:
    """Noes of one sender that wait, and their owners told; the ids of what waits."""
    with writing(), patch.object(form_opt_outs, "is_unusual", return_value=True):
        heard = []
        for number in numbers:
            result = record_form_answer(
                school, no(school, number, ip, session=ip, name=name), None, ()
            )
            assert result is None, "it does not wait"
            heard.append(AnswerResult(number, Answer.NO, None, proven=False))
        owner_notices.notify_owners(school, heard, (), None, str)
        made = db.session.query(FormOptOut.id).where(FormOptOut.number.in_(numbers))
        return sorted(row.id for row in made)
