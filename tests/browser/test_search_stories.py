"""The two searches that schools ask for, word for word as they know them from the system they come
from: these words stay as they are."""

from collections.abc import Callable

from playwright.sync_api import expect

from portal.enums import PhoneType
from tests.browser.browser_families import BrowserFamilies
from tests.browser.conftest import Opener, with_and_without_script
from tests.browser.pages_search import SearchPage
from tests.support import families
from tests.support.families import phone
from tests.support.live import Live, inside

PHONES = ("Primary Phone", "Secondary Phone", "Other Phone")


def family_of_four(browser_families: BrowserFamilies) -> str:
    """An enrolled student, one of the first by name. The parents' primary phones have a green, a
    red, and a gray circle, and the last one is a Home phone. Return the student's name."""
    green, red, gray, home = (browser_families.number() for _ in range(4))
    name = f"Mateo {browser_families.surname('Aaa')}"
    with inside(browser_families.live) as school:
        student = families.make_student(school, name)
        families.make_parent(school, "Ana Four", student, phones=[phone(green)], typed=True)
        families.make_parent(school, "Ben Four", student, phones=[phone(red)], typed=True)
        families.make_parent(school, "Cleo Four", student, phones=[phone(gray)])
        families.make_parent(school, "Dan Four", student, phones=[phone(home, PhoneType.HOME)])
    browser_families.stop(red)
    return name


def test_enrolled_students_with_the_phones_of_four_parents(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener
) -> None:
    name = family_of_four(browser_families)
    search = SearchPage(desk(live_sqlite)).open()
    search.choose("Enrollment Status", "is currently", "Enrolled")
    search.search()
    panel = search.change_columns()
    expect(panel.form.get_by_role("heading", level=1)).to_have_text("Change Display/Columns")
    for n in range(1, 5):
        panel.form.get_by_role("group", name="Entity", exact=True).get_by_text(
            f"Parent {n}", exact=True
        ).click()
        expect(panel.form.get_by_role("heading", name=f"Fields: Parent {n}")).to_be_visible()
        panel.form.get_by_text("Grouping: Phones", exact=True).locator("visible=true").click()
        for label in PHONES:
            panel.field(label).check()
    search = panel.apply()
    shown_before = ["Name ↑", "Grade", "Enrollment Status", "Parent 1: Name"]
    phones = [f"Parent {n}: {label}" for n in range(1, 5) for label in PHONES]
    expect(search.headings()).to_have_text([*shown_before, *phones])
    for n, state, word in (
        (1, "opted_in", "Opted in"),
        (2, "opted_out", "Opted out"),
        (3, "not_asked", "No answer yet"),
    ):
        circle = search.circle(name, f"Parent {n}: Primary Phone")
        expect(circle).to_have_attribute("data-consent", state)
        expect(circle).to_have_text(word)
    fourth = search.row(name).locator("[data-label='Parent 4: Primary Phone']")
    expect(fourth).to_contain_text("Home")
    expect(search.circle(name, "Parent 4: Primary Phone")).to_have_count(0)


def test_parents_who_opted_out_and_parents_who_opted_in(
    live: Live, browser_families_at: Callable[[Live], BrowserFamilies], desk: Opener
) -> None:
    browser_families = browser_families_at(live)
    stayed, left = browser_families.family("Aab"), browser_families.family("Aab")
    browser_families.stop(left.number)
    search = SearchPage(desk(live)).open()
    search.all_other_fields("Role", "Role")
    expect(search.criterion("Role").get_by_text("is", exact=True)).to_be_visible()
    search.choose("Role", None, "Parent")
    search.page.get_by_text("All other fields", exact=True).click()
    search.page.get_by_label("Find a field").fill("Opt")
    expect(search.offers()).to_have_text([f"{label} Opt-In" for label in PHONES])
    search.offers().first.click()

    for answer, there, away, state, word in (
        ("No", left, stayed, "opted_out", "Opted out"),
        ("Yes", stayed, left, "opted_in", "Opted in"),
    ):
        search.choose("Primary Phone Opt-In", "is", answer)
        search.search()
        expect(search.page.locator(".notice.warn")).to_have_count(0)
        expect(search.row(there.parent)).to_have_count(1)
        expect(search.row(away.parent)).to_have_count(0)
        circles = search.page.locator(".grid [data-consent]")
        found = circles.evaluate_all("all => all.map(one => [one.dataset.consent, one.innerText])")
        assert {tuple(one) for one in found} == {(state, word)}


@with_and_without_script
def test_opt_finds_the_three_opt_ins_and_nothing_else_among_the_columns(
    live_sqlite: Live, desk: Opener, script: bool
) -> None:
    page = desk(live_sqlite, script=script)
    panel = SearchPage(page).open("?f1=role&o1=is&v1=parent").change_columns()
    panel.box().fill("Opt")
    if not script:
        panel.button("Find").click()
    expect(panel.form.locator("#offers label:not([hidden])")).to_have_text(
        [f"{label} Opt-In" for label in PHONES]
    )
