"""`make screenshots`: every page over the demo's families, narrow, between and wide, into
build/screenshots.

Three of them go into docs/images for README.md. `--dark` takes them as they are in dark mode.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page
from sqlalchemy import select

from portal import create_app
from portal.cli.demo import load_families
from portal.config import ROOT
from portal.delivery import text_worker
from portal.enums import ConsentState, InboundVia, StaffRole
from portal.extensions import db, writing
from portal.models import ConsentStatus, Message, ParentLink, Phone
from portal.queries.schools import get_school
from portal.services.actor import Actor
from portal.services.texting import inbound
from portal.services.texting import send as texting
from portal.services.texting.inbound import Received
from tests.support.browser import DESK, PHONE, chromium
from tests.support.databases import Databases, settings
from tests.support.live import serve
from tests.support.people import PASSWORD, make_account

EMAIL = "screenshots@oakwood.example"
SHOTS = ROOT / "build" / "screenshots"
IMAGES = ROOT / "docs" / "images"
FOR_THE_README = {
    ("form-cell", 390): "form.png",
    ("staff-record", 1280): "record.png",
    ("search", 1280): "search.png",
}
TABLET = {"width": 768, "height": 1024}
PHONES = "f1=enrollment_status&o1=currently&v1=enrolled&col=student.name" + "".join(
    f"&col=parent{n}.primary_phone" for n in range(1, 5)
)
Prepare = Callable[[Page], None]


def main() -> None:
    parser = argparse.ArgumentParser(prog="make screenshots")
    parser.add_argument("--dark", action="store_true")
    scheme = "dark" if parser.parse_args().dark else "light"
    databases = Databases("screenshots")
    try:
        with (
            databases.fresh("sqlite") as database,
            serve(database) as live,
            chromium() as browser,
        ):
            student, parent, batch = prepare(database.url)
            shoot(browser, live.url, scheme, pages(student, parent, batch))
    finally:
        databases.remove()


def prepare(url: str) -> tuple[int, int, int]:
    """Families, an account and texts; the student and the parent whose records are shown, and a
    batch."""
    app = create_app(settings(url))
    with app.app_context():
        load_families(40)
        make_account(EMAIL, "oakwood", StaffRole.ADMIN, "Pat Fields")
        make_account(EMAIL, "birchwood", StaffRole.ADMIN)
        student, parent = telling_family()
        batch = send_texts(student)
    text_worker.send_due(app)
    with app.app_context():
        answer_texts(batch)
        db.engine.dispose()
    return student, parent, batch


def send_texts(student: int) -> int:
    """To the parents of all students; the batch."""
    school = get_school("oakwood")
    assert school is not None
    pat = Actor(1, "Pat Fields")
    students = list(db.session.scalars(select(ParentLink.student_id).distinct()))
    words = "Picture day is on Friday. Please send the order form back by Thursday."
    about = f"the parents of {len(students)} students"
    with writing():
        texting.send(school, pat, "p" * 32, about, students, typed=words)
        return texting.send(
            school, pat, "q" * 32, "a family", [student], typed="The bus is 10 minutes late today."
        ).batch_id


def answer_texts(batch: int) -> None:
    """From the phones that got the batch."""
    school = get_school("oakwood")
    assert school is not None
    got = select(Message.number).where(Message.batch_id == batch, Message.state == "sent")
    numbers = [number for number in db.session.scalars(got) if number]
    with writing():
        for n, words in enumerate(("Thank you!", "please stop texting me")):
            number = numbers[n % len(numbers)]
            came = Received(f"shown-{n}", number, school.texting_number, words)
            inbound.receive_text(came, InboundVia.HANDSET)


def telling_family() -> tuple[int, int]:
    """A student one of whose parents is opted in and another one out, and that other parent."""
    states = (
        select(ParentLink.student_id, ParentLink.parent_id, ConsentStatus.state)
        .join(Phone, Phone.contact_id == ParentLink.parent_id)
        .join(ConsentStatus, ConsentStatus.number == Phone.number)
        .order_by(ParentLink.student_id)
    )
    found: dict[int, dict[str, int]] = {}
    for student, parent, state in db.session.execute(states):
        by_state = found.setdefault(student, {})
        by_state[state] = parent
        if {ConsentState.OPTED_IN, ConsentState.OPTED_OUT} <= by_state.keys():
            return student, by_state[ConsentState.OPTED_OUT]
    raise LookupError("no family of the demo has both a green and a red circle")


def pages(student: int, parent: int, batch: int) -> dict[str, tuple[str, Prepare]]:
    """By the file's name: the address, and what is done there first. Signed in from `s` on."""
    record = f"/oakwood/staff/contacts/{student}"
    return {
        "index": ("/", nothing),
        "school": ("/oakwood/", nothing),
        "form": ("/oakwood/forms/contact", nothing),
        "form-cell": ("/oakwood/forms/contact", choose_cell),
        "form-errors": ("/oakwood/forms/contact", send_with_errors),
        "form-sent": ("/oakwood/forms/contact", send),
        "privacy": ("/oakwood/privacy", nothing),
        "terms": ("/oakwood/terms", nothing),
        "not-found": ("/oakwood/nowhere", nothing),
        "sign-in": ("/staff/sign-in", nothing),
        "sign-in-refused": ("/staff/sign-in", lambda page: sign_in(page, "not the password")),
        "staff-schools": ("/staff/sign-in", lambda page: sign_in(page, PASSWORD)),
        "staff-overview": ("/oakwood/staff/", nothing),
        "staff-look-up": ("/oakwood/staff/?q=555", nothing),
        "staff-nothing-found": ("/oakwood/staff/?q=zzzz", nothing),
        "staff-record": (record, nothing),
        "staff-parent": (f"/oakwood/staff/contacts/{parent}", nothing),
        "staff-edit": (f"{record}/edit", nothing),
        "staff-phones": (f"/oakwood/staff/contacts/{parent}/phones", nothing),
        "staff-history": (f"/oakwood/staff/contacts/{parent}/history", nothing),
        "staff-new-student": ("/oakwood/staff/students/new", nothing),
        "staff-new-parent": (f"{record}/parents/new", nothing),
        "texts": ("/oakwood/staff/texts", nothing),
        "texts-replies": ("/oakwood/staff/texts?show=replies", nothing),
        "texts-conversation": ("/oakwood/staff/texts?show=replies", open_conversation),
        "texts-batch": (f"/oakwood/staff/texts/batches/{batch}", nothing),
        "texts-write": (f"/oakwood/staff/texts/new?contact={student}", write_text),
        "texts-check": (f"/oakwood/staff/texts/new?contact={student}", look_text_over),
        "texts-help": ("/oakwood/staff/help", nothing),
        "search": (f"/oakwood/staff/search?{PHONES}", nothing),
        "search-fields": ("/oakwood/staff/search?f1=role&o1=is&v1=parent", find_opt_ins),
        "search-refused": ("/oakwood/staff/search?f1=role&v1=parent&f2=grade&v2=3", nothing),
        "search-columns": (f"/oakwood/staff/search?{PHONES}", open_columns),
    }


