"""Staff text families; parents answer from their phones; everybody sees what became of it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from portal.enums import PhoneType, Relationship
from portal.extensions import db, writing
from portal.models import Batch
from portal.services.accounts import parent_sign_in
from tests.browser.browser_families import BrowserFamilies, BrowserFamily
from tests.browser.conftest import PHONE, Opener, with_and_without_script
from tests.browser.pages import (
    ParentSignInPage,
    PhoneBlocks,
    PickUpPage,
    RecordPage,
    SignInPage,
    StaffPage,
)
from tests.browser.pages_texts import (
    BatchPage,
    CheckPage,
    ComposePage,
    HandsetPage,
    RepliesPage,
    unread_badge,
)
from tests.support import families
from tests.support.families import phone
from tests.support.live import Live, inside, send_due

WILD = "<script>alert(1)</script>"


def with_two_more_parents(browser_families: BrowserFamilies, family: BrowserFamily) -> str:
    """Ben, whose number opted out, and a parent with no Cell. Gives Ben's number."""
    out = browser_families.number()
    with inside(browser_families.live) as school:
        families.make_parent(
            school,
            f"Ben {family.surname}",
            family.student_id,
            phones=[phone(out)],
            relationship=Relationship.FATHER,
            typed=True,
        )
        families.make_parent(
            school,
            f"{WILD} {family.surname}",
            family.student_id,
            phones=[phone(browser_families.number(), PhoneType.HOME)],
        )
    browser_families.stop(out)
    return out


def send_to(page: Page, contact_id: int, words: str) -> BatchPage:
    compose = ComposePage(page).open(contact_id)
    compose.write(words)
    return compose.see_who_gets_it().send()


def test_staff_text_a_students_parents_and_watch_it_go_out(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener
) -> None:
    family = browser_families.family("Watch")
    with_two_more_parents(browser_families, family)
    page = desk(live_sqlite)
    page.on("dialog", lambda dialog: pytest.fail(f"a name ran as a script: {dialog.message}"))
    RecordPage(page).open(family.student_id)
    page.get_by_role("link", name="Text the parents").click()

    compose = ComposePage(page)
    expect(page.locator("main")).to_contain_text(f"To {family.student}'s parents")
    expect(compose.parents()).to_have_text(
        [
            f"Parent 1, {family.parent}",
            f"Parent 2, Ben {family.surname}",
            f"Parent 3, {WILD} {family.surname}",
        ]
    )
    compose.write("No school on Monday: the heating is being repaired. Tuesday is as usual.")
    expect(compose.length()).to_contain_text("Counts as 1 text.")
    compose.write("No school on Monday: the heating is being repaired. Tuesday is as usual. 🎉")
    expect(compose.length()).to_contain_text("Counts as 2 texts.")

    check = compose.see_who_gets_it()
    expect(check.get_it()).to_have_text("1 number will get it")
    expect(check.will()).to_have_text(f"{family.parent} {family.shown}")
    expect(check.wont()).to_have_text(
        ["1 won't: No cell phone on file", "1 won't: Opted out"], use_inner_text=True
    )
    expect(page.locator("main .bubble")).to_contain_text("Oakwood School: No school on Monday")
    page.clock.install()
    batch = check.send()
    expect(batch.progress()).to_have_text("2 of 3 done")

    send_due(live_sqlite)
    page.clock.fast_forward(3_000)
    expect(batch.progress()).to_have_text("Done")
    expect(batch.said()).to_have_text("Done")
    expect(batch.row("Ben")).to_contain_text("Failed: Opted out")
    expect(batch.row(WILD)).to_contain_text("Failed: No cell phone on file")
    batch.show("Sent")
    expect(batch.row(family.parent)).to_contain_text("Sent")


