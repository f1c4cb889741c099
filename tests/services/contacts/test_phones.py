"""A phone reads the same wherever it is written, whoever changed it."""

from sqlalchemy import select

from portal.enums import PhoneType
from portal.extensions import db, writing
from portal.models import RecordEdit
from portal.queries.schools import SchoolRow
from portal.services.actor import Actor
from portal.services.contacts.edit import save_phones
from portal.services.intake.household import AnsweringParent, change_phones
from tests.support.families import make_parent, phone

WORK = phone("+12065550120", PhoneType.WORK, ext="12")


def test_the_history_writes_an_extension_the_same_for_staff_and_parents(school: SchoolRow) -> None:
    ana, ben = make_parent(school, "Ana Ruiz"), make_parent(school, "Ben Ruiz")
    with writing():
        save_phones(school, ana, [WORK], 1, {}, Actor(1, "Pat Fields"))
        parent = AnsweringParent(ben, "Ben Ruiz", {}, str)
        change_phones(school, parent, [WORK], {}, None, {})
    for changes in db.session.scalars(select(RecordEdit.changes)).all():
        [change] = changes
        assert change == {
            "what": "Primary phone",
            "old": None,
            "new": "Work (206) 555-0120 ext. 12",
        }
