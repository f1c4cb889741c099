"""Two switches for each parent and child: texts about the child, and seeing the child."""

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.consent import gate
from portal.enums import MessageFault
from portal.extensions import db, writing
from portal.models import Mail, Message, MessageContact, ParentRestriction, RecordEdit
from portal.queries.records.household import household
from portal.queries.records.invitations import CampaignChoice, next_parents
from portal.queries.schools import SchoolRow
from portal.queries.texting.not_reached import not_reached
from portal.queries.texting.recipients import recipients
from portal.services.accounts import parent_sessions, parent_sign_in
from portal.services.actor import COMMAND, Actor
from portal.services.contacts import add, contacts, edit, restrictions
from portal.services.texting import queue as text_queue
from portal.services.texting import send as texting
from tests.support.client import AuditedClient, form_values
from tests.support.contact_form import PATH
from tests.support.families import make_parent, make_student, phone, stop
from tests.support.people import SignIn, newest_code, newest_mail, parent_signed_in

ANA, BEN = "+14155550101", "+14155550102"
PAT = Actor("account:1", "Pat Fields")


def switch(
    school: SchoolRow, child: int, parent: int, texts: bool = True, see: bool = True
) -> None:
    with writing():
        restrictions.set_switches(school, child, parent, texts, see, "Court order", PAT)


@pytest.fixture
def mia(school: SchoolRow) -> int:
    return make_student(school, "Mia Ruiz")


@pytest.fixture
def leo(school: SchoolRow) -> int:
    return make_student(school, "Leo Ruiz")


@pytest.fixture
def ana(school: SchoolRow, mia: int) -> int:
    return make_parent(
        school, "Ana Ruiz", mia, email="ana@example.com", phones=[phone(ANA)], typed=True
    )


@pytest.fixture
def ben(school: SchoolRow, mia: int, ana: int) -> int:
    return make_parent(
        school, "Ben Ruiz", mia, email="ben@example.com", phones=[phone(BEN)], typed=True
    )


def faults(school: SchoolRow, *chosen: int) -> dict[str | None, str | None]:
    return {row.number: row.fault for row in recipients(school, chosen)}


class TestTexts:
    def test_a_text_about_a_child_goes_to_the_parents_with_the_switch_on(
        self, school: SchoolRow, mia: int, ana: int, ben: int
    ) -> None:
        switch(school, mia, ben, texts=False)
        assert faults(school, mia) == {ANA: None, BEN: MessageFault.SWITCHED_OFF}
        assert faults(school, ben) == {BEN: MessageFault.SWITCHED_OFF}, "chosen by name"

    def test_a_sibling_is_a_reason_of_its_own(
        self, school: SchoolRow, mia: int, leo: int, ana: int, ben: int
    ) -> None:
        with writing():
            contacts.link_parent(school.id, leo, ben, 1, None)
        switch(school, mia, ben, texts=False)
        assert faults(school, mia)[BEN] is MessageFault.SWITCHED_OFF
        assert faults(school, leo)[BEN] is None
        assert faults(school, mia, leo)[BEN] is None
        assert faults(school, ben)[BEN] is None

    def test_a_shared_number_is_texted_for_the_other_parent_alone(
        self, school: SchoolRow, mia: int, ana: int
    ) -> None:
        cy = make_parent(school, "Cy Ruiz", mia, phones=[phone(ANA)])
        switch(school, mia, cy, texts=False)
        with writing():
            result = texting.send(school, PAT, "f" * 32, "Mia", [mia], typed="Come at 3.")
        assert (result.queued, result.refused) == (1, 0)
        batch = select(Message.id).where(Message.kind == "batch")
        about = select(MessageContact.contact_id).where(MessageContact.message_id.in_(batch))
        assert set(db.session.scalars(about)) == {ana}

    def test_it_is_checked_again_when_the_text_is_sent(
        self, school: SchoolRow, mia: int, ana: int, ben: int
    ) -> None:
        with writing():
            result = texting.send(school, PAT, "f" * 32, "Mia", [mia], typed="Come at 3.")
        assert result.queued == 2
        switch(school, mia, ben, texts=False)
        while True:
            with writing():
                claimed = text_queue.claim_next()
                if claimed is None:
                    break
                if isinstance(claimed, text_queue.ClaimedMessage):
                    db.session.get_one(Message, (school.id, claimed.id)).state = "sent"
        texts = select(Message.number, Message.state, Message.reason).where(Message.kind == "batch")
        assert set(db.session.execute(texts).all()) == {
            (ANA, "sent", None),
            (BEN, "failed", "switched_off"),
        }

    def test_a_conversation_offers_no_reply_and_takes_none(
        self, school: SchoolRow, staff: SignIn, mia: int, ben: int
    ) -> None:
        client, path = staff("editor"), f"/oakwood/staff/texts/numbers/{BEN[1:]}"
        fields = client.form(path, "#reply form") | {"body": "See you at 3."}
        switch(school, mia, ben, texts=False)
        assert not client.page(path).query("#reply form")
        assert client.post(path, data=fields).status_code == 422
        db.session.rollback()
        assert db.session.scalars(select(Message)).all() == []

    def test_what_the_batch_was_about_decides_when_the_text_is_sent(
        self, school: SchoolRow, mia: int, leo: int, ana: int, ben: int
    ) -> None:
        with writing():
            contacts.link_parent(school.id, leo, ben, 1, None)
        for chosen, reason in ((mia, "switched_off"), (leo, None)):
            switch(school, mia, ben)
            with writing():
                batch = texting.send(school, PAT, f"{chosen:032}", "", [chosen], typed="At 3.")
            switch(school, mia, ben, texts=False)
            text = select(Message).where(Message.batch_id == batch.batch_id, Message.number == BEN)
            with writing():
                message = db.session.scalars(text).one()
                found = gate.authorize(school.id, BEN, message_id=message.id)
            assert (found if reason else isinstance(found, gate.SendPermit)) == (reason or True)

    def test_a_command_sends_none_either(self, school: SchoolRow, mia: int, ben: int) -> None:
        switch(school, mia, ben, texts=False)
        with writing():
            fault = texting.send_to_number(school, COMMAND, BEN, "Come at 3.")
        assert fault is MessageFault.SWITCHED_OFF


