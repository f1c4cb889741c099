"""A parent fills the contact form, with and without scripts, and staff see the circle."""

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import DESK, PHONE, Opener
from tests.browser.pages import ContactFormPage, OverviewPage, RecordPage, SentPage, SignInPage
from tests.support.live import Live


def fill_in(form: ContactFormPage, surname: str, number: str) -> None:
    form.child("Mateo", surname)
    form.parent("Ana", surname, f"ana.{surname.lower()}@example.com")
    form.phone("Cell", number)


def record_of(page: Page, live: Live, words: str, name: str, role: str = "viewer") -> RecordPage:
    SignInPage(page).sign_in(live.email(role), live.password)
    return OverviewPage(page).look_up(words).open(name)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_from_the_form_to_the_circle(
    live: Live, opener: Opener, size: dict[str, int], script: bool
) -> None:
    surname = f"{'Wide' if size is DESK else 'Narrow'}{'script' if script else 'plain'}"
    last4 = f"0{2 * (size is DESK) + script + 1}1"
    yes, no = f"(415) 555-{last4}1", f"(415) 555-{last4}2"
    form = ContactFormPage(opener(live.url, size, script)).open()
    fill_in(form, surname, yes)
    expect(form.question()).to_be_visible()
    form.answer("Yes")
    form.ask_for("Add another parent")
    form.parent("Ben", surname, f"ben.{surname.lower()}@example.com", n=2)
    form.phone("Cell", no, n=2)
    form.answer("No", n=2)
    form.send()
    sent = SentPage(form.page)
    sent.says(f"{yes}, Cell. You said yes")
    sent.says(f"{no}, Cell. You said no")

    record = record_of(opener(live.url, size, script), live, surname, f"Mateo {surname}")
    record.shows(f"+1415555{last4}1", "opted_in")
    record.shows(f"+1415555{last4}2", "opted_out")
    expect(record.circle(f"+1415555{last4}2")).to_contain_text("Opted out")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_the_question_is_there_for_a_cell_and_for_nothing_else(
    live_sqlite: Live, opener: Opener, script: bool
) -> None:
    form = ContactFormPage(opener(live_sqlite.url, script=script)).open()
    expect(form.question()).to_be_hidden()
    form.block().get_by_text("Cell", exact=True).click()
    expect(form.question()).to_be_visible()
    expect(form.question().locator("input:checked")).to_have_count(0)
    form.block().get_by_text("Home", exact=True).click()
    expect(form.question()).to_be_hidden()


def test_yes_and_no_have_the_same_size(live_sqlite: Live, opener: Opener) -> None:
    form = ContactFormPage(opener(live_sqlite.url)).open()
    form.block().get_by_text("Cell", exact=True).click()
    boxes = [label.bounding_box() for label in form.question().locator("label").all()]
    assert len(boxes) == 2
    first, second = boxes
    assert first is not None and second is not None  # noqa: PT018 -- for the type checker
    assert (first["width"], first["height"]) == (second["width"], second["height"])
    assert first["height"] >= 44


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_what_is_missing_is_said_in_one_round_and_nothing_is_lost(
    live_sqlite: Live, opener: Opener, script: bool
) -> None:
    form = ContactFormPage(opener(live_sqlite.url, script=script)).open()
    form.child("Mateo", "Lost")
    form.phone("Cell", "555 01")
    form.send()
    expect(form.errors()).to_have_count(5)
    page = form.page
    expect(page.locator("[name=child1-last_name]")).to_have_value("Lost")
    expect(page.locator("[name=parent1-primary_phone-number]")).to_have_value("555 01")
    page.locator("#error-summary a", has_text="too short").click()
    expect(page.locator("[name=parent1-primary_phone-number]")).to_be_focused()


def test_more_children_phones_and_parents_are_there_on_request(
    live_sqlite: Live, opener: Opener
) -> None:
    for script in (True, False):
        form = ContactFormPage(opener(live_sqlite.url, script=script)).open()
        surname = f"More{'script' if script else 'plain'}"
        fill_in(form, surname, f"(415) 555-02{script:d}1")
        form.answer("No")
        form.ask_for("Add another child")
        form.child("Lucia", surname, n=2)
        form.ask_for("Add another child")
        form.child("Olga", surname, n=3)
        form.page.get_by_role("button", name="Add another child").click()
        form.child("Pia", surname, n=4)
        form.ask_for("Add another phone")
        form.phone("Work", f"(415) 555-02{script:d}2", "secondary_phone")
        form.page.fill("[name=parent1-secondary_phone-extension]", "12")
        form.ask_for("Add another phone")
        form.phone("Home", f"(415) 555-02{script:d}3", "other_phone")
        form.send()
        sent = SentPage(form.page)
        sent.says("Pia")
        sent.says("ext. 12")


