"""Staff review the noes that came in a burst."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.consent import gate
from portal.enums import Answer, MessageFault, Source
from portal.extensions import db, writing
from portal.models import ConsentEvent, ConsentEvidence, FormOptOut, Mail, Submission
from portal.queries.schools import SchoolRow
from portal.services.contacts.phones import enter_phones
from portal.services.intake import answer_reviews, form_opt_outs
from portal.services.intake.submissions import Receipt
from tests.support.audit import Page
from tests.support.burst import hold
from tests.support.client import AuditedClient, form_values
from tests.support.families import make_parent, make_student, phone, say, stop
from tests.support.intake import NO, cell, parent, ruiz
from tests.support.people import SignIn

PATH = "/oakwood/staff/waiting-answers"
NUMBERS = [f"+1415555{3000 + n}" for n in range(4)]
HERE, THERE = "203.0.113.7", "203.0.113.8"


@pytest.fixture
def held(school: SchoolRow) -> list[int]:
    """Four parents are opted in; strangers' noes about them wait: three from here, one from
    there."""
    for n, number in enumerate(NUMBERS):
        make_parent(
            school,
            f"Ana{n} Ruiz",
            make_student(school, f"Kim{n} Ruiz"),
            email=f"ana{n}@example.com",
            phones=[phone(number)],
            typed=True,
        )
    return [*hold(school, NUMBERS[:3], HERE), *hold(school, NUMBERS[3:], THERE)]


@pytest.fixture
def editor(staff: SignIn, held: list[int]) -> AuditedClient:
    return staff("editor")


def decide(client: AuditedClient, verb: str, what: object, **more: object) -> str:
    answer = post(client, verb, what, **more)
    assert answer.status_code == 303
    return client.page(PATH).text("main, [role=status], [role=alert]")


def post(client: AuditedClient, verb: str, what: object, **more: object) -> TestResponse:
    token = {"csrf_token": form_values(client.page(PATH), "form[method=post]")["csrf_token"]}
    newest = max(db.session.scalars(select(FormOptOut.id)))
    data = token | {"newest": newest} | more | {verb: what}
    return client.post(PATH, data=data)


def states() -> list[str]:
    return list(db.session.scalars(select(FormOptOut.state).order_by(FormOptOut.id)))


def faults(school: SchoolRow) -> list[MessageFault | None]:
    db.session.rollback()
    return [gate.preview(school.id, [number])[number] for number in NUMBERS]


def test_the_page_groups_them_by_network_with_number_record_and_time(
    editor: AuditedClient, school: SchoolRow
) -> None:
    page = editor.page(PATH)
    titles = [h.to_text() for h in page.query("main h2")]
    assert titles == [
        f"3 answers from internet address {HERE}",
        f"1 answer from internet address {THERE}",
    ]
    text = page.text("main")
    assert "(415) 555-3000" in text
    assert "Ana0 Ruiz" in text
    assert "Sent by Eve Moss" in text


def test_the_overview_says_how_many_and_the_record_shows_it_beside_the_circle(
    editor: AuditedClient, staff: SignIn, school: SchoolRow
) -> None:
    assert "“No” answers to review: 4" in editor.page("/oakwood/staff/").text("main")
    link = editor.page("/oakwood/staff/?q=Ana0").query("main a[href*=contacts]")[0].attrs["href"]
    assert link is not None
    record = editor.page(link)
    assert "“No” answer to review" in record.text("main")
    assert record.query("[data-consent=opted_in]")
    viewer = staff("viewer")
    assert "“No” answers to review: 4" in viewer.page("/oakwood/staff/").text("main")
    assert viewer.get(PATH).status_code == 403


def test_a_confirmed_no_is_recorded_with_its_own_time_and_question(
    editor: AuditedClient, school: SchoolRow, held: list[int]
) -> None:
    said_at = db.session.scalar(select(FormOptOut.said_at).where(FormOptOut.id == held[0]))
    assert "Confirmed 1 answer" in decide(editor, "confirm", held[0])
    event = db.session.scalars(
        select(ConsentEvent).where(ConsentEvent.number == NUMBERS[0]).order_by(ConsentEvent.seq)
    ).all()[-1]
    assert (event.answer, event.source, event.state) == ("no", "public_form", "opted_out")
    assert event.happened_at == said_at
    assert event.recorded_at > event.happened_at
    assert event.wording_id is not None
    evidence = db.session.get_one(ConsentEvidence, (school.id, NUMBERS[0], event.seq))
    assert evidence.content["confirmed_by"] == "Pat Fields"
    assert evidence.content["ip"] == HERE
    assert states() == ["confirmed", "waiting", "waiting", "waiting"]
    assert faults(school)[:2] == [MessageFault.OPTED_OUT, MessageFault.NO_WAITING]
    told = [m.subject for m in mails("owner_notice", "ana0@example.com")]
    assert told == ["Texts from Oakwood School are on hold", "Texts from Oakwood School are off"]


def test_a_discarded_no_changes_nothing_and_is_in_the_history(
    editor: AuditedClient, school: SchoolRow, held: list[int]
) -> None:
    assert "Discarded 1 answer" in decide(editor, "discard", held[0])
    assert faults(school)[:2] == [None, MessageFault.NO_WAITING]
    link = editor.page("/oakwood/staff/?q=Ana0").query("main a[href*=contacts]")[0].attrs["href"]
    assert "No to texts from a form, discarded: (415) 555-3000" in editor.page(link or "").text(
        "main"
    )


def mails(kind: str, to: str) -> list[Mail]:
    found = select(Mail).where(Mail.kind == kind, Mail.to_address == to).order_by(Mail.id)
    return list(db.session.scalars(found))


@pytest.mark.parametrize(
    ("what", "decided"),
    [
        ("selected", [1, 3]),
        ("sender:{}", [0, 1, 2]),
        ("network:{}", [0, 1, 2]),
    ],
)
@pytest.mark.parametrize(("verb", "state"), [("confirm", "confirmed"), ("discard", "discarded")])
def test_selected_ones_or_all_of_a_sender_or_network_are_decided_together(
    editor: AuditedClient, held: list[int], what: str, decided: list[int], verb: str, state: str
) -> None:
    decide(editor, verb, what.format(held[1]), chosen=[held[1], held[3]])
    assert states() == [state if n in decided else "waiting" for n in range(4)]


def test_what_came_in_after_the_page_was_made_is_not_decided(
    editor: AuditedClient, school: SchoolRow, held: list[int]
) -> None:
    decide(editor, "discard", f"network:{held[0]}", newest=held[1])
    assert states() == ["discarded", "discarded", "waiting", "waiting"]


@pytest.mark.parametrize(
    "what", ["", "x", "selected", "-1", "network:", "network:x", "sender:", "1" * 30]
)
def test_a_choice_that_is_none_is_told_in_words(
    editor: AuditedClient, held: list[int], what: str
) -> None:
    for verb in ("confirm", "discard"):
        assert "Nothing was changed" in decide(editor, verb, what)
    assert set(states()) == {"waiting"}


def test_what_is_decided_already_is_told_in_words_and_decided_once(
    editor: AuditedClient, held: list[int]
) -> None:
    decide(editor, "confirm", held[0])
    for what in (held[0], f"sender:{held[0]}"):
        said = decide(editor, "discard", what, newest=held[0])
        assert "Nothing was changed" in said
    assert "Nothing was changed" in decide(editor, "confirm", "selected", chosen=held[:2])
    assert states() == ["confirmed", "waiting", "waiting", "waiting"]


def test_another_schools_id_is_not_found(
    editor: AuditedClient, other_school: SchoolRow, held: list[int]
) -> None:
    [theirs] = hold(other_school, ["+14155553099"], HERE)
    for what in (theirs, f"network:{theirs}", f"sender:{theirs}", "selected"):
        for verb in ("confirm", "discard"):
            assert post(editor, verb, what, chosen=[held[0], theirs]).status_code == 404
    assert set(states()) == {"waiting"}


def test_staff_are_told_what_their_review_changed_and_nothing_else(
    editor: AuditedClient, school: SchoolRow, held: list[int]
) -> None:
    stop(school, NUMBERS[0])
    chosen = decide(editor, "confirm", "selected", chosen=held[:2])
    assert "Confirmed 2 answers. 1 number is opted out now." in chosen
    assert "emailing" not in decide(editor, "discard", held[2]), "nobody knows by whom it is"


def test_more_than_fit_one_transaction_are_decided_in_turns(
    editor: AuditedClient, held: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_reviews, "CONFIRMED_AT_ONCE", 2)
    assert "1 more are waiting" in decide(editor, "confirm", f"network:{held[0]}")
    assert states() == ["confirmed", "confirmed", "waiting", "waiting"]


def test_a_no_is_not_lost_with_the_record_that_has_its_number(
    editor: AuditedClient, school: SchoolRow, held: list[int]
) -> None:
    link = editor.page("/oakwood/staff/?q=Ana0").query("main a[href*=contacts]")[-1].attrs["href"]
    parent_id = int((link or "").rsplit("/", 1)[-1])
    with writing():
        enter_phones(school, parent_id, [], "account:1")
    assert "No record" in editor.page(PATH).text("main")
    assert faults(school)[0] is MessageFault.NO_WAITING
    assert "Confirmed 1 answer" in decide(editor, "confirm", held[0])
    assert faults(school)[0] is MessageFault.OPTED_OUT


def test_a_no_that_a_parents_yes_came_after_is_confirmed_without_effect_and_said_so(
    editor: AuditedClient, school: SchoolRow, held: list[int]
) -> None:
    """A yes on paper's way, as it were: it was taken in elsewhere, and did not end the wait."""
    say(school, NUMBERS[0], Source.HANDSET, Answer.YES)
    assert "is still opted in" in decide(editor, "confirm", held[0])


