"""The contact form from the parent's side: what is shown, refused, kept and said."""

import pytest

from tests.support.audit import Page
from tests.support.client import AuditedClient
from tests.support.contact_form import (
    BEN,
    PATH,
    PRIMARY,
    RUIZ,
    complaints,
    hidden,
    phone,
    send,
    sent,
)

pytestmark = pytest.mark.usefixtures("school")


def test_the_question_names_the_school_its_number_and_the_terms(client: AuditedClient) -> None:
    question = client.page(PATH).query("#parent1-primary_phone .consent")[0].to_text()
    for said in (
        "Oakwood School",
        "(206) 555-0147",
        "a month",
        "Message and data rates may apply",
        "STOP",
        "HELP",
        "If you say no, nothing else at school changes",
    ):
        assert said in question


def test_neither_answer_and_no_type_is_chosen_beforehand(client: AuditedClient) -> None:
    page = client.page(PATH)
    assert len(page.query("input[type=radio][name$=consent]")) >= 2
    assert not page.query("input[checked]")


def test_a_complete_form_is_accepted_and_said_back_in_words(client: AuditedClient) -> None:
    response = send(client, RUIZ | BEN)
    assert response.status_code == 303
    said = client.page(response.location).text("main")
    assert "Mateo Ruiz" in said
    assert "(415) 555-0182" in said
    assert "You said yes" in " ".join(said.split())
    assert "You said no" in " ".join(said.split())


def test_an_empty_form_names_everything_that_is_required_at_once(client: AuditedClient) -> None:
    response = send(client, {})
    assert response.status_code == 422
    assert set(complaints(response)) == {
        "child1-first_name",
        "child1-last_name",
        "parent1-first_name",
        "parent1-last_name",
        "parent1-email",
        f"{PRIMARY}-number",
    }


WRONG = (
    ({f"{PRIMARY}-consent": ""}, f"{PRIMARY}-consent", "Choose Yes or No"),
    ({f"{PRIMARY}-consent": "maybe"}, f"{PRIMARY}-consent", "Choose Yes or No"),
    ({f"{PRIMARY}-number": "555 01"}, f"{PRIMARY}-number", "too short"),
    ({f"{PRIMARY}-number": "415 555 01822 22"}, f"{PRIMARY}-number", "too long"),
    ({f"{PRIMARY}-number": "415 155 0182"}, f"{PRIMARY}-number", "working phone number"),
    ({f"{PRIMARY}-number": "1-800-FLOWERS"}, f"{PRIMARY}-number", "only digits"),
    ({f"{PRIMARY}-number": "📱📱"}, f"{PRIMARY}-number", "(206) 555-0147"),
    ({f"{PRIMARY}-extension": "12"}, f"{PRIMARY}-extension", "don't have extensions"),
    ({f"{PRIMARY}-number": ""}, f"{PRIMARY}-number", "Enter a phone number"),
    ({f"{PRIMARY}-type": ""}, f"{PRIMARY}-type", "Choose Cell, Home, or Work"),
    ({f"{PRIMARY}-type": "fax"}, f"{PRIMARY}-type", "Choose Cell, Home, or Work"),
    (
        phone("other_phone", "home", "415 555 0199") | {"parent1-other_phone-extension": "a"},
        "parent1-other_phone-extension",
        "only digits",
    ),
    ({"parent1-email": "ana.ruiz@example"}, "parent1-email", "name@example.com"),
    ({"parent1-email": "ana ruiz@example.com"}, "parent1-email", "name@example.com"),
    ({"parent1-email": "pat\u2013smith@example.com"}, "parent1-email", "Remove “\u2013” from"),
    ({"parent1-email": "\u2022pat@example.com"}, "parent1-email", "Remove “\u2022” from"),
    ({"parent1-email": "pat\U0001f98a@example.com"}, "parent1-email", "Remove “\U0001f98a” from"),
    ({"parent1-email": "\u3164"}, "parent1-email", "Enter your email address"),
    ({"parent1-email": "pat@my\u2013school.example"}, "parent1-email", "name@example.com"),
    ({"child1-first_name": "\u3164"}, "child1-first_name", "Enter the child's first name."),
    ({"child1-first_name": "\u2800\ufe0f"}, "child1-first_name", "Enter the child's first name."),
    ({"parent1-last_name": "\U000e0041"}, "parent1-last_name", "Enter your last name."),
    ({"parent1-last_name": "\u200d\u115f\ufffc"}, "parent1-last_name", "Enter your last name."),
    ({"child1-first_name": "x" * 300}, "child1-first_name", "100 letters or fewer"),
    ({"child1-first_name": "Ma\x00teo"}, "child1-first_name", "hidden character we can't save"),
    ({"child1-first_name": "Ma\x07teo"}, "child1-first_name", "hidden character we can't save"),
    ({"child1-first_name": "😀"}, "child1-first_name", "Use letters"),
    ({"child1-grade": "13"}, "child1-grade", "from the list"),
    ({"parent1-relationship": "boss"}, "parent1-relationship", "from the list"),
    ({"parent2-last_name": "!"}, "parent2-last_name", "last name"),
)
"""(what is typed instead, the field that is wrong, what is said about it)"""


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    client: AuditedClient,
) -> None:
    sheet = hidden(client)
    for changes, field, words in WRONG:
        typed = RUIZ | changes
        response = send(client, typed, sheet)
        assert response.status_code == 422, changes
        assert list(complaints(response)) == [field]
        assert words in complaints(response)[field]
        page = Page(response.text)
        assert page.query(f"[id='{field}']"), f"the summary's link to {field} leads nowhere"
        assert words in page.text(f"[id='{field}-error']")
        for name in ("child1-last_name", "parent1-last_name", f"{PRIMARY}-extension"):
            if typed.get(name):
                assert page.query(f"[id='{name}']")[0].attrs["value"] == typed[name]
        if typed[f"{PRIMARY}-consent"] == "yes":
            assert "checked" in page.query(f"[id='{PRIMARY}-consent']")[0].attrs