def test_a_phone_that_was_opened_by_mistake_can_be_removed(
    live_sqlite: Live, opener: Opener
) -> None:
    form = ContactFormPage(opener(live_sqlite.url, script=False)).open()
    fill_in(form, "Removed", "(415) 555-0301")
    form.answer("Yes")
    form.ask_for("Add another phone")
    form.block("secondary_phone").get_by_text("Cell", exact=True).click()
    form.block("secondary_phone").get_by_role("button", name="Remove").click()
    form.send()
    SentPage(form.page)


def test_the_form_is_filled_in_with_the_keyboard_alone(live_sqlite: Live, opener: Opener) -> None:
    page = ContactFormPage(opener(live_sqlite.url, DESK)).open().page
    page.focus("[name=child1-first_name]")
    for typed in ("Kim", "Keys", None, None, "Ana", "Keys", None, "ana.keys@example.com"):
        if typed:
            page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Space")  # Cell
    page.keyboard.press("Tab")
    page.keyboard.type("(415) 555-0311")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")  # from Yes, which has the focus but is not chosen, to No
    expect(page.locator("[name=parent1-primary_phone-consent][value=no]")).to_be_checked()
    page.focus("[name=parent1-primary_phone-number]")
    page.keyboard.press("Enter")
    SentPage(page).says("You said no")


def test_the_answers_can_be_changed_from_the_thank_you_page(
    live_sqlite: Live, opener: Opener
) -> None:
    form = ContactFormPage(opener(live_sqlite.url)).open()
    fill_in(form, "Changed", "(415) 555-0321")
    form.answer("No")
    form.send()
    SentPage(form.page)
    form.page.get_by_role("link", name="Change my answers").click()
    expect(form.page.locator("[name=child1-first_name]")).to_have_value("Mateo")
    form.answer("Yes")
    form.send()
    SentPage(form.page).says("You said yes")


def test_a_dead_network_keeps_the_page_and_says_so(live_sqlite: Live, opener: Opener) -> None:
    form = ContactFormPage(opener(live_sqlite.url)).open()
    fill_in(form, "Offline", "(415) 555-0331")
    form.answer("Yes")
    form.page.context.set_offline(True)
    form.send()
    expect(form.page.get_by_role("alert")).to_contain_text("Your answers are still here")
    expect(form.page.locator("[name=child1-first_name]")).to_have_value("Mateo")
    form.page.context.set_offline(False)
    form.send()
    SentPage(form.page)


def test_nothing_scrolls_sideways_at_320_px(live_sqlite: Live, opener: Opener) -> None:
    page = opener(live_sqlite.url, {"width": 320, "height": 640})
    form = ContactFormPage(page).open()
    form.block().get_by_text("Cell", exact=True).click()
    form.send()
    for path in (None, "/oakwood/", "/oakwood/privacy", "/oakwood/terms", "/staff/sign-in"):
        if path:
            page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path or "the form"


def test_targets_are_large_enough_for_a_thumb(live_sqlite: Live, opener: Opener) -> None:
    form = ContactFormPage(opener(live_sqlite.url)).open()
    form.block().get_by_text("Cell", exact=True).click()
    controls = (
        "main input:not([type=hidden]):not([type=radio]), main select, main summary, "
        "main label:has(input), #send"
    )
    visible = form.page.locator(controls).locator("visible=true").all()
    assert len(visible) > 10
    for control in visible:
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= 44, control.inner_html()


@pytest.mark.parametrize("locale", ["en-US", "es-MX"])
def test_the_form_is_at_most_12_kb_in_three_requests(
    live_sqlite: Live, opener: Opener, locale: str
) -> None:
    page = opener(live_sqlite.url, locale=locale)
    asked: list[Request] = []

    def note(request: Request) -> None:
        asked.append(request)

    page.on("requestfinished", note)
    page.goto("/oakwood/forms/contact", wait_until="networkidle")
    assert all(request.url.startswith(live_sqlite.url) for request in asked)
    assert 1 <= len(asked) <= 3
    sizes = [request.sizes() for request in asked]
    whole = sum(s["responseBodySize"] + s["responseHeadersSize"] for s in sizes)
    assert 2_000 < whole <= 12_000, sizes


