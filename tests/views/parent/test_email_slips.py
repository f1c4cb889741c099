"""`Did you mean gmail.com?`: asked once for a slip in a common domain, and the parent decides."""

import pytest
from flask import Flask

from portal.forms.email_suggestions import suggest_domain
from portal.queries.schools import SchoolRow
from tests.support.audit import Page
from tests.support.client import AuditedClient, form_values
from tests.support.contact_form import BEN, PATH, RUIZ, complaints, hidden, send
from tests.support.families import make_parent, phone
from tests.support.people import parent_signed_in

pytestmark = pytest.mark.usefixtures("school")
EMAIL = "parent1-email"
SLIP = RUIZ | {EMAIL: "Ana.Ruiz@gmial.com"}

SLIPS = {
    "gmail.com": "gmial.com gmai.com gamil.com gnail.com gmil.com gmal.com gmaill.com gmaila.com "
    "gmail.con gmail.co gmail.cm gmail.om gmail.cmo gmail.comm gmail.ocm gmail.com.mx gmail.es "
    "gmail gmailcom gmail,com gmail..com www.gmail.com gmail.com.",
    "yahoo.com": "yaho.com yahooo.com yhoo.com yahoo.con yahoo.co yahho.com",
    "hotmail.com": "hotmial.com hotmal.com homail.com hormail.com htomail.com hotmail.co",
    "outlook.com": "outlok.com outloo.com outlook.con outllok.com",
    "icloud.com": "iclod.com icluod.com icloud.co icoud.com icloud.cim",
    "aol.com": "aol.con aol.co",
    "comcast.net": "comcat.net comcast.ney",
    "sbcglobal.net": "sbcglobal.com sbcgobal.net",
    "yahoo.com.mx": "yaho.com.mx yahoo.con.mx",
}
RIGHT = """
gmail.com yahoo.com hotmail.com ymail.com mail.com email.com gmx.com gmx.de gmail.hu mailw.com
mailo.com mask.io proton.me yahoo.ca yahoo.fr yahoo.co.uk hotmail.co.uk hotmail.com.mx live.cn
aim.com me.com mac.com att.com cox.com verizon.com comcast.com web.de qq.com outlook.dk 126.com
mail.ru yandex.com fastmail.fm example.com oakwood.example school.k12.wa.us hotel.com x.org
"""


@pytest.mark.parametrize(("meant", "slips"), SLIPS.items())
def test_a_slip_of_a_common_domain_is_found(meant: str, slips: str) -> None:
    assert {slip: suggest_domain(slip) for slip in slips.split()} == dict.fromkeys(
        slips.split(), meant
    )


def test_real_domains_are_no_slips() -> None:
    assert {domain: found for domain in RIGHT.split() if (found := suggest_domain(domain))} == {}


def test_a_slip_is_asked_about_and_kept_by_sending_again(client: AuditedClient) -> None:
    response = send(client, SLIP)
    assert response.status_code == 422
    assert complaints(response) == {
        EMAIL: "Did you mean Ana.Ruiz@gmail.com? If the address is right, tap Send again."
    }
    again = client.post(PATH, data=form_values(Page(response.text), "#contact"))
    assert again.status_code == 303
    assert "Ana.Ruiz@gmial.com" in client.page(again.location).text("main")


def test_one_button_takes_the_suggestion(client: AuditedClient) -> None:
    page = Page(send(client, SLIP).text)
    [button] = page.query("button[value^=use-email]")
    assert button.to_text() == "Use Ana.Ruiz@gmail.com"
    fields = form_values(page, "#contact")
    taken = client.post(PATH, data=fields | {"action": button.attrs["value"] or ""})
    assert taken.status_code == 200
    values = form_values(Page(taken.text), "#contact")
    assert values[EMAIL] == "Ana.Ruiz@gmail.com"
    assert client.post(PATH, data=values).status_code == 303


def test_another_slip_is_asked_about_again(client: AuditedClient) -> None:
    fields = form_values(Page(send(client, SLIP).text), "#contact")
    response = client.post(PATH, data=fields | {EMAIL: "ana.ruiz@gmal.com"})
    assert response.status_code == 422
    assert "Did you mean ana.ruiz@gmail.com?" in complaints(response)[EMAIL]


def test_a_button_pressed_before_sending_keeps_no_slip(client: AuditedClient) -> None:
    more = client.post(PATH, data=hidden(client) | SLIP | {"action": "add:child"})
    fields = form_values(Page(more.text), "#contact")
    assert client.post(PATH, data=fields).status_code == 422


def test_it_stays_kept_while_something_else_is_wrong(client: AuditedClient) -> None:
    fields = form_values(Page(send(client, SLIP).text), "#contact")
    response = client.post(PATH, data=fields | {"child1-first_name": "", "child1-last_name": ""})
    assert list(complaints(response)) == ["child1-first_name", "child1-last_name"]
    fields = form_values(Page(response.text), "#contact")
    assert client.post(PATH, data=fields | {"child1-last_name": "Ruiz"}).status_code == 303


def test_an_address_that_cannot_be_is_refused_with_the_suggestion(client: AuditedClient) -> None:
    for typed in ("ana@gmail", "ana@gmail,com", "ana@hotmailcom"):
        response = send(client, RUIZ | {EMAIL: typed})
        assert response.status_code == 422
        said = complaints(response)[EMAIL]
        assert said.startswith("Enter a full email address")
        assert said.endswith("mail.com?")
        fields = form_values(Page(response.text), "#contact")
        assert client.post(PATH, data=fields).status_code == 422


def test_the_other_parents_slip_is_asked_about_too(client: AuditedClient) -> None:
    response = send(client, RUIZ | BEN | {"parent2-email": "ben@hotmial.com"})
    assert list(complaints(response)) == ["parent2-email"]


def test_it_is_asked_in_spanish(client: AuditedClient) -> None:
    client.get(f"{PATH}?lang=es")
    said = complaints(send(client, SLIP))[EMAIL]
    assert said == (
        "¿Quiso escribir Ana.Ruiz@gmail.com? Si la dirección está bien, toque Enviar otra vez."
    )


def test_nobody_is_asked_about_the_address_that_they_sign_in_with(
    app: Flask, school: SchoolRow
) -> None:
    make_parent(school, "Ana Ruiz", email="ana@gmial.com", phones=[phone("+14155550182")])
    ana = parent_signed_in(app, "ana@gmial.com")
    fields = form_values(ana.page(PATH), "#contact")
    answers = {k: v for k, v in RUIZ.items() if k != EMAIL}
    assert ana.post(PATH, data=fields | answers).status_code == 303