def test_a_stop_from_the_handset_is_seen_everywhere_at_once(
    live: Live, browser_families_at: Callable[[Live], BrowserFamilies], desk: Opener, opener: Opener
) -> None:
    family = browser_families_at(live).family("Halt")
    page = desk(live)
    send_to(page, family.student_id, "The bus is late today.")
    send_due(live)
    compose = ComposePage(page).open(family.student_id)
    compose.write("The bus is here.")
    check = compose.see_who_gets_it()  # and while it is looked over the parent replies STOP

    handset = HandsetPage(opener(live.url, PHONE), family.number).open()
    expect(handset.got("The bus is late today.")).to_be_visible()
    expect(handset.got("to cancel, reply STOP")).to_have_count(1)  # the welcome, before the first
    handset.tap("STOP")
    handset.tap("STOP")

    batch = check.send()
    expect(batch.row(family.parent)).to_contain_text("Failed: Opted out")
    send_due(live)
    expect(batch.progress()).to_have_text("Done")
    handset.open()
    expect(handset.got("The bus is here.")).to_have_count(0)
    expect(handset.got("won't get more texts")).to_have_count(1)

    RecordPage(page).open(family.student_id).shows(family.number, "opted_out")
    expect(page.locator("#texts + ul")).to_contain_text("STOP: opted out")
    look_up = StaffPage(page).look_up(family.surname)
    expect(look_up.page.locator(f"main [data-number='{family.number}']")).to_have_attribute(
        "data-consent", "opted_out"
    )
    page.goto(
        f"/oakwood/staff/search?f1=last_name&o1=is&v1={family.surname}"
        "&col=student.name&col=parent1.primary_phone"
    )
    expect(page.locator(f"main [data-number='{family.number}']")).to_have_attribute(
        "data-consent", "opted_out"
    )
    compose.open(family.student_id).write("Once more")
    compose.see_who_gets_it()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was sent")
    expect(check.wont()).to_have_text("1 won't: Opted out", use_inner_text=True)


def test_a_wish_to_stop_pauses_and_waits_unread_on_every_page_until_staff_decide(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener, opener: Opener
) -> None:
    family = browser_families.family("Wish")
    page = desk(live_sqlite)
    page.goto("/oakwood/staff/help")
    before = unread_badge(page)
    handset = HandsetPage(opener(live_sqlite.url, PHONE), family.number).open()
    handset.text("please stop texting me")
    send_due(live_sqlite)
    expect(handset.open().got("We paused texts to this number")).to_be_visible()

    for path in ("", "search", "texts", "help", f"contacts/{family.student_id}"):
        page.goto(f"/oakwood/staff/{path}")
        assert unread_badge(page) == before + 1, path
    page.get_by_role("navigation", name="Staff").get_by_role("link", name="Texts").click()
    replies = RepliesPage(page)
    reply = replies.unread(family.shown)
    expect(reply).to_contain_text("Asks us to stop: texts paused")
    expect(reply).to_contain_text(f"Child: {family.student}")
    expect(reply.locator("[data-consent]")).to_have_attribute("data-consent", "opted_in")
    expect(reply.get_by_role("link", name=family.parent, exact=True)).to_have_attribute(
        "href", re.compile(f"/contacts/{family.parent_id}$")
    )
    page.goto(f"/oakwood/staff/contacts/{family.parent_id}")
    expect(page.locator("[data-pause]").first).to_have_attribute("data-pause", "likely_stop")
    compose = ComposePage(page)
    compose.open(family.student_id).write("No school today")
    compose.see_who_gets_it()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was sent")

    page.goto("/oakwood/staff/")
    wish = page.locator("[aria-labelledby=wishes] li", has_text=family.shown)
    wish.get_by_role("button", name="They want to stop").click()
    StaffPage(page).told("Noted: they asked us to stop.")
    expect(replies.open().read(family.shown)).to_be_visible()
    assert unread_badge(page) == before


def test_staff_answer_a_reply_on_a_phone_without_script_until_the_parent_says_stop(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener, opener: Opener
) -> None:
    family = browser_families.family("Talk")
    page = desk(live_sqlite, size=PHONE, script=False)
    send_to(page, family.student_id, "The bus is late today.")
    send_due(live_sqlite)
    handset = HandsetPage(opener(live_sqlite.url, PHONE), family.number).open()
    handset.text("How late is it?")

    reply = RepliesPage(page).open().unread(family.shown)
    expect(reply).to_contain_text("“Oakwood School: The bus is late today.”")
    talk = RepliesPage(page).conversation("How late is it?")
    expect(talk.bubbles().last).to_have_text("How late is it?")
    talk.reply("Ten minutes.")
    expect(talk.bubbles().last).to_have_text("Oakwood School: Ten minutes.")
    expect(RepliesPage(page).open().unread(family.shown)).to_have_count(0)
    send_due(live_sqlite)
    handset.open()
    expect(handset.got("Ten minutes.")).to_be_visible()
    handset.tap("STOP")
    RecordPage(page).open(family.student_id)
    page.get_by_role("link", name=f"Texts with {family.shown}").click()
    expect(talk.box()).to_contain_text("This number can't be texted: Opted out.")
    expect(page.get_by_label("Your reply")).to_have_count(0)