class TestSight:
    def test_the_child_is_on_no_page_of_the_parent(
        self, app: Flask, school: SchoolRow, mia: int, leo: int, ana: int, ben: int
    ) -> None:
        with writing():
            contacts.link_parent(school.id, leo, ben, 1, None)
        browser = parent_signed_in(app, "ben@example.com")
        assert "Mia" in browser.get("/oakwood/household").text
        switch(school, mia, ben, see=False)
        for path in ("/oakwood/household", "/oakwood/household/phones", PATH):
            page = browser.get(path).text
            assert "Mia" not in page, path
            assert "Ana" not in page, path
        assert "Leo" in browser.get("/oakwood/household").text
        assert "Mia" in parent_signed_in(app, "ana@example.com").get("/oakwood/household").text

    def test_a_form_of_the_parent_changes_nothing_of_the_child_and_brings_it_back_to_no_page(
        self, app: Flask, school: SchoolRow, mia: int, ana: int, ben: int
    ) -> None:
        switch(school, mia, ben, see=False)
        browser = parent_signed_in(app, "ben@example.com")
        fields = form_values(browser.page(PATH), "main form")
        fields |= {
            "child1-first_name": "Mia",
            "child1-last_name": "Ruiz",
            "child1-grade": "9",
            "parent1-relationship": "father",
        }
        fields["parent1-primary_phone-consent"] = "yes"
        answer = browser.post(PATH, data=fields)
        assert answer.status_code == 303, answer.text
        db.session.rollback()
        child = contacts.lock_contact(school.id, mia)
        assert child.grade == "3", "staff decide"
        assert household(school, ben).children == []
        db.session.rollback()

    def test_staff_who_link_the_parent_again_loosen_nothing_unseen(
        self, school: SchoolRow, mia: int, ana: int, ben: int
    ) -> None:
        switch(school, mia, ben, texts=False, see=False)
        with writing():
            add.unlink_parent(school, mia, ben, PAT)
            contacts.link_parent(school.id, mia, ben, 2, None)
        assert household(school, ben).children == []
        assert faults(school, mia)[BEN] is MessageFault.SWITCHED_OFF

    def test_the_parent_is_left_out_of_a_campaign_and_of_families_not_reached(
        self, school: SchoolRow, mia: int, ana: int
    ) -> None:
        cy = make_parent(school, "Cy Ruiz", mia, email="cy@example.com", phones=[phone(BEN)])
        stop(school, ANA)
        with writing():
            batch = texting.send(school, PAT, "f" * 32, "Mia", [mia], typed="Come at 3.").batch_id
        choice = CampaignChoice(no_answer=True)
        assert next_parents(school, choice, clock.now(), 0, 9)[0] == [cy]
        [family] = not_reached(school, batch)
        assert {parent.contact_id for parent in family.parents} == {ana, cy}
        switch(school, mia, cy, see=False)
        assert next_parents(school, choice, clock.now(), 0, 9)[0] == []
        [family] = not_reached(school, batch)
        assert {parent.contact_id for parent in family.parents} == {ana}


