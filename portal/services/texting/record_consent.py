"""Record a parent's yes or no about texts: it decides right away, or waits for a word from
somebody who has the number.

The contact form, the family page and the link in an email all come here.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from portal.consent import holdings, ledger
from portal.consent.ledger import Decision, Result
from portal.enums import Answer, ConsentState, Refusal, Source
from portal.models import ConsentStatus
from portal.queries.schools import SchoolRow
from portal.services.intake import form_opt_outs
from portal.services.texting import welcomes


@dataclass(frozen=True, slots=True)
class AnswerResult:
    """The result of a signed-in parent's answer about a number on their own record."""

    number: str
    answer: Answer
    result: Result | None
    """None if the answer waits."""
    proven: bool
    """True if the number is proven on their record. If not, they see only what they said."""

    @property
    def handset_must_confirm(self) -> bool:
        """True if the phone may be asked: after any yes about a number that is not proven, so
        the page looks the same whatever came of it."""
        refused = self.result is not None and self.result.code is Refusal.HANDSET_MUST_CONFIRM
        return self.answer is Answer.YES and (refused or not self.proven)


def record_form_answer(
    school: SchoolRow,
    decision: Decision,
    contact_id: int | None,
    own_ids: Collection[int],
    may_wait: bool = True,
) -> Result | None:
    """Take in an answer given on a form; None if it must wait.

    `contact_id` is the record that the number is on, `own_ids` the records that the sender made or
    signed in to, `decision.answerer_id` the parent who is signed in and answers about themself.
    `may_wait`: False for a no by somebody who has the phone in hand.
    """
    note_form_answer(decision, contact_id, own_ids)
    return take_form_answer(school, decision, contact_id, own_ids, may_wait)


def note_form_answer(decision: Decision, contact_id: int | None, own_ids: Collection[int]) -> None:
    """Keep what the sender said on their own record, whatever its effect."""
    if contact_id is not None and contact_id in own_ids and decision.answer is not None:
        holdings.note_answer(
            decision.school_id, contact_id, decision.number, decision.answer, decision.happened_at
        )


def take_form_answer(
    school: SchoolRow,
    decision: Decision,
    contact_id: int | None,
    own_ids: Collection[int],
    may_wait: bool = True,
    alone: bool = False,
) -> Result | None:
    """`record_form_answer` for an answer that is noted on the record already. `alone`: the number
    is known to be on nobody else's."""
    source = _source(decision, contact_id, own_ids, alone)
    if decision.answer is Answer.YES and not ledger.is_new(school.id, decision.number):
        form_opt_outs.end_own(decision)
    if source is None:
        return None
    answerer = decision.answerer_id if source is Source.PARENT_FORM else None
    decision = replace(decision, source=source, answerer_id=answerer)
    if may_wait and decision.answer is Answer.NO and source is Source.PUBLIC_FORM:
        unknown = alone or not holdings.on_other_records(school.id, decision.number, own_ids)
        if not form_opt_outs.take_or_hold(decision, unknown):
            return None
    return record_answer(school, decision)


def record_answer(school: SchoolRow, decision: Decision) -> Result:
    """Decide, and queue the welcome if this opts the number in and it should have it already."""
    result = ledger.decide(decision)
    if decision.answer is Answer.YES and result.code is None and _is_surely_theirs(decision):
        form_opt_outs.end_by_yes(decision)
    if result.changed and result.state is ConsentState.OPTED_IN:
        welcomes.after_yes(school, decision)
    return result


def must_be_confirmed(result: Result | None) -> bool:
    """True if somebody must confirm the answer before it has an effect."""
    return result is None or result.code is Refusal.OWNER_MUST_SIGN_IN


def _source(
    decision: Decision, contact_id: int | None, own_ids: Collection[int], alone: bool
) -> Source | None:
    """Return what the answer is taken as; None if it must wait.

    A sign-in shows whose email it is, not whose number. So a signed-in parent speaks for a number
    only if it is proven on their record, or if they may lift its opt-out. Anybody else's no is
    taken as a stranger's, and a yes too where it adds nothing or takes nothing from anybody.
    """
    status = ledger.lock_status(decision.school_id, decision.number)
    if decision.answerer_id is not None and _speaks_for(decision.answerer_id, status):
        return Source.PARENT_FORM
    if decision.answer is Answer.NO or status.state == ConsentState.OPTED_IN:
        return Source.PUBLIC_FORM
    theirs = contact_id is not None and contact_id in own_ids
    if theirs and (
        alone or not holdings.on_other_records(status.school_id, status.number, own_ids)
    ):
        return Source.PUBLIC_FORM
    return None


def _is_surely_theirs(decision: Decision) -> bool:
    """True for a yes that ends a no which waits: the phone's own, or by a parent whose number it
    is proven to be."""
    if decision.source is Source.PARENT_FORM and decision.answerer_id is not None:
        return holdings.is_proven(decision.school_id, decision.answerer_id, decision.number)
    return decision.source is Source.HANDSET


def _speaks_for(contact_id: int, status: ConsentStatus) -> bool:
    if holdings.is_proven(status.school_id, contact_id, status.number):
        return True
    out = status.state == ConsentState.OPTED_OUT
    return out and holdings.is_holder(contact_id, status)
