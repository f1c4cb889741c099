"""What is on file when the portal is brought up to date is as if it had been typed since."""

import flask_migrate
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from portal.enums import TextFault
from portal.extensions import db, writing
from portal.models import Message, Phone
from portal.queries.schools import SchoolRow
from portal.services import demo, texting
from portal.services.texting import Sender
from tests.support.burst import hold
from tests.support.families import make_parent, phone, wrongly_marked


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


def test_texts_that_failed_for_a_no_that_waits_stay_when_there_is_no_such_reason(
    school: SchoolRow,
) -> None:
    ana = make_parent(school, "Ana Ruiz", phones=[phone("+14155550182")], typed=True)
    hold(school, ["+14155550182"], ip="203.0.113.7")
    with writing():
        texting.send(school, Sender("cli", "Command"), "key", "Ana", [ana], typed="Hi")
    reasons = select(Message.reason, Message.state).where(Message.batch_id.is_not(None))
    assert db.session.execute(reasons).all() == [(TextFault.NO_WAITING, "failed")]
    db.session.rollback()
    flask_migrate.downgrade(revision="0007")
    assert db.session.execute(reasons).all() == [(None, "failed")]
    for reason in ("no_waiting", "gave_up"):
        db.session.rollback()
        change = text("UPDATE message SET reason = :reason").bindparams(reason=reason)
        if reason == "no_waiting":
            with pytest.raises(IntegrityError), writing():
                db.session.execute(change)
        else:
            with writing():
                db.session.execute(change)
    db.session.rollback()
    flask_migrate.upgrade(revision="0011")
    with writing():
        db.session.execute(text("UPDATE message SET reason = 'no_waiting'"))
    with pytest.raises(IntegrityError), writing():
        db.session.execute(text("UPDATE message SET reason = 'another'"))


def marks() -> dict[tuple[int, str], bool]:
    rows = db.session.execute(select(Phone.contact_id, Phone.slot, Phone.of_parent))
    return {(row.contact_id, row.slot): row.of_parent for row in rows}
