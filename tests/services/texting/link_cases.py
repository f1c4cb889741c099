"""Shared by tests of texted links: an answer by a link, and whether one is void."""

from portal.consent.wording import consent_wording
from portal.enums import Answer
from portal.extensions import db, writing
from portal.queries.schools import SchoolRow
from portal.services.texting import link_answers
from portal.services.texting.link_answers import LinkAnswer, LinkVoidError
from tests.support.incoming import events

HELP, CONFIRMATION = "help", "stop_confirmation"


def answer(
    school: SchoolRow,
    token: str,
    said: Answer = Answer.YES,
    parent_id: int | None = None,
    session: str = "one",
) -> None:
    given = LinkAnswer(
        said=said,
        wording=consent_wording(school.name, school.texting_number, school.country),
        session_digest=session,
        evidence={"ip": "127.0.0.1", "browser": "Test"},
        parent_id=parent_id,
    )
    with writing():
        link_answers.record_link_answer(school, token, given, lambda key: f"http://portal/{key}")


def is_void(school: SchoolRow, token: str) -> bool:
    """True if neither the page nor an answer takes the link."""
    shown = link_answers.number_of(school.id, token) is not None
    db.session.rollback()
    before = len(events())
    try:
        answer(school, token, session="of the one who looks")
    except LinkVoidError:
        db.session.rollback()
        assert not shown, "the page asks what no answer is taken to"
        assert len(events()) == before
        return True
    assert shown, "the page does not ask, and an answer is taken"
    return False