def test_whoever_sent_a_discarded_one_is_emailed_what_they_can_do(
    staff: SignIn,
    school: SchoolRow,
    take_form: Callable[..., Receipt],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(form_opt_outs, "is_unusual", lambda *_: True)
    make_parent(school, "Bea Moss", email="Ana@Example.com")
    take_form(
        ruiz(
            parent(
                "Ana",
                "ana@example.com",
                cell(NUMBERS[0], NO),
            )
        )
    )
    [answer_id] = db.session.scalars(select(FormOptOut.id))
    said = decide(staff("editor"), "discard", answer_id)
    assert "Discarded 1 answer. We're emailing 1 sender." in said
    [mail] = db.session.scalars(select(Mail).where(Mail.kind == "discarded"))
    assert mail.to_address == "Ana@Example.com", "the address on file, and not as it was typed"
    assert mail.subject == "Oakwood School did not use your answer about texts"
    assert "(415) 555-3000" in mail.body
    assert "text STOP from that phone to (206) 555-0147" in mail.body
    assert db.session.scalar(select(Submission.id)) is not None


@pytest.fixture
def take_form(school: SchoolRow) -> Callable[..., Receipt]:
    from portal.consent.wording import consent_wording
    from portal.services.intake import receive
    from portal.services.intake.receive import FormContext

    def take(answers: object) -> Receipt:
        wording = consent_wording(school.name, school.texting_number, school.country)
        sent = FormContext(
            "a" * 32, "one", "en", {"ip": HERE, "browser": "", "name": "Ana"}, wording
        )
        with writing():
            return receive.receive_form(school, answers, sent)  # type: ignore[arg-type]

    return take


def test_with_nothing_to_review_the_page_says_so(staff: SignIn, school: SchoolRow) -> None:
    assert "Nothing to review" in Page(staff("editor").get(PATH).text).text("main")
    assert "answers to review" not in staff("editor").page("/oakwood/staff/").text("main")