def test_numbers_are_taken_as_people_write_them(client: AuditedClient) -> None:
    for number, shown in (
        ("+52 55 1234 5678", "011 52 55 1234 5678"),
        ("+44 7400 123456", "011 44 7400 123456"),
        ("４１５５５５０１８２", "(415) 555-0182"),
        ("415.555.0182", "(415) 555-0182"),
        ("\u202a+1 415-555-0182\u202c", "(415) 555-0182"),
    ):
        response = send(client, RUIZ | {f"{PRIMARY}-number": number})
        assert shown in client.page(response.location).text("main")


NAMES = ("O'Brien", "Núñez-Ågård", "محمد", "李小龍", "Zoë 🌻", "Nguyễn", "<script>x</script>")


def test_names_are_kept_as_they_are_written(client: AuditedClient) -> None:
    for name in NAMES:
        response = send(client, RUIZ | {"child1-first_name": name})
        assert response.status_code == 303
        assert name in client.page(response.location).text("main")


def test_an_answer_sent_along_with_home_is_dropped(client: AuditedClient) -> None:
    response = send(client, RUIZ | {f"{PRIMARY}-type": "home"})
    assert response.status_code == 303
    assert "You said" not in client.page(response.location).text("main")


def test_one_number_in_two_slots_or_on_two_parents_is_accepted(client: AuditedClient) -> None:
    twice = phone("secondary_phone", "cell", "415-555-0182", "no")
    on_ben = phone("primary_phone", "cell", "+14155550182", "yes", parent=2)
    sent(client, RUIZ | twice)
    sent(client, RUIZ | BEN | on_ben)


def test_the_same_post_again_is_the_same_submission(client: AuditedClient) -> None:
    from portal.extensions import db
    from portal.models import Contact, Submission

    sheet = hidden(client)
    sent(client, RUIZ, sheet)
    sent(client, RUIZ, sheet)
    assert db.session.query(Submission).count() == 1
    assert db.session.query(Contact).count() == 2


