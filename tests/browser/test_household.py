"""Parents come back on a phone: sign in by mail, change their mind, opt back in."""

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.enums import Answer, ProofKind, Source
from portal.extensions import db, writing
from portal.models import ConsentEvent
from portal.queries.schools import SchoolRow
from portal.services.texting import handset_confirmation
from tests.browser.browser_families import shown
from tests.browser.conftest import DESK, Opener
from tests.browser.pages import ContactFormPage, SignInPage
from tests.support.families import make_parent, make_student, phone, say, stop
from tests.support.live import Live, inside, wait_until_applied
from tests.support.people import newest_code, newest_link

pytestmark = pytest.mark.parametrize("language", ["en", "es"])


class Household:
    """A family on file, its parent's phone in hand."""

    def __init__(self, live: Live, page: Page, name: str, number: str) -> None:
        self.live, self.page, self.number = live, page, number
        self.email = f"ana.{name.lower()}@example.com"
        with inside(live) as school:
            child = make_student(school, f"Mateo {name}")
            self.contact = make_parent(
                school,
                f"Ana {name}",
                child,
                email=self.email,
                phones=[phone(number)],
                typed=True,
                proof=ProofKind.HANDSET,
            )

    def sign_in(self) -> None:
        self.page.goto("/oakwood/sign-in")
        self.page.fill("[name=email]", self.email)
        self.page.locator("main form button").click()
        with inside(self.live):
            code = newest_code(self.email)
        self.page.fill("[name=code]", code)
        self.page.locator("main form button").first.click()
        expect(self.page).to_have_url(re.compile("/household$"))

    def shows(self, state: str) -> None:
        """The number's first circle says so."""
        circle = self.page.locator(f"main [data-number='{self.number}']").first
        expect(circle).to_have_attribute("data-consent", state)

    def change_answer(self, answer: str) -> None:
        self.page.locator("details > summary").first.click()
        self.page.locator(f"button[name=answer][value={answer}]").first.click()

    def stop(self) -> None:
        with inside(self.live) as school:
            stop(school, self.number)


def at(opener: Opener, live: Live, language: str, name: str, number: str) -> Household:
    locale = "es-MX" if language == "es" else "en-US"
    return Household(live, opener(live.url, locale=locale), f"{name}{language}", number)


def newest_source(number: str) -> str | None:
    return db.session.scalar(
        select(ConsentEvent.source)
        .where(ConsentEvent.number == number)
        .order_by(ConsentEvent.seq.desc())
        .limit(1)
    )


def numbers(language: str, n: int) -> str:
    return f"+1503555{n:02d}{1 if language == 'es' else 0}1"


def test_a_parent_signs_in_by_code_and_changes_their_answer(
    live_sqlite: Live, opener: Opener, language: str
) -> None:
    ana = at(opener, live_sqlite, language, "Code", numbers(language, 11))
    ana.sign_in()
    expect(ana.page.locator("html")).to_have_attribute("lang", language)
    ana.shows("opted_in")
    ana.change_answer("no")
    ana.shows("opted_out")
    ana.change_answer("yes")
    ana.shows("opted_in")


def test_a_parent_who_replied_stop_opts_back_in_with_the_form_and_one_tap(
    live_sqlite: Live, opener: Opener, language: str
) -> None:
    ana = at(opener, live_sqlite, language, "Tap", numbers(language, 12))
    ana.stop()
    form = ContactFormPage(ana.page).open()
    form.child("Mateo", f"Tap{language}")
    form.parent("Ana", f"Tap{language}", ana.email)
    form.block().locator("[value=cell]").check(force=True)
    ana.page.fill("[name=parent1-primary_phone-number]", shown(ana.number))
    form.question().locator("[value=yes]").check(force=True)
    form.send()
    expect(ana.page).to_have_url(re.compile("/sent$"))
    wait_until_applied(live_sqlite)
    with inside(live_sqlite):
        link = newest_link(ana.email)
    ana.page.goto(link)
    ana.page.locator("main form button").first.click()
    ana.shows("opted_out")
    ana.page.locator("button[name=mine]").click()
    expect(ana.page.locator("button[name=mine]")).to_have_count(0)
    ana.shows("opted_in")
    with inside(live_sqlite):
        assert newest_source(ana.number) == Source.PARENT_FORM


def test_a_number_that_was_stopped_before_it_was_theirs_is_confirmed_by_the_handset(
    live_sqlite: Live, opener: Opener, language: str
) -> None:
    ana = at(opener, live_sqlite, language, "Word", numbers(language, 13))
    new = numbers(language, 14)
    with inside(live_sqlite) as school:
        stop(school, new)
    ana.sign_in()
    ana.page.goto("/oakwood/household/phones")
    ana.page.fill("[name=primary_phone-number]", shown(new))
    ana.page.locator("[name=primary_phone-consent][value=yes]").check(force=True)
    ana.page.locator("main form button.primary").click()
    word = ana.page.locator(".word-to-text").inner_text()
    with inside(live_sqlite) as school:
        _text(school, new, word)
    ana.page.reload()
    expect(ana.page.locator(f"[data-number='{new}']").first).to_have_attribute(
        "data-consent", "opted_in"
    )