def shoot(
    browser: Browser, address: str, scheme: str, wanted: dict[str, tuple[str, Prepare]]
) -> None:
    for width, viewport in ((390, PHONE), (768, TABLET), (1280, DESK)):
        context = browser.new_context(
            base_url=address,
            viewport=viewport,
            color_scheme=scheme,
        )
        page = context.new_page()
        for name, (path, act) in wanted.items():
            page.goto(path)
            act(page)
            save(page, SHOTS / f"{name}-{width}-{scheme}.png")
            if scheme == "light" and (name, width) in FOR_THE_README:
                save(page, IMAGES / FOR_THE_README[name, width], full_page=name != "search")
        context.close()


def save(page: Page, file: Path, full_page: bool = True) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file, full_page=full_page)
    print(file.relative_to(ROOT))


def nothing(page: Page) -> None:
    """The page is shown as it comes."""


def choose_cell(page: Page) -> None:
    fill(page)
    page.evaluate("document.activeElement.blur()")


def fill(page: Page) -> None:
    answers = {
        "child1-first_name": "Mateo",
        "child1-last_name": "Núñez",
        "parent1-first_name": "Ana",
        "parent1-last_name": "Núñez",
        "parent1-email": "ana.nunez@example.com",
        "parent1-primary_phone-number": "(206) 555-0182",
    }
    for name, value in answers.items():
        page.fill(f"[name='{name}']", value)
    choose(page, "child1-grade", "3")
    choose(page, "parent1-relationship", "mother")
    choose(page, "parent1-primary_phone-type", "cell")


def choose(page: Page, name: str, value: str) -> None:
    """Choose in a list or among radio buttons, whichever the page has."""
    if page.locator(f"select[name='{name}']").count():
        page.select_option(f"select[name='{name}']", value)
        return
    page.locator(f"input[name='{name}'][value='{value}']").check(force=True)


def send_with_errors(page: Page) -> None:
    fill(page)
    page.fill("[name='parent1-primary_phone-number']", "206 555")
    page.fill("[name='parent1-email']", "ana.nunez@example")
    submit(page)


def send(page: Page) -> None:
    fill(page)
    choose(page, "parent1-primary_phone-consent", "yes")
    submit(page)


def submit(page: Page) -> None:
    page.locator("main form button").last.click()
    page.wait_for_load_state()


def write_text(page: Page) -> None:
    page.fill("#body", "No school on Monday: the heating is being repaired.")


def open_conversation(page: Page) -> None:
    page.get_by_role("link", name="Reply to").first.click()
    page.wait_for_load_state()
    page.fill("#body", "You're welcome. See you on Friday!")


def look_text_over(page: Page) -> None:
    write_text(page)
    page.get_by_role("button", name="See who gets it").click()
    page.wait_for_load_state()


def find_opt_ins(page: Page) -> None:
    page.locator("summary", has_text="All other fields").click()
    page.fill("#find", "opt")


def open_columns(page: Page) -> None:
    page.get_by_role("link", name="Change Display/Columns").click()
    page.locator("dialog label", has_text="Parent 1").first.click()
    page.locator("dialog summary", has_text="Phones").locator("visible=true").click()


def sign_in(page: Page, password: str) -> None:
    page.fill("[name='email']", EMAIL)
    page.fill("[name='password']", password)
    submit(page)


if __name__ == "__main__":
    main()