def test_the_question_about_another_parents_phone_names_them_as_they_are_typed(
    live_sqlite: Live, opener: Opener
) -> None:
    form = ContactFormPage(opener(live_sqlite.url)).open()
    form.ask_for("Add another parent")
    form.phone("Cell", "(415) 555-0183", n=2)
    expect(form.question(n=2)).to_contain_text("text this parent's number?")
    form.parent(" Ray ", "Moss", "ray@example.com", n=2)
    expect(form.question(n=2)).to_contain_text("text Ray's number?")
    expect(form.page.locator("[name=parent2-asked]")).to_have_value("Ray")
    form.page.fill("[name=parent2-first_name]", "")
    expect(form.question(n=2)).to_contain_text("text this parent's number?")
    expect(form.question()).not_to_contain_text("Ray")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_back_correct_and_send_makes_no_second_student(
    live_sqlite: Live, opener: Opener, script: bool
) -> None:
    surname = "Backagain" if script else "Backplain"
    form = ContactFormPage(opener(live_sqlite.url, script=script)).open()
    fill_in(form, surname, "(415) 555-0177" if script else "(415) 555-0178")
    form.answer("Yes")
    form.send()
    SentPage(form.page)
    form.page.go_back()
    expect(form.page.locator("[name=child1-last_name]")).to_have_value(surname)
    form.child("Matteo", surname)
    form.send()
    SentPage(form.page).says(f"Matteo {surname}")
    desk = opener(live_sqlite.url)
    SignInPage(desk).sign_in(live_sqlite.email("viewer"), live_sqlite.password)
    OverviewPage(desk).look_up(surname)
    expect(desk.locator(".results h2")).to_have_text([f"Matteo {surname}"])


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_parent_and_a_child_with_one_name_send_the_form(
    live_sqlite: Live, opener: Opener, script: bool
) -> None:
    name = "Sukarno" if script else "Suharto"
    form = ContactFormPage(opener(live_sqlite.url, PHONE, script)).open()
    expect(form.page.locator("#child1")).to_contain_text("If there is only one name")
    form.child(name, "")
    form.parent("", f"{name}putra", f"{name.lower()}@example.com")
    form.phone("Home", "(415) 555-0179")
    form.send()
    sent = SentPage(form.page)
    expect(sent.page.locator("main bdi").first).to_have_text(name)


def test_a_parent_who_comes_back_is_offered_to_sign_in(live_sqlite: Live, opener: Opener) -> None:
    page = ContactFormPage(opener(live_sqlite.url, PHONE)).open().page
    page.get_by_role("link", name="Get a link and change only what is new").click()
    expect(page.get_by_label("Email")).to_be_visible()
    page.goto("/oakwood/forms/contact?lang=es")
    page.get_by_role("link", name="Pida un enlace y cambie solo lo nuevo").click()
    expect(page).to_have_url(f"{live_sqlite.url}/oakwood/sign-in")
    expect(page.locator("html")).to_have_attribute("lang", "es")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_mother_and_father_who_each_send_the_form_are_a_hint_to_staff(
    live_sqlite: Live, opener: Opener, size: dict[str, int]
) -> None:
    surname = "Hintwide" if size is DESK else "Hintnarrow"
    number = "(415) 555-0171" if size is DESK else "(415) 555-0172"
    for name in ("Ana", "Ben"):
        form = ContactFormPage(opener(live_sqlite.url)).open()
        form.child("Mateo", surname)
        form.parent(name, f"Of{name}", f"{name.lower()}.{surname.lower()}@example.com")
        form.phone("Home", number)
        form.send()
        SentPage(form.page)
        expect(form.page.locator("main")).not_to_contain_text("Maybe the same family")
    desk = opener(live_sqlite.url, size)
    SignInPage(desk).sign_in(live_sqlite.email("editor"), live_sqlite.password)
    hint = desk.locator("section[aria-labelledby=notices] > ul > li", has_text=surname)
    for _ in range(20):  # a form is applied within a second
        if hint.count():
            break
        desk.wait_for_timeout(200)
        desk.reload()
    expect(hint).to_contain_text("Maybe the same family")
    expect(hint).to_contain_text("the same phone number")
    links = hint.get_by_role("link").all()
    assert len({link.get_attribute("href") for link in links}) == 2
    for link in links:
        assert desk.request.get(f"{live_sqlite.url}{link.get_attribute('href')}").ok
    hint.get_by_role("button").click()
    expect(hint).to_have_count(0)
