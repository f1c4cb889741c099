"""What is on file when the portal is brought up to date is as if it had been typed since."""

import flask_migrate
import pytest
from sqlalchemy import func, select, text

from portal.enums import StaffRole
from portal.extensions import db, writing
from portal.models import Account, Phone, StaffSession
from portal.services import accounts, demo, sign_in
from tests.support.families import wrongly_marked


@pytest.mark.usefixtures("app")
def test_phones_on_file_are_marked_as_a_parents_or_not() -> None:
    with writing():
        school = demo.make_schools()
        demo.make_families(school, 1, range(12))
    before = marks()
    assert len(set(before.values())) == 2
    db.session.rollback()
    flask_migrate.downgrade(revision="0005")
    columns = text("SELECT * FROM phone LIMIT 1")
    assert "of_parent" not in db.session.execute(columns).keys()  # noqa: SIM118 -- of a result
    db.session.rollback()
    flask_migrate.upgrade(revision="0006")
    assert marks() == before
    assert wrongly_marked() == []


@pytest.mark.usefixtures("app")
def test_the_last_sign_in_of_an_account_is_taken_from_its_sessions() -> None:
    with writing():
        school = demo.make_schools()
        made = accounts.create_account("a@x.example", "A", "x", school.id, StaffRole.ADMIN)
        accounts.create_account("b@x.example", "B", "x", school.id, StaffRole.VIEWER)
        for _ in range(2):
            sign_in.open_session(made.account_id, "", None)
    newest = db.session.scalar(select(func.max(StaffSession.created_at)))
    db.session.rollback()
    flask_migrate.downgrade(revision="0006")
    flask_migrate.upgrade(revision="0008")
    found = db.session.execute(select(Account.email, Account.last_sign_in_at).order_by("email"))
    assert [tuple(row) for row in found] == [("a@x.example", newest), ("b@x.example", None)]


def marks() -> dict[tuple[int, str], bool]:
    rows = db.session.execute(select(Phone.contact_id, Phone.slot, Phone.of_parent))
    return {(row.contact_id, row.slot): row.of_parent for row in rows}
