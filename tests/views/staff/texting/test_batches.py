"""A batch's page: how far it is, and what became of each number."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.enums import MessageKind, MessageState, StaffRole
from portal.extensions import db, writing
from portal.models import Message
from portal.queries.schools import SchoolRow, get_school
from portal.services.actor import Actor
from portal.services.schools.schools import set_school
from portal.services.texting import send as texting
from portal.views.staff.auth import access
from tests.support.client import AuditedClient, form_values
from tests.support.families import make_parent, phone, stop
from tests.support.people import SignIn, make_account, sign_in

PAT = Actor(1, "Pat Fields")
NUMBERS = [f"+1415555{n}" for n in range(2000, 2120)]


def batch_to(school: SchoolRow, count: int, typed: str = "No school today.") -> str:
    """The page of a batch to so many parents; the last of them has opted out."""
    parents = [
        make_parent(school, f"Ana{n:03} Ruiz", phones=[phone(NUMBERS[n])], typed=True)
        for n in range(count)
    ]
    stop(school, NUMBERS[count - 1])
    with writing():
        sent = texting.send(school, PAT, "key", "some parents", parents, typed=typed)
    return f"/oakwood/staff/texts/batches/{sent.batch_id}"


def becomes(number: str, state: MessageState, code: int | None = None) -> None:
    """The outcome of the batch's text to a number."""
    with writing():
        db.session.execute(
            update(Message)
            .where(Message.number == number, Message.kind == MessageKind.BATCH)
            .values(
                state=state,
                error_code=code,
                reason="provider" if state is MessageState.FAILED else None,
                settled_at=clock.now(),
            )
        )


def rows(client: AuditedClient, address: str) -> list[str]:
    found = client.page(address).query("tbody tr")
    return [" ".join(row.to_text().split()) for row in found]


def test_what_failed_comes_first_with_why_and_what_to_do(staff: SignIn, school: SchoolRow) -> None:
    batch = batch_to(school, 5)
    for n, (state, code) in enumerate(
        [
            (MessageState.DELIVERED, None),
            (MessageState.UNDELIVERED, 30003),
            (MessageState.FAILED, 21614),
            (MessageState.NOT_KNOWN, None),
        ]
    ):
        becomes(NUMBERS[n], state, code)
    page = staff("viewer").page(batch)
    progress = " ".join(page.query("[data-progress]")[0].to_text().split())
    for words in ("Done", "1 sent, 1 of them delivered", "1 not delivered", "1 unconfirmed"):
        assert words in progress
    assert "1 failed: Opted out Call or email instead. Only the parent can opt back in" in progress
    found = " / ".join(rows(staff("viewer"), batch))
    for words in (
        "The phone was off or out of reach. Try again later",
        "Not a cell phone. Ask the parent",
        "The portal was interrupted while sending. This text",
        "Opted out",
    ):
        assert words in found
    assert "Ana000" not in found
    assert "Ana000" in " ".join(rows(staff("viewer"), f"{batch}?show=sent"))


def test_not_known_texts_can_be_written_again_to_the_same_contacts(
    staff: SignIn, school: SchoolRow
) -> None:
    batch = batch_to(school, 2)
    becomes(NUMBERS[0], MessageState.NOT_KNOWN)
    client = staff("editor")
    again = form_values(client.page(batch), "#again")
    page = client.post("/oakwood/staff/texts/new", data=again | {"action": "change"}).text
    assert "No school today.</textarea>" in page
    assert "<bdi>Ana000 Ruiz</bdi>" in page
    assert "Text them again" not in staff("viewer").get(batch).text


def test_what_waits_is_looked_at_again_until_it_is_done(staff: SignIn, school: SchoolRow) -> None:
    batch = batch_to(school, 3)
    client = staff("viewer")
    waits = client.get(batch).text
    assert 'data-progress="waiting" data-rest="0"' in waits
    assert "1 of 3 done" in waits
    assert 'http-equiv="refresh"' in waits
    for number in NUMBERS[:2]:
        becomes(number, MessageState.DELIVERED)
    done = client.get(batch).text
    assert 'data-progress="done"' in done
    assert "refresh" not in done


def test_what_the_send_window_holds_up_says_until_when(
    staff: SignIn, school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = clock.now().astimezone(ZoneInfo(school.timezone)).replace(hour=12)
    monkeypatch.setattr(clock, "now", lambda: noon.astimezone(UTC))
    with writing():
        set_school("oakwood", send_window="00:00-00:01")
    held = get_school("oakwood")
    assert held is not None
    page = staff("viewer").get(batch_to(held, 2)).text
    assert "Texts go out between 12:00 AM and 12:01 AM. The rest will go out" in page
    assert "12:00 AM" in page
    assert 'http-equiv="refresh"' not in page


def test_what_waits_can_be_stopped_by_editors(staff: SignIn, school: SchoolRow) -> None:
    batch = batch_to(school, 3)
    becomes(NUMBERS[0], MessageState.SENT)
    assert "Stop sending" not in staff("viewer").get(batch).text
    client = staff("editor")
    token = form_values(client.page(batch), "main form")
    answer = client.post(f"{batch}/cancel", data=token, follow_redirects=True)
    assert "Stopped. 1 text won&#39;t go out" in answer.text
    assert "Stopped by <bdi>Pat Fields</bdi>" in answer.text
    assert "failed: Stopped by staff" in answer.text
    states = select(Message.state).where(Message.number == NUMBERS[0], Message.kind == "batch")
    assert db.session.scalars(states).one() == "sent"
    again = client.post(f"{batch}/cancel", data=token, follow_redirects=True)
    assert "Nothing to stop" in again.text


def test_another_schools_batch_is_not_there(
    staff: SignIn, school: SchoolRow, other_school: SchoolRow
) -> None:
    batch = batch_to(school, 2)
    client = staff("editor", school="birchwood")
    elsewhere = batch.replace("oakwood", "birchwood")
    token = client.form("/birchwood/staff/", "form.account")
    assert client.get(elsewhere).status_code == 404
    assert client.post(f"{elsewhere}/cancel", data=token).status_code == 404
    waiting = select(Message.state).where(Message.number == NUMBERS[0], Message.kind == "batch")
    assert db.session.scalars(waiting).one() == "queued"


def test_a_large_batch_comes_page_by_page_with_the_same_queries(
    staff: SignIn,
    school: SchoolRow,
    count_queries: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    batch = batch_to(school, 120)
    client = staff("viewer")
    with count_queries() as queries:
        first = rows(client, f"{batch}?show=all")
    assert len(first) == 100
    assert len(queries) <= 8
    more = client.page(f"{batch}?show=all").query("nav.pages a")[0].attrs["href"] or ""
    rest = rows(client, more)
    assert len({*first, *rest}) == 120
    for odd in ("show=x", "after=x", "after=-1", f"after={'9' * 30}"):
        assert client.get(f"{batch}?{odd}").status_code == 200


def test_a_page_that_only_looks_again_does_not_keep_anyone_signed_in(
    client: AuditedClient, school: SchoolRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = batch_to(school, 2)
    make_account("pat@oakwood.example", "oakwood", StaffRole.VIEWER)
    sign_in(client, "pat@oakwood.example")
    began = clock.now()
    half = timedelta(seconds=access.IDLE_SECONDS / 2)
    answers = []
    for passed in (half, 2 * half, 3 * half):
        monkeypatch.setattr(clock, "now", lambda now=began + passed: now)
        answers.append(client.get(batch, headers={access.WATCHING: "1"}).status_code)
    assert answers == [200, 200, 303]