def test_one_tap_says_that_all_is_still_right(
    live_sqlite: Live, opener: Opener, language: str
) -> None:
    ana = at(opener, live_sqlite, language, "Right", numbers(language, 15))
    ana.sign_in()
    ana.page.locator("form.still-right button").click()
    expect(ana.page.get_by_role("status")).to_be_visible()
    expect(ana.page.locator(".own-phone").first).to_contain_text("202")


def test_the_form_comes_filled_in_and_counts_at_once(
    live_sqlite: Live, opener: Opener, language: str
) -> None:
    ana = at(opener, live_sqlite, language, "Filled", numbers(language, 16))
    ana.sign_in()
    form = ContactFormPage(ana.page).open()
    expect(ana.page.locator("[name=child1-last_name]")).to_have_value(f"Filled{language}")
    expect(ana.page.locator("[name=parent1-email]")).to_have_value(ana.email)
    expect(form.question().locator("input:checked")).to_have_count(0)
    form.question().locator("[value=no]").check(force=True)
    form.send()
    expect(ana.page).to_have_url(re.compile("/sent$"))
    ana.page.goto("/oakwood/household")
    ana.shows("opted_out")


def test_an_unsigned_no_is_told_to_the_owner_who_puts_it_right(
    live_sqlite: Live, opener: Opener, language: str
) -> None:
    ana = at(opener, live_sqlite, language, "Owner", numbers(language, 17))
    locale = "es-MX" if language == "es" else "en-US"
    stranger = ContactFormPage(opener(live_sqlite.url, locale=locale)).open()
    stranger.child("Eve", "Stranger")
    stranger.parent("Eve", "Stranger", f"eve.{language}@example.com")
    stranger.block().locator("[value=cell]").check(force=True)
    stranger.page.fill("[name=parent1-primary_phone-number]", shown(ana.number))
    stranger.question().locator("[value=no]").check(force=True)
    stranger.send()
    expect(stranger.page).to_have_url(re.compile("/sent$"))
    wait_until_applied(live_sqlite)
    with inside(live_sqlite):
        link = newest_link(ana.email)
    ana.page.goto(link)
    ana.page.locator("main form button").first.click()
    ana.shows("opted_out")
    ana.change_answer("yes")
    ana.shows("opted_in")


def test_staff_email_the_form_and_its_link_signs_in(
    live_sqlite: Live, opener: Opener, language: str
) -> None:
    ana = at(opener, live_sqlite, language, "Mailed", numbers(language, 18))
    ana.stop()
    desk = opener(live_sqlite.url, DESK)
    SignInPage(desk).open().submit(live_sqlite.email("editor"), live_sqlite.password)
    desk.get_by_role("button", name="Sign out").wait_for()
    desk.goto(f"/oakwood/staff/contacts/{ana.contact}")
    desk.get_by_role("button", name="Email them the form").locator("visible=true").first.click()
    expect(desk.get_by_role("status").first).to_be_visible()
    with inside(live_sqlite):
        link = newest_link(ana.email)
    ana.page.goto(link)
    ana.page.locator("main form button").first.click()
    expect(ana.page).to_have_url(re.compile("/household$"))


def test_a_carriers_block_says_what_to_text_and_where(
    live_sqlite: Live, opener: Opener, language: str
) -> None:
    ana = at(opener, live_sqlite, language, "Block", numbers(language, 19))
    with inside(live_sqlite) as school:
        say(school, ana.number, Source.PARENT_FORM, Answer.YES, ana.contact)
        say(school, ana.number, Source.CARRIER, Answer.NO)
    ana.sign_in()
    phone_card = ana.page.locator(".own-phone").first
    expect(phone_card).to_contain_text("START")
    expect(phone_card).to_contain_text("(206) 555-0147")


def test_signing_out_everywhere_ends_the_other_phone_too(
    live_sqlite: Live, opener: Opener, language: str
) -> None:
    ana = at(opener, live_sqlite, language, "Out", numbers(language, 20))
    ana.sign_in()
    first = ana.page
    ana.page = opener(live_sqlite.url)
    ana.sign_in()
    ana.page.locator("button[name=everywhere]").click()
    first.goto("/oakwood/household")
    expect(first).to_have_url(re.compile("/sign-in$"))


def _text(school: SchoolRow, number: str, word: str) -> None:
    with writing():
        assert handset_confirmation.accept_confirmation_word(school, number, word) is not None