def test_an_expired_token_brings_the_form_back_with_everything_typed(
    client: AuditedClient,
) -> None:
    for broken in ("csrf_token", "form_token"):
        response = send(client, RUIZ, hidden(client) | {broken: "expired"})
        assert response.status_code == 422
        page = Page(response.text)
        assert "Your answers are still here" in page.text("#error-summary")
        assert page.query("[id='child1-first_name']")[0].attrs["value"] == "Mateo"
        again = {
            i.attrs["name"]: i.attrs["value"] or "" for i in page.query("main input[type=hidden]")
        }
        sent(client, RUIZ, again)


def test_a_session_that_is_gone_brings_the_form_back(client: AuditedClient) -> None:
    sheet = hidden(client)
    client.delete_cookie("portal")
    response = send(client, RUIZ, sheet)
    assert response.status_code == 422
    assert Page(response.text).query("[id='parent1-email']")[0].attrs["value"] == (
        "ana.ruiz@example.com"
    )


@pytest.mark.parametrize("number", ["\u00b2", "\u0663", "9" * 5000])
def test_a_block_with_an_odd_number_is_passed_over_when_a_child_is_added(
    client: AuditedClient, number: str
) -> None:
    odd = {f"child{number}-first_name": "Ana", "action": "add:child"}
    assert client.post(PATH, data=hidden(client) | RUIZ | odd).status_code == 200


def test_add_and_remove_work_without_a_script(client: AuditedClient) -> None:
    more = client.post(PATH, data=hidden(client) | RUIZ | {"action": "add:child"})
    assert more.status_code == 200
    assert Page(more.text).query("fieldset[id='child2']")
    two = RUIZ | phone("secondary_phone", "cell", "")
    less = client.post(
        PATH, data=hidden(client) | two | {"action": "remove:parent1-secondary_phone"}
    )
    assert not Page(less.text).query("input[checked][name='parent1-secondary_phone-type']")
    assert Page(less.text).query("[id='child1-first_name']")[0].attrs["value"] == "Mateo"


def test_changed_words_of_the_question_are_asked_afresh(client: AuditedClient) -> None:
    response = send(client, RUIZ, hidden(client) | {"wording": "0" * 64})
    assert response.status_code == 422
    assert "changed the wording" in complaints(response)[f"{PRIMARY}-consent"]


def test_a_form_that_is_too_large_is_refused(client: AuditedClient) -> None:
    assert send(client, RUIZ | {"x": "y" * 300_000}).status_code == 413


def test_thank_you_pages_are_for_the_session_that_sent_the_form(
    client: AuditedClient, app: object
) -> None:
    sent(client, RUIZ)
    client.delete_cookie("portal")
    assert "Mateo" not in client.page("/oakwood/forms/contact/sent").text("main")


def test_the_schools_pages_are_there(client: AuditedClient) -> None:
    for path in ("/oakwood/", "/oakwood/privacy", "/oakwood/terms"):
        assert "Oakwood School" in client.page(path).text("main")


def test_what_does_not_exist_is_not_found(client: AuditedClient) -> None:
    for path in ("/nowhere/", "/nowhere/forms/contact", "/oakwood/forms/other"):
        assert client.get(path).status_code == 404


def test_what_came_with_a_blank_phone_comes_back_with_it(client: AuditedClient) -> None:
    second = "parent1-secondary_phone"
    for typed in ({f"{second}-consent": "no"}, {f"{second}-number": " "}, {}):
        answer = client.post(PATH, data=hidden(client) | {"parent1-email": "x"} | typed)
        block = Page(answer.text).query(f"#{second}")[0]
        values = {i.attrs["name"]: i.attrs.get("value") for i in block.query("input[checked]")}
        number = block.query("input[type=tel]")[0]
        values |= {number.attrs["name"]: v} if (v := number.attrs.get("value")) else {}
        assert values == typed
