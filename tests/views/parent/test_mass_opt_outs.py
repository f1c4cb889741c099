"""Many no answers turn no school off: past a limit they wait, and owners hear of each."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.consent import gate
from portal.enums import MessageFault
from portal.extensions import db, writing
from portal.models import ConsentStatus, FormOptOut, Mail
from portal.queries.schools import SchoolRow
from portal.services.intake.form_opt_outs import ACCOUNT, NETWORK
from tests.support.audit import Page
from tests.support.client import AuditedClient, form_values
from tests.support.contact_form import PRIMARY, RUIZ, phone, send, sent
from tests.support.families import make_parent, make_student
from tests.support.families import phone as on_file
from tests.support.people import parent_signed_in

SLOTS = ("primary_phone", "secondary_phone", "other_phone")
FAMILIES = 36
"""More than any one account or network may say no for at once."""
PHONES = "/oakwood/household/phones"


def number(n: int) -> str:
    return f"+1415555{1000 + n}"


@pytest.fixture
def families(school: SchoolRow) -> list[str]:
    """Parents who are opted in, each with an email and a number that is proven theirs."""
    for n in range(FAMILIES):
        child = make_student(school, f"Child{n} Ruiz")
        make_parent(
            school,
            f"Parent{n} Ruiz",
            child,
            email=f"parent{n}@example.com",
            phones=[on_file(number(n))],
            typed=True,
        )
    return [number(n) for n in range(FAMILIES)]


def states(numbers: list[str]) -> list[str]:
    found = db.session.scalars(
        select(ConsentStatus.state)
        .where(ConsentStatus.number.in_(numbers))
        .order_by(ConsentStatus.number)
    )
    return list(found)


def told() -> list[str]:
    kind = Mail.kind == "owner_notice"
    return sorted(db.session.scalars(select(Mail.to_address).where(kind)))


def refused(school: SchoolRow, numbers: list[str]) -> list[MessageFault | None]:
    with writing():
        return [gate.preview(school.id, [n])[n] for n in numbers]


def opt_out_by_own_page(client: AuditedClient, numbers: list[str]) -> str:
    """Put three numbers at a time on one's own record, each with a no."""
    said = ""
    for start in range(0, len(numbers), 3):
        fields = form_values(client.page(PHONES))
        for slot, one in zip(SLOTS, numbers[start : start + 3], strict=False):
            fields |= {f"{slot}-type": "cell", f"{slot}-number": one, f"{slot}-consent": "no"}
        answer = client.post(PHONES, data=fields, follow_redirects=True)
        assert answer.status_code == 200
        said = Page(answer.text).text("main")
    return said


def test_one_session_does_not_opt_out_every_number_and_their_owners_hear_of_each(
    app: Flask, school: SchoolRow, families: list[str]
) -> None:
    make_parent(school, "Eve Moss", email="eve@example.com")
    eve = parent_signed_in(app, "eve@example.com")
    said = opt_out_by_own_page(eve, families)
    taken = ACCOUNT[0].numbers
    assert states(families).count("opted_out") == taken
    assert set(refused(school, families)) == {MessageFault.OPTED_OUT, MessageFault.NO_WAITING}
    assert refused(school, families).count(MessageFault.NO_WAITING) == len(families) - taken
    assert told() == sorted(f"parent{n}@example.com" for n in range(FAMILIES))
    # Of a no that waits the page says what it says of any.
    for last in families[-3:]:
        assert f"Texts to (415) 555-{last[-4:]} are off." in said


def form_of_twelve(numbers: list[str], email: str) -> dict[str, str]:
    fields = RUIZ | {"parent1-email": email, "child1-last_name": "Moss"}
    for n, one in enumerate(numbers):
        parent = n // 3 + 1
        fields |= phone(SLOTS[n % 3], "cell", one, "no", parent)
        if parent > 1:
            fields |= {
                f"parent{parent}-first_name": f"P{parent}",
                f"parent{parent}-last_name": "Moss",
                f"parent{parent}-relationship": "other",
                f"parent{parent}-email": f"p{parent}-{email}",
            }
    return fields


def test_forms_of_twelve_numbers_each_do_not_opt_out_a_school(
    app: Flask, school: SchoolRow, families: list[str]
) -> None:
    pages = []
    for n in range(FAMILIES // 12):
        client: AuditedClient = app.test_client()  # type: ignore[assignment]
        answer = send(client, form_of_twelve(families[12 * n : 12 * n + 12], f"eve{n}@example.com"))
        assert answer.status_code == 303
        pages.append(Page(client.get(answer.location).text).text("h1, .lead"))
    assert len(set(pages)) == 1, "the page tells whether they took effect"
    assert states(families).count("opted_out") == NETWORK[0].numbers
    assert None not in refused(school, families), "one is texted against a no"
    assert told() == sorted(f"parent{n}@example.com" for n in range(FAMILIES))


def test_on_a_back_to_school_night_nothing_is_lost_and_nobody_is_texted_against_their_word(
    app: Flask, school: SchoolRow
) -> None:
    """Families who are new, each from a phone of their own, all on the school's network."""
    said_no = [number(n) for n in range(30)]
    for n, one in enumerate(said_no):
        answers = RUIZ | {
            "child1-first_name": f"Kim{n}",
            "parent1-email": f"night{n}@example.com",
            f"{PRIMARY}-number": one,
            f"{PRIMARY}-consent": "no",
        }
        sent(app.test_client(), answers)  # type: ignore[arg-type]
    kept = db.session.scalar(select(func.count()).select_from(FormOptOut))
    assert kept == len(said_no)
    faults = refused(school, said_no)
    bound = NETWORK[0].numbers
    assert faults.count(MessageFault.OPTED_OUT) == bound
    assert faults.count(MessageFault.NO_WAITING) == len(said_no) - bound
    rows = db.session.scalars(select(FormOptOut).where(FormOptOut.state == "waiting")).all()
    assert len(rows) == len(said_no) - bound
    assert all(row.wording_id and row.evidence["ip"] for row in rows), "it is no proof yet"
