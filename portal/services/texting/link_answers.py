"""An answer that was given by a link texted to a number."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from portal import clock
from portal.consent import holdings, ledger, texted_links
from portal.consent.ledger import Decision, Result
from portal.consent.wording import ConsentWording
from portal.enums import Answer, Source
from portal.extensions import db
from portal.models import Submission, TextedLink
from portal.queries.schools import SchoolRow
from portal.services.accounts.tokens import MakeUrl, token_hash
from portal.services.intake import owner_notices
from portal.services.proposals.propose import keep_submission
from portal.services.texting import handset_confirmation
from portal.services.texting.record_consent import AnswerResult, record_answer, record_form_answer

FORM = "texted_link"
"""The name of a submission by a link among the forms."""
TWICE_WITHIN = timedelta(minutes=1)
"""So long the same answer again from the same browser is a double tap."""


class LinkVoidError(Exception):
    """The link is not good, or never was; nothing tells why."""


@dataclass(frozen=True, slots=True)
class LinkAnswer:
    """An answer on a link's page, with its browser."""

    said: Answer
    wording: ConsentWording
    session_digest: str
    evidence: dict[str, Any]
    """The personal part: `ip`, `browser`."""
    parent_id: int | None = None
    """The parent who is signed in in that browser."""


def number_of(school_id: int, token: str) -> str | None:
    """Return the number that a good link was texted to; None if it is not good. Uses nothing up:
    programs open links ahead of people."""
    link = texted_links.of_token(school_id, token_hash(token))
    return link.number if link is not None and texted_links.is_good(link) else None


def record_link_answer(school: SchoolRow, token: str, given: LinkAnswer, make_url: MakeUrl) -> None:
    """Take an answer about a link's number. Raises LinkVoidError.

    A yes is the phone's own; a no is taken as one on a form, and its owners are told, but it never
    waits: who holds the link got it on the phone. `make_url` makes the links in these emails. The
    same answer twice from one browser is one.
    """
    link = _locked(school.id, token)
    if link is None:
        raise LinkVoidError
    if not texted_links.is_good(link):
        if _tapped_twice(link, given):
            return
        raise LinkVoidError
    decision = _decision(school, link.number, given)
    if given.said is Answer.YES:
        record_link_yes(school, link, decision, given.parent_id)
    else:
        _no(school, given, decision, make_url)
        _use(link, decision)


def good_link(
    school_id: int, link_hash: str, numbers: Collection[str], at: datetime
) -> TextedLink | None:
    """Return the link that a form was opened by, if it is to one of these numbers, which the caller
    has locked, and was not too old when the form was sent."""
    link = texted_links.of_token(school_id, link_hash) if link_hash else None
    mine = link is not None and link.number in numbers
    return link if link is not None and mine and texted_links.is_good(link, at) else None


def record_link_yes(
    school: SchoolRow, link: TextedLink, decision: Decision, parent_id: int | None
) -> Result:
    """Take a yes by a good link as the phone's own; the link is used up.

    Where the parent is signed in who has the number on their record, it proves it for them.
    """
    on_record = _on_record(school.id, parent_id, link.number)
    actor = f"contact:{on_record}" if on_record is not None else "handset"
    by_phone = replace(decision, source=Source.HANDSET, actor=actor, answerer_id=on_record)
    result = record_answer(school, by_phone)
    if on_record is not None:
        handset_confirmation.confirm_number(school, on_record, link.number)
    _use(link, by_phone)
    return result


def _locked(school_id: int, token: str) -> TextedLink | None:
    """The link, read once its number is locked."""
    link = texted_links.of_token(school_id, token_hash(token))
    if link is None:
        return None
    ledger.lock_status(school_id, link.number)
    return texted_links.of_token(school_id, token_hash(token))


def _use(link: TextedLink, decision: Decision) -> None:
    link.used_at = clock.now()
    link.used_for = decision.answer
    link.used_session = decision.session_digest
    db.session.flush()


def _tapped_twice(link: TextedLink, given: LinkAnswer) -> bool:
    """True if the same browser gave the same answer a moment ago, and it still holds."""
    if link.used_at is None or clock.now() - link.used_at > TWICE_WITHIN:
        return False
    same = (link.used_for, link.used_session) == (given.said, given.session_digest)
    return same and (given.said is Answer.NO or not texted_links.said_no_since(link))


def _on_record(school_id: int, parent_id: int | None, number: str) -> int | None:
    """The signed-in parent, if the number is on their record."""
    if parent_id is None or holdings.open_holding(school_id, parent_id, number) is None:
        return None
    return parent_id


def _no(school: SchoolRow, given: LinkAnswer, decision: Decision, make_url: MakeUrl) -> None:
    submission = _keep(school, decision.number, given)
    on_record = _on_record(school.id, given.parent_id, decision.number)
    own = {on_record} if on_record is not None else set()
    actor = f"contact:{on_record}" if on_record is not None else "visitor"
    by_form = replace(decision, actor=actor, answerer_id=on_record, submission_id=submission.id)
    result = record_form_answer(school, by_form, on_record, own, may_wait=False)
    heard = AnswerResult(decision.number, Answer.NO, result, proven=False)
    owner_notices.notify_owners(school, [heard], own, None, make_url, submission.id)


def _decision(school: SchoolRow, number: str, given: LinkAnswer) -> Decision:
    return Decision(
        school_id=school.id,
        number=number,
        source=Source.PUBLIC_FORM,
        answer=given.said,
        actor="visitor",
        texting_number=school.texting_number,
        wording=given.wording,
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