def test_the_word_from_the_household_page_texted_from_the_phone_turns_it_green(
    live_sqlite: Live, browser_families: BrowserFamilies, opener: Opener
) -> None:
    family, out = browser_families.family("Green"), browser_families.number()
    browser_families.stop(out)
    page = opener(live_sqlite.url)
    page.clock.install()
    with inside(live_sqlite) as school, writing():
        link = f"/oakwood/sign-in/link/{parent_sign_in.make_link(school.id, family.email, 'code')}"
    ParentSignInPage(page).follow(link)
    page.goto("/oakwood/household/phones")
    phones = PhoneBlocks(page)
    phones.phone("Cell", out[2:], "secondary_phone")
    phones.answer("Yes", "secondary_phone")
    phones.save()
    word = page.locator(".word-to-text").inner_text()

    HandsetPage(opener(live_sqlite.url, PHONE), out).open().text(word)
    page.clock.fast_forward(5_000)
    expect(page.get_by_role("heading", name="It worked")).to_be_visible()
    expect(page.locator(f"[data-number='{out}']")).to_have_attribute("data-consent", "opted_in")


@with_and_without_script
def test_a_double_tap_on_send_makes_one_batch(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener, script: bool
) -> None:
    family = browser_families.family("Twice")
    page = desk(live_sqlite, size=PHONE, script=script)
    RecordPage(page).open(family.student_id)
    page.get_by_role("link", name="Text the parents").click()
    compose = ComposePage(page)
    compose.write("Once only")
    check = compose.see_who_gets_it()
    expect(check.get_it()).to_have_text("1 number will get it")
    check.send_button().dblclick()
    BatchPage(page)
    with inside(live_sqlite):
        made = select(func.count()).where(Batch.about == f"{family.student}'s parents")
        assert db.session.scalar(made) == 1
    send_due(live_sqlite)
    page.reload()
    expect(BatchPage(page).progress()).to_have_text("Done")


def test_what_is_written_outlasts_the_session(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener
) -> None:
    family = browser_families.family("Outlast")
    with_two_more_parents(browser_families, family)
    second = f"Parent 2, Ben {family.surname}"
    page = desk(live_sqlite)
    compose = ComposePage(page).open(family.student_id)
    compose.leave_out(second)
    compose.write("Long to write, hard to lose")
    page.context.clear_cookies()
    compose.see_who_gets_it()
    SignInPage(page).submit(live_sqlite.email("editor"), live_sqlite.password)
    PickUpPage(page).show()
    expect(page.locator("main")).to_contain_text("Not sent yet")
    expect(compose.text()).to_have_value("Long to write, hard to lose")
    expect(page.get_by_label(second)).not_to_be_checked()
    expect(CheckPage(page).send_button()).to_have_count(0)
    expect(compose.see_who_gets_it().get_it()).to_have_text("1 number will get it")


def test_of_two_who_stop_a_batch_the_second_is_told_that_nothing_waited(
    live_sqlite: Live, browser_families: BrowserFamilies, desk: Opener
) -> None:
    family = browser_families.family("Cancel")
    one = send_to(desk(live_sqlite), family.student_id, "Not after all")
    other = BatchPage(_same_page(desk(live_sqlite, "admin"), one.page.url))
    one.stop()
    one.told("Stopped. 1 text won't go out.")
    other.stop()
    other.told("Nothing to stop")
    for batch in (one, other):
        expect(batch.progress()).to_have_text("Stopped by Editor")
        expect(batch.row(family.parent)).to_contain_text("Failed: Stopped by staff")


def _same_page(page: Page, url: str) -> Page:
    page.goto(url)
    return page
