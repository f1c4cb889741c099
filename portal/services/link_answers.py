"""An answer that was given by a link texted to a number."""

import secrets
from dataclasses import dataclass
from typing import Any

from portal import times
from portal.answers import ContactAnswers, ParentAnswer, PhoneAnswer
from portal.consent import holdings, ledger, texted_links
from portal.consent.wording import ConsentWording
from portal.enums import Answer, PhoneType, Slot, Source
from portal.models import Submission, TextedLink
from portal.queries.schools import SchoolRow
from portal.services import form_mail, handset
from portal.services.form_mail import Address
from portal.services.heard import hear, hear_parent
from portal.services.intake_propose import keep_submission
from portal.services.visits import token_hash

FORM = "texted_link"
"""What a submission by a link is called among the forms."""


class LinkVoidError(Exception):
    """The link is not good, or never was; nothing tells why."""


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """What was said on a link's page, and by which browser."""

    said: Answer
    wording: ConsentWording
    session_digest: str
    evidence: dict[str, Any]
    """What is personal: `ip`, `browser`."""
    parent_id: int | None = None
    """The parent who is signed in in that browser."""


def number_of(school_id: int, token: str) -> str | None:
    """Return the number that a good link was texted to; None if it is not good. Uses nothing up:
    programs open links ahead of people."""
    link = texted_links.of_token(school_id, token_hash(token))
    return link.number if link is not None and texted_links.is_good(link) else None


def answer(school: SchoolRow, token: str, given: LinkAnswer, address: Address) -> None:
    """Take an answer about a link's number. Raises LinkVoidError.

    A yes is the phone's own; where the parent is signed in who has the number on their record, it
    proves the number for them. A no is taken as one on a form, and its owners are told; `address`
    makes the links in these emails. The same answer twice from one browser is one.
    """
    link = texted_links.of_token(school.id, token_hash(token))
    if link is None:
        raise LinkVoidError
    ledger.lock_status(school.id, link.number)
    link = texted_links.of_token(school.id, token_hash(token))
    if link is None or not texted_links.is_good(link):
        if link is not None and _tapped_twice(link, given):
            return
        raise LinkVoidError
    parent_id = _on_record(school.id, given.parent_id, link.number)
    if given.said is Answer.YES:
        _yes(school, link.number, given, parent_id)
    else:
        _no(school, link.number, given, parent_id, address)
    link.used_at = times.now()
    link.used_for = given.said
    link.used_session = given.session_digest


def _tapped_twice(link: TextedLink, given: LinkAnswer) -> bool:
    same = (link.used_for, link.used_session) == (given.said, given.session_digest)
    return link.used_at is not None and same


def _on_record(school_id: int, parent_id: int | None, number: str) -> int | None:
    """The signed-in parent, if the number is on their record."""
    if parent_id is None or holdings.open_holding(school_id, parent_id, number) is None:
        return None
    return parent_id


def _yes(school: SchoolRow, number: str, given: LinkAnswer, parent_id: int | None) -> None:
    decision = _decision(school, number, given, parent_id)
    hear(school, decision)
    if parent_id is not None:
        handset.confirm_number(school, parent_id, number)


def _no(
    school: SchoolRow, number: str, given: LinkAnswer, parent_id: int | None, address: Address
) -> None:
    answers = _as_form(number)
    submission = _keep(school, number, given)
    decision = _decision(school, number, given, parent_id, submission)
    own = {parent_id} if parent_id is not None else set()
    hear_parent(school, decision, parent_id, own)
    language = given.wording.language
    form_mail.follow(school, submission.id, answers, language, address, signed=True)


def _decision(
    school: SchoolRow,
    number: str,
    given: LinkAnswer,
    parent_id: int | None,
    submission: Submission | None = None,
) -> ledger.Decision:
    yes = given.said is Answer.YES
    nobody = "handset" if yes else "visitor"
    return ledger.Decision(
        school_id=school.id,
        number=number,
        source=Source.HANDSET if yes else Source.PUBLIC_FORM,
        answer=given.said,
        actor=nobody if parent_id is None else f"contact:{parent_id}",
        texting_number=school.texting_number,
        answerer_id=parent_id,
        wording=given.wording,
        submission_id=submission.id if submission is not None else None,
        session_digest=given.session_digest,
        evidence=given.evidence,
    )


def _keep(school: SchoolRow, number: str, given: LinkAnswer) -> Submission:
    ledger.keep_wording(school.id, given.wording)
    return keep_submission(
        school.id,
        {"number": number, "answer": given.said.value},
        "",
        form=FORM,
        form_key=secrets.token_hex(16),
        language=given.wording.language,
        wording_id=given.wording.id,
        session_digest=given.session_digest,
        evidence=given.evidence,
    )


def _as_form(number: str) -> ContactAnswers:
    """A no as the contact form has it, for the emails that follow one."""
    phone = PhoneAnswer(Slot.PRIMARY, PhoneType.CELL, number, None, Answer.NO)
    return ContactAnswers({}, {1: ParentAnswer("", "", None, None, (phone,))})
