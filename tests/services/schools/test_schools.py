"""Schools: what may be made and changed, and what is refused in words."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from portal.enums import MessageKind
from portal.extensions import db, writing
from portal.models import Message, School, TextingNumber
from portal.queries.schools import SchoolRow, get_school
from portal.services.actor import COMMAND
from portal.services.schools.schools import SchoolError, create_school, school_year, set_school
from portal.services.texting import send as texting
from tests.support.families import make_parent, phone


def test_a_school_has_texting_on_and_this_school_year(school: SchoolRow) -> None:
    assert school == get_school("oakwood")
    assert school.texting_on
    assert school.texting_number == "+12065550147"
    assert school.default_term is not None


@pytest.mark.parametrize(
    ("today", "name"),
    [
        (date(2026, 11, 23), "2026-27"),
        (date(2026, 8, 1), "2026-27"),
        (date(2027, 7, 31), "2026-27"),
        (date(2099, 12, 1), "2099-00"),
    ],
)
def test_a_school_year_begins_in_august(today: date, name: str) -> None:
    assert school_year(today)[0] == name


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"slug": "Oak"}, "lowercase letters"),
        ({"slug": "a"}, "2 to 40"),
        ({"slug": "oak--wood"}, "single hyphens"),
        ({"slug": "oak-"}, "lowercase letters"),
        ({"slug": "oak\n"}, "lowercase letters"),
        ({"slug": "x" * 41}, "2 to 40"),
        ({"slug": "staff"}, "portal uses that address"),
        ({"slug": "healthz"}, "portal uses that address"),
        ({"slug": "oakwood"}, "already"),
        ({"name": "  "}, "1 to 100"),
        ({"name": "x" * 101}, "1 to 100"),
        ({"name": "Oak\x00"}, "control"),
        ({"country": "XX"}, "Can't use the country 'XX'"),
        ({"timezone": "Mars/Olympus"}, "Can't use the time zone 'Mars/Olympus'"),
        ({"timezone": "../etc/passwd"}, "Can't use the time zone"),
        ({"texting_number": "12"}, "Can't use the texting number '12' in US"),
        ({"texting_number": "+1 206 555 0147"}, "belong, to the school 'oakwood'"),
    ],
)
def test_what_a_school_cannot_be_is_refused_in_words(
    school: SchoolRow, changes: dict[str, str], words: str
) -> None:
    wanted = {"slug": "elm", "name": "Elm School", "texting_number": "+1 206 555 0149"} | changes
    with pytest.raises(SchoolError, match=words), writing():
        create_school(**wanted)


def test_a_changed_texting_number_stays_taken(school: SchoolRow) -> None:
    with writing():
        changed = set_school("oakwood", texting_number="(206) 555-0150")
    assert changed.texting_number == "+12065550150"
    former = db.session.scalar(select(TextingNumber).where(TextingNumber.number == "+12065550147"))
    assert former is not None
    assert former.until is not None
    with pytest.raises(SchoolError, match="belongs, or used to belong"), writing():
        create_school("elm", "Elm School", "+1 206 555 0147")


def test_what_waits_goes_from_the_new_number_at_the_same_rate(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", phones=[phone("+14155550101")], typed=True)
    with writing():
        set_school("oakwood", per_second=1.5)
        pat = COMMAND
        texting.send_to_number(school, pat, "+14155550101", "Hello")
        texting.queue_reply(
            school, MessageKind.HELP, "+14155550101", "SM1", texting_number=school.texting_number
        )
        set_school("oakwood", texting_number="+12065550199")
    rows = db.session.execute(select(Message.kind, Message.texting_number)).all()
    assert dict(rows) == {
        "welcome": "+12065550199",
        "batch": "+12065550199",
        "help": "+12065550147",
    }
    rates = db.session.execute(select(TextingNumber.number, TextingNumber.per_second)).all()
    assert dict(rates) == {"+12065550147": 1.5, "+12065550199": 1.5}


def test_a_school_may_take_its_former_number_up_again(school: SchoolRow) -> None:
    with writing():
        set_school("oakwood", texting_number="+1 206 555 0150")
    with writing():
        again = set_school("oakwood", texting_number="+1 206 555 0147")
    assert again.texting_number == "+12065550147"
    current = db.session.scalars(select(TextingNumber.number).where(TextingNumber.until.is_(None)))
    assert list(current) == ["+12065550147"]


def test_only_what_is_given_changes(school: SchoolRow) -> None:
    with writing():
        changed = set_school("oakwood", texting_on=False)
    assert not changed.texting_on
    assert (changed.name, changed.timezone) == (school.name, school.timezone)
    with writing():
        changed = set_school("oakwood", name="Oak  School", timezone="Europe/Madrid")
    assert (changed.name, changed.timezone) == ("Oak School", "Europe/Madrid")
    assert not changed.texting_on


def test_an_unknown_school_is_named_with_those_that_are_there(school: SchoolRow) -> None:
    with pytest.raises(SchoolError, match="Schools: oakwood"), writing():
        set_school("elm", texting_on=True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"send_window": "8 to 8"}, "like 08:00-20:00"),
        ({"per_second": 0.001}, "Use 0.01 to 1000"),
        ({"per_second": 2000}, "Can't use 2000 texts per second"),
        ({"text_countries": "US,ZZ"}, "Can't use the country 'ZZ'"),
    ],
)
def test_a_setting_of_texting_that_cannot_be_is_refused_in_words(
    school: SchoolRow, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(SchoolError, match=words), writing():
        set_school("oakwood", **changes)


def test_settings_of_texting_are_kept_and_set_back(school: SchoolRow) -> None:
    def settings() -> tuple[Any, ...]:
        row = db.session.scalars(select(School)).one()
        return row.send_window, row.text_countries, row.welcome_on, row.stop_confirmation

    before = settings()
    with writing():
        set_school(
            "oakwood",
            send_window="08:00-20:00",
            text_countries="us, ca,US",
            welcome_on=False,
            stop_confirmation="Done.",
        )
    assert settings() == ("08:00-20:00", "US,CA", False, "Done.")
    with writing():
        set_school("oakwood", send_window="always", text_countries="own", welcome_on=True)
    assert settings() == (None, None, True, "Done.")
    assert before[1] is None
