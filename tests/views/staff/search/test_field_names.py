"""The fields of a search under the names that a school gave them, and without texting."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import delete

from portal.extensions import db, writing
from portal.models import FieldLabel
from portal.services.schools.schools import set_school
from tests.queries.search.search_school import SearchSchool
from tests.support.client import AuditedClient
from tests.views.staff.search.search_steps import PARENTS, SEARCH, found_by, texts, told, total

OPT_INS = ["primary_phone_opt_in", "secondary_phone_opt_in", "other_phone_opt_in"]


@contextmanager
def renamed(world: SearchSchool, **labels: str) -> Iterator[None]:
    with writing():
        for field, label in labels.items():
            db.session.add(FieldLabel(school_id=world.school.id, field=field, label=label))
    try:
        yield
    finally:
        with writing():
            db.session.execute(delete(FieldLabel))


def test_opt_finds_the_three_opt_ins_under_the_schools_own_names(
    world: SearchSchool, desk: AuditedClient
) -> None:
    plain = found_by(desk.page(f"{SEARCH}?{PARENTS}&find=Opt&found=yes"))
    assert list(plain) == OPT_INS
    own = {"primary_phone_opt_in": "Opted for texts?", "grade": "=Year"}
    with renamed(world, **own):
        assert found_by(desk.page(f"{SEARCH}?{PARENTS}&find=opt&found=yes")) == plain | {
            "primary_phone_opt_in": "Opted for texts?"
        }
        address = "f1=parents.primary_phone_opt_in&v1=yes&f2=grade&v2=&col=student.grade"
        page = desk.page(f"{SEARCH}?{address}&col=parent2.primary_phone_opt_in")
        assert "A parent's Opted for texts?" in texts(page, ".criterion-name")[0]
        assert "Choose or type something for =Year" in told(page)
        assert texts(page, "thead th")[:2] == ["=Year", "Parent 2: Opted for texts?"]
        panel = desk.page(f"{SEARCH}/columns?{address}")
        assert "Opted for texts?" in " ".join(texts(panel, ".of-parent1 label.tick"))
        sheet = desk.get(
            f"{SEARCH}.csv?f1=role&v1=student&col=student.grade&col=parent2.primary_phone_opt_in"
        )
        head = sheet.data.decode("utf-8-sig").splitlines()[0]
        assert head == '"\'=Year","Parent 2: Opted for texts?"'


@pytest.fixture
def texting_off(world: SearchSchool) -> Iterator[None]:
    with writing():
        set_school("oakwood", texting_on=False)
    yield
    with writing():
        set_school("oakwood", texting_on=True)


@pytest.mark.usefixtures("texting_off")
def test_without_texting_nothing_says_anything_about_texts(
    world: SearchSchool, desk: AuditedClient
) -> None:
    address = f"{PARENTS}&f2=any_texts&v2=no&col=parent.primary_phone&col=parent.any_texts"
    page = desk.page(f"{SEARCH}?{address}&add=primary_phone_opt_in")
    page = desk.page(f"{SEARCH}?{address}")
    assert "no field named “any_texts.”" in told(page)
    assert "A column in this link" in told(page)
    assert total(page) == len(world.rows("parent"))
    assert not page.query("[data-consent]")
    assert found_by(page).keys().isdisjoint(OPT_INS)
    assert not page.query(".lists")
    added = desk.page(f"{SEARCH}?{PARENTS}&add=primary_phone_opt_in")
    assert "Opt-In" not in added.query("#criteria")[0].to_text()
    panel = desk.page(f"{SEARCH}/columns?{address}").query("#offers")[0].to_text()
    assert "Primary Phone type" in panel
    assert "Opt-In" not in panel
    assert "date of yes or no" not in panel
    assert desk.get(f"{SEARCH}.csv?{address}").status_code == 303, "fewer were asked for"
    address = f"{PARENTS}&col=parent.primary_phone"
    sheet = desk.get(f"{SEARCH}.csv?{address}").data.decode("utf-8-sig")
    assert sheet.splitlines()[0] == '"Primary Phone","Primary Phone: Type"'
    assert "pted" not in sheet
