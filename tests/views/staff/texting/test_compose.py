"""Sending a text from the pages: whom it reaches is seen before it goes."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from portal import clock
from portal.enums import Answer, MessageKind, Source, StaffRole
from portal.extensions import db, writing
from portal.models import Batch, Contact, Message
from portal.models.columns import id_at
from portal.queries.schools import SchoolRow
from portal.services.schools.schools import set_school
from portal.views.staff.texting.compose import AT_A_GLANCE, MOST_CONTACTS
from tests.support.audit import Page
from tests.support.client import AuditedClient, form_values
from tests.support.families import HOME, make_parent, make_student, phone, say, stop
from tests.support.people import PASSWORD, SignIn, make_account

NEW = "/oakwood/staff/texts/new"
ANA, BEN = "+14155550101", "+14155550102"


@pytest.fixture
def mateo(school: SchoolRow) -> int:
    """Has three parents: one opted in, one out, one without a Cell; and a sister."""
    mateo, lucia = make_student(school, "Mateo Ruiz"), make_student(school, "Lucia Ruiz")
    make_parent(school, "Ana Ruiz", mateo, lucia, phones=[phone(ANA)], typed=True)
    make_parent(school, "Ben Ruiz", mateo, lucia, phones=[phone(BEN)], typed=True)
    make_parent(school, "Cleo Ruiz", mateo, phones=[phone("+14155550103", HOME)], typed=True)
    stop(school, BEN)
    return mateo


def typed(client: AuditedClient, contact_id: int, **more: object) -> dict[str, object]:
    """The form as a browser would send it on."""
    page = client.page(f"{NEW}?contact={contact_id}")
    fields: dict[str, object] = dict(form_values(page, "main form"))
    fields["positions"] = ["1", "2", "3", "4"]
    return fields | {"body": "No school today.", "action": "preview"} | more


def checked(client: AuditedClient, contact_id: int, **more: object) -> dict[str, object]:
    """The fields that the page "Send this text?" would send."""
    answer = client.post(NEW, data=typed(client, contact_id, **more))
    assert answer.status_code == 200, answer.text
    fields: dict[str, object] = dict(form_values(Page(answer.text), "main form"))
    return fields | {"positions": ["1", "2", "3", "4"], "action": "send"}


def test_the_record_leads_to_a_text_to_the_parents(staff: SignIn, mateo: int) -> None:
    client = staff("editor")
    record = client.get(f"/oakwood/staff/contacts/{mateo}").text
    assert f"texts/new?contact={mateo}" in record
    assert "Mateo Ruiz&#39;s parents" in client.get(f"{NEW}?contact={mateo}").text


@pytest.mark.parametrize("body", ["opt_out", "opted_out"])
def test_a_text_may_say_the_word_for_an_opt_out(staff: SignIn, mateo: int, body: str) -> None:
    client = staff("editor")
    assert client.post(NEW, data=checked(client, mateo, body=body)).status_code == 303
    sent = db.session.scalars(select(Message.body).where(Message.number == ANA))
    assert f"Oakwood School: {body}" in set(sent)


def test_it_is_seen_who_gets_it_and_who_does_not_and_why(
    staff: SignIn, school: SchoolRow, mateo: int
) -> None:
    new, blocked, abroad = "+14155550104", "+14155550105", "+447400123456"
    make_parent(school, "Dora Ruiz", mateo, phones=[phone(new), phone(blocked, slot=1)])
    eve = make_parent(school, "Eve Ruiz", phones=[phone(abroad)], typed=True)
    say(school, blocked, Source.PARENT_FORM, Answer.YES, eve)
    say(school, blocked, Source.CARRIER, Answer.NO)
    client = staff("editor")
    everybody = {"ids": f"{mateo}.{eve}"}
    page = client.post(NEW, data=typed(client, mateo, **everybody)).text
    assert "Oakwood School: No school today." in page
    assert "Send to 1 number" in page
    assert "Counts as 1 text per number" in page
    for reason in (
        "<b>1</b> won't: Opted out",
        "<b>1</b> won't: No cell phone on file",
        "<b>1</b> won't: No answer yet",
        "<b>1</b> won't: Blocked by the carrier",
        "<b>1</b> won't: Our number can&#39;t text that country",
    ):
        assert reason in page
    assert f'data-consent="opted_out" data-number="{BEN}"' in page
    assert "A welcome text goes first" in page
    assert db.session.scalar(select(func.count()).select_from(Message)) == 0


def test_everyone_who_gets_it_is_named_at_a_glance_or_folded_when_they_are_many(
    staff: SignIn, school: SchoolRow, mateo: int
) -> None:
    client = staff("editor")
    few = Page(client.post(NEW, data=typed(client, mateo)).text)
    assert few.text(".will[open] li") == "Ana Ruiz (415) 555-0101"
    assert "Ana Ruiz" not in few.text(".wont")
    many = [
        make_parent(school, f"Pat Moss {n}", phones=[phone(f"+1415555{n:04}")], typed=True)
        for n in range(200, 200 + AT_A_GLANCE)
    ]
    ids = ".".join(map(str, [mateo, *many]))
    page = Page(client.post(NEW, data=typed(client, mateo, ids=ids)).text)
    assert page.query(".will[open]") == []
    assert len(page.query(".will li")) == AT_A_GLANCE + 1


def test_a_text_to_one_student_offers_the_parents_on_the_record_by_name(
    staff: SignIn, mateo: int
) -> None:
    client = staff("editor")
    page = client.page(f"{NEW}?contact={mateo}")
    assert [label.to_text().strip() for label in page.query(".ticks .tick")] == [
        "Parent 1, Ana Ruiz",
        "Parent 2, Ben Ruiz",
        "Parent 3, Cleo Ruiz",
    ]
    assert len(page.query("[name=positions][checked]")) == 3
    lucia = db.session.scalars(select(Contact.id).where(Contact.first_name == "Lucia")).one()
    both = client.page(f"{NEW}?contact={mateo}&contact={lucia}")
    assert len(both.query("[name=positions]")) == 4


def test_cancel_goes_back_to_the_record_that_the_text_is_for(staff: SignIn, mateo: int) -> None:
    client = staff("editor")
    check = client.post(NEW, data=typed(client, mateo)).text
    for page in (client.page(f"{NEW}?contact={mateo}"), Page(check)):
        assert f"/oakwood/staff/contacts/{mateo}" in links(page, "Cancel")
    lucia = db.session.scalars(select(Contact.id).where(Contact.first_name == "Lucia")).one()
    both = client.page(f"{NEW}?contact={mateo}&contact={lucia}")
    assert links(both, "Cancel") == ["/oakwood/staff/"]


def links(page: Page, words: str) -> list[str]:
    found = page.query(".actions a")
    return [link.attrs["href"] or "" for link in found if link.to_text().strip() == words]


def test_it_goes_when_it_is_confirmed_and_once(staff: SignIn, mateo: int) -> None:
    client = staff("editor")
    fields = checked(client, mateo)
    answers = [client.post(NEW, data=fields) for _ in range(2)]
    assert answers[0].status_code == 303
    assert answers[0].location == answers[1].location
    assert db.session.scalar(select(func.count()).select_from(Batch)) == 1
    batch = client.get(answers[0].location).text
    assert "Waiting" in batch
    assert "Opted out" in batch


def test_nothing_goes_that_was_not_looked_over(staff: SignIn, mateo: int) -> None:
    client = staff("editor")
    for key in ("", "short", "-" * 32):
        page = client.post(NEW, data=typed(client, mateo) | {"action": "send", "form_key": key})
        assert "Send this text?" in page.text
    assert db.session.scalars(select(Batch)).all() == []


def test_the_gate_is_asked_again_when_it_is_confirmed(
    staff: SignIn, school: SchoolRow, mateo: int
) -> None:
    client = staff("editor")
    fields = checked(client, mateo)
    stop(school, ANA)
    answer = client.post(NEW, data=fields, follow_redirects=True)
    assert "None of these numbers can be texted" in answer.text
    states = db.session.execute(select(Message.state, Message.reason).where(Message.number == ANA))
    assert [tuple(row) for row in states] == [("failed", "opted_out")]


def test_a_number_gets_one_text_however_many_children_and_parents_share_it(
    staff: SignIn, school: SchoolRow, mateo: int
) -> None:
    make_parent(school, "Dora Ruiz", mateo, phones=[phone(ANA)], typed=True)
    lucia = db.session.scalars(select(Contact.id).where(Contact.first_name == "Lucia")).one()
    client = staff("editor")
    both = {"ids": f"{mateo},{lucia}"}
    assert "Send to 1 number<" in client.post(NEW, data=typed(client, mateo, **both)).text
    batch = client.post(NEW, data=checked(client, mateo, **both)).location
    of_batch = (Message.number == ANA, Message.kind == MessageKind.BATCH)
    assert db.session.scalars(select(Message.body).where(*of_batch)).all() == [
        "Oakwood School: No school today."
    ]
    row = client.page(f"{batch}?show=waiting").query("tbody tr")[0].to_text()
    assert "Ana Ruiz" in row
    assert "Dora Ruiz" in row


def test_only_the_parents_at_the_chosen_positions_get_it(staff: SignIn, mateo: int) -> None:
    client = staff("editor")
    page = client.post(NEW, data=typed(client, mateo, positions=["1", "3"])).text
    assert "Send to 1 number" in page
    assert "Opted out" not in page
    nobody = client.post(NEW, data=typed(client, mateo, positions=["4"]))
    assert nobody.status_code == 422
    assert "These students have no parent in the spots you checked" in nobody.text


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"body": "   "}, "Type the text."),
        ({"body": "a" * 1600}, "Your text is 16 characters too long. The limit is 1,600"),
        ({"positions": []}, "Choose at least one of the parents."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    staff: SignIn, mateo: int, wrong: dict[str, object], message: str
) -> None:
    client = staff("editor")
    answer = client.post(NEW, data=typed(client, mateo, **wrong))
    assert answer.status_code == 422
    assert message in answer.text
    assert str(wrong.get("body", "No school today.")).strip() in answer.text


def test_a_text_is_text_wherever_it_is_shown_and_can_be_changed(staff: SignIn, mateo: int) -> None:
    client, text = staff("editor"), '<script>alert(1)</script>\r\n"Snow"'
    shown = "&lt;script&gt;alert(1)&lt;/script&gt;"
    assert shown in client.post(NEW, data=typed(client, mateo, body=text)).text
    fields = checked(client, mateo, body=text)
    page = Page(client.post(NEW, data=fields | {"action": "change", "positions": ["2"]}).text)
    assert form_values(page)["body"].splitlines() == text.splitlines()
    ticked = page.query("[name=positions][checked]")
    assert [box.attrs["value"] for box in ticked] == ["2"]
    assert shown in client.get(client.post(NEW, data=fields).location).text


def test_contacts_of_another_school_get_nothing(
    staff: SignIn, other_school: SchoolRow, mateo: int
) -> None:
    strange = make_parent(other_school, "Eve Moss", phones=[phone("+14155550199")], typed=True)
    client = staff("editor")
    assert "No one is selected" in client.get(f"{NEW}?contact={strange}").text
    fields = checked(client, mateo)
    fields["ids"] = f"{strange}"
    assert client.post(NEW, data=fields).status_code == 404
    assert db.session.scalars(select(Message)).all() == []


def test_viewers_send_nothing_and_are_offered_nothing(staff: SignIn, mateo: int) -> None:
    client = staff("viewer")
    assert "texts/new" not in client.get(f"/oakwood/staff/contacts/{mateo}").text
    assert client.get(f"{NEW}?contact={mateo}").status_code == 403


def test_where_texting_is_off_nothing_can_be_sent(staff: SignIn, mateo: int) -> None:
    client = staff("editor")
    fields = checked(client, mateo)
    with writing():
        set_school("oakwood", texting_on=False)
    page = client.get(f"{NEW}?contact={mateo}").text
    assert "Texting is turned off" in page
    assert "<textarea" not in page
    assert "texts/new" not in client.get(f"/oakwood/staff/contacts/{mateo}").text
    batch = client.post(NEW, data=fields).location
    assert set(db.session.scalars(select(Message.state))) == {"failed"}
    assert "failed: Texting is off" in client.get(batch).text


@pytest.mark.parametrize("page", ["/oakwood/staff/?q=Ruiz", "/oakwood/staff/"])
def test_a_list_of_families_leads_to_a_text_to_them(
    staff: SignIn, school: SchoolRow, mateo: int, page: str
) -> None:
    with writing():
        db.session.execute(update(Contact).values(origin="form"))
    client = staff("editor")
    fields = client.form(page, "main form[action$=new]")
    assert "the parents of 2 students" in client.post(NEW, data=fields).text
    assert "texts/new" not in staff("viewer").get(page).text


def test_nothing_typed_to_thousands_is_lost_with_the_session(
    client: AuditedClient, school: SchoolRow, mateo: int
) -> None:
    make_account("pat@oakwood.example", "oakwood", StaffRole.EDITOR)
    token = client.form("/staff/sign-in")["csrf_token"]
    ids = ".".join(str(id_at(clock.now()) + n) for n in range(MOST_CONTACTS - 1))
    text = {
        "ids": f"{mateo}.{ids}",
        "body": ("\u2744 " * 800).strip(),
        "positions": "2",
        "csrf_token": token,
    }
    sent = client.post(NEW, data=text | {"action": "send"})
    assert sent.status_code == 401
    who = {"email": "pat@oakwood.example", "password": PASSWORD}
    kept = client.post("/staff/sign-in", data=form_values(Page(sent.text)) | who)
    back = client.post(NEW, data=form_values(Page(kept.text)))
    assert "Not sent yet." in back.text
    assert form_values(Page(back.text))["body"] == text["body"]
    assert db.session.scalars(select(Batch)).all() == []


def test_outside_of_the_send_window_it_is_said_when_it_goes(staff: SignIn, mateo: int) -> None:
    with writing():
        set_school("oakwood", send_window="00:00-00:01")
    client = staff("editor")
    page = client.post(NEW, data=typed(client, mateo)).text
    assert "Texts only go out between 12:00 AM and 12:01 AM" in page


def test_a_text_for_later_says_when_it_goes_and_until_when(staff: SignIn, mateo: int) -> None:
    client = staff("editor")
    page = client.post(NEW, data=typed(client, mateo)).text
    assert "It goes out right away." in page
    there = clock.local(clock.now() + timedelta(days=1), "America/Los_Angeles")
    tomorrow = {"send_at": f"{there:%Y-%m-%d}T12:00"}
    page = client.post(NEW, data=typed(client, mateo, **tomorrow)).text
    assert "12:00 PM. Anyone who opts out before then" in page
    assert "gone out by" in page
    batch = client.get(client.post(NEW, data=checked(client, mateo, **tomorrow)).location).text
    assert "It will go out" in batch
    assert db.session.scalars(select(Batch.send_at)).one() is not None


def test_a_time_that_cannot_be_is_said_beside_its_field(staff: SignIn, mateo: int) -> None:
    client = staff("editor")
    answer = client.post(NEW, data=typed(client, mateo, send_at="2020-01-01T08:00"))
    assert answer.status_code == 422
    page = Page(answer.text)
    assert "has passed" in page.text("#send_at-error")
    assert page.query("details[open] #send_at[value='2020-01-01T08:00']")


def test_an_editors_emergency_is_sent_by_an_admin_from_its_page(staff: SignIn, mateo: int) -> None:
    editor, admin = staff("editor"), staff("admin", name="Ada Lane")
    emergency = {"emergency": "y", "purpose": "Lockdown"}
    check = editor.post(NEW, data=typed(editor, mateo, **emergency)).text
    assert "as soon as an admin approves it" in check
    assert "It still goes only to numbers that are opted in" in check
    batch = editor.post(NEW, data=checked(editor, mateo, **emergency)).location
    assert "Approve and send now" not in editor.get(batch).text
    token = form_values(editor.page(batch), "main form")
    assert editor.post(f"{batch}/approve", data=token).status_code == 403
    assert "waiting for an admin: <bdi>Lockdown" in admin.get("/oakwood/staff/").text
    form = form_values(admin.page(batch), "form[action$=approve]")
    page = admin.post(f"{batch}/approve", data=form, follow_redirects=True).text
    assert "Approved. The emergency text is going out now." in page
    assert "approved by <bdi>Ada Lane</bdi>" in page
    assert "waiting for an admin" not in admin.get("/oakwood/staff/").text


def test_an_emergency_that_is_stopped_asks_no_admin_anymore(staff: SignIn, mateo: int) -> None:
    client = staff("editor")
    emergency = {"emergency": "y", "purpose": "Lockdown"}
    batch = client.post(NEW, data=checked(client, mateo, **emergency)).location
    token = form_values(client.page(batch), "form[action$=cancel]")
    client.post(f"{batch}/cancel", data=token)
    assert "waiting for an admin" not in client.get("/oakwood/staff/").text