class TestSharedEmail:
    @pytest.fixture
    def shared(self, school: SchoolRow, mia: int, ana: int) -> int:
        return make_parent(school, "Cy Ruiz", mia, email="ana@example.com", phones=[phone(BEN)])

    def test_no_code_and_no_link_goes_to_it_and_none_that_went_before_works(
        self, app: Flask, client: AuditedClient, school: SchoolRow, mia: int, shared: int
    ) -> None:
        token = form_values(client.page("/oakwood/sign-in"))
        client.post("/oakwood/sign-in", data=token | {"email": "ana@example.com"})
        code = newest_code("ana@example.com")
        link = parent_sign_in.make_link(school.id, "ana@example.com", "receipt")
        db.session.commit()
        assert link is not None
        switch(school, mia, shared, see=False)
        fields = form_values(client.page("/oakwood/sign-in/code"))
        answer = client.post("/oakwood/sign-in/code", data=fields | {"code": code})
        assert answer.status_code == 422
        assert client.get(f"/oakwood/sign-in/link/{link}").status_code == 410
        before = db.session.scalars(select(Mail.id)).all()
        client.post("/oakwood/sign-in", data=token | {"email": "ana@example.com"})
        assert parent_sign_in.make_link(school.id, "ANA@example.com", "invitation") is None
        db.session.rollback()
        assert db.session.scalars(select(Mail.id)).all() == before

    def test_sessions_of_it_end_and_it_works_again_with_addresses_of_their_own(
        self, app: Flask, school: SchoolRow, mia: int, shared: int
    ) -> None:
        with writing():
            token = parent_sessions.open_session(school.id, shared, "ana@example.com", "en")
        assert token is not None
        switch(school, mia, shared, see=False)
        assert parent_sessions.has_ended(school.id, token)
        with writing():
            assert parent_sessions.open_session(school.id, shared, "ana@example.com", "en") is None
        with writing():
            values = edit.ContactValues("Cy", "Ruiz", "cy@example.com", None, None, {})
            version = contacts.lock_contact(school.id, shared).version
            edit.save_contact(school, shared, values, version, PAT)
        assert "sign-in/email/" not in newest_mail("ana@example.com").body, "no way to put it back"
        assert "Mia" in parent_signed_in(app, "ana@example.com").get("/oakwood/household").text
        assert "Mia" not in parent_signed_in(app, "cy@example.com").get("/oakwood/household").text


class TestStaff:
    def test_an_editor_turns_them_off_with_a_reason_and_a_viewer_sees_it(
        self, staff: SignIn, school: SchoolRow, mia: int, ana: int, ben: int
    ) -> None:
        path = f"/oakwood/staff/contacts/{mia}/parents/{ben}/access"
        editor, viewer = staff("editor"), staff("viewer")
        assert viewer.get(path).status_code == 403
        fields = form_values(editor.page(path), "main form")
        off = fields | {"about_child": "off", "may_see": "off"}
        assert "Enter the reason" in editor.post(path, data=off).text
        done = editor.post(path, data=off | {"reason": "Court order of Sep 3"})
        assert done.status_code == 303
        for contact in (mia, ben):
            page = viewer.get(f"/oakwood/staff/contacts/{contact}").text
            assert "No texts about Mia" in page
            assert "May not see Mia" in page
        edits = db.session.scalars(select(RecordEdit.changes).where(RecordEdit.contact_id == mia))
        noted = [change["new"] for changes in edits for change in changes]
        assert noted.count("Off (Court order of Sep 3)") == 2
        assert db.session.scalars(select(ParentRestriction.may_see)).all() == [False]
