"""The question about another adult's phone says whose it is, and the ledger knows whom it named."""

import pytest
from sqlalchemy import select

from portal.extensions import db
from portal.models import ConsentEvent, ConsentEvidence, Submission, Wording
from portal.queries.schools import SchoolRow
from portal.services.proposals.propose import kept_question
from tests.support.audit import Page
from tests.support.client import AuditedClient
from tests.support.contact_form import BEN, PATH, PRIMARY, RUIZ, complaints, hidden, send, sent
from tests.support.families import make_parent, make_student

pytestmark = pytest.mark.usefixtures("school")
BENS, NAMED = "+14155550183", {"parent2-asked": "Ben"}


def asked(number: str) -> tuple[str, str | None]:
    """The question that the newest event of a number keeps, and whom its evidence says it named."""
    event = db.session.scalars(select(ConsentEvent).where(ConsentEvent.number == number)).one()
    wording = db.session.get_one(Wording, (event.school_id, event.wording_id))
    evidence = db.session.scalars(
        select(ConsentEvidence).where(ConsentEvidence.number == number)
    ).one()
    return wording.text.splitlines()[0], evidence.content.get("asked_about")


def legend(page: Page, block: str) -> str:
    return page.text(f"#{block}-primary_phone .consent legend").replace(" 's", "'s")


def test_the_ledger_keeps_the_question_without_the_name_and_the_name_as_evidence(
    client: AuditedClient,
) -> None:
    sent(client, RUIZ | BEN, hidden(client) | NAMED)
    assert asked("+14155550182") == ("May Oakwood School text this number?", None)
    assert asked(BENS) == ("May Oakwood School text [name]'s number?", "Ben")


def test_a_page_without_a_script_names_nobody_and_says_so(client: AuditedClient) -> None:
    assert legend(client.page(PATH), "parent2") == "May Oakwood School text this parent's number?"
    sent(client, RUIZ | BEN)
    assert asked(BENS) == ("May Oakwood School text [name]'s number?", "this parent")


def test_a_form_that_comes_back_names_whom_it_holds(client: AuditedClient) -> None:
    page = Page(send(client, RUIZ | BEN | {"child1-first_name": "", "child1-last_name": ""}).text)
    assert legend(page, "parent1") == "May Oakwood School text this number?"
    assert legend(page, "parent2") == "May Oakwood School text Ben's number?"
    assert page.query("input[name=parent2-asked]")[0].attrs["value"] == "Ben"


def test_where_another_name_was_shown_that_question_is_asked_again(client: AuditedClient) -> None:
    answer = send(client, RUIZ | BEN, hidden(client) | {"parent2-asked": "Rob"})
    assert answer.status_code == 422
    assert list(complaints(answer)) == ["parent2-primary_phone-consent"]


@pytest.mark.parametrize("id", ["", "0" * 64])
def test_where_its_words_are_others_by_now_it_is_asked_again(
    client: AuditedClient, id: str
) -> None:
    answer = send(client, RUIZ | BEN, hidden(client) | {"wording-of-another": id})
    assert answer.status_code == 422
    assert list(complaints(answer)) == ["parent2-primary_phone-consent"]
    sent(client, RUIZ, hidden(client) | {"wording-of-another": id})


def test_a_number_that_is_the_senders_too_was_asked_about_as_theirs(client: AuditedClient) -> None:
    shared = {"parent2-primary_phone-number": RUIZ[f"{PRIMARY}-number"]}
    sent(client, RUIZ | BEN | shared, hidden(client) | NAMED)
    events = db.session.scalars(select(ConsentEvent)).all()
    assert len({event.wording_id for event in events}) == 1


def test_an_answer_that_waits_keeps_the_question_that_it_was_given_to(
    client: AuditedClient, school: SchoolRow
) -> None:
    make_parent(school, "Ana Ruiz", make_student(school, "Mateo Ruiz"), email=RUIZ["parent1-email"])
    yes = {"parent2-primary_phone-consent": "yes"}
    sent(client, RUIZ | BEN | yes, hidden(client) | NAMED)
    form = db.session.scalars(select(Submission)).one()
    (kept, named), (own, nobody) = kept_question(form, BENS), kept_question(form, "+14155550182")
    assert kept is not None
    assert own == (form.wording_id, "en")
    wording = db.session.get_one(Wording, (school.id, kept[0]))
    assert wording.text.startswith("May Oakwood School text [name]'s number?")
    assert (named, nobody) == ({"asked_about": "Ben"}, {})
