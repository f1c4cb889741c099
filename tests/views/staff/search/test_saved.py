"""Saved searches by their buttons: whose they are, and what is not there for others."""

import pytest
from sqlalchemy import select

from portal.extensions import db, writing
from portal.models import SavedSearch
from portal.services.schools.schools import set_school
from tests.support.audit import Page
from tests.support.client import AuditedClient, form_values
from tests.support.people import SignIn

SEARCH = "/oakwood/staff/search"
SAVED = f"{SEARCH}/saved"
ADDRESS = "f1=grade&o1=is&v1=3"


def save(desk: AuditedClient, name: str, address: str = ADDRESS, **more: str) -> int:
    token = form_values(desk.page(f"{SEARCH}?{ADDRESS}"), ".save-search form")["csrf_token"]
    data = {"csrf_token": token, "name": name, "address": address, **more}
    answer = desk.post(SAVED, data=data)
    assert answer.status_code == 303
    assert answer.location.startswith(f"{SEARCH}?")
    return db.session.scalar(select(SavedSearch.id).where(SavedSearch.name == name)) or 0


def post(desk: AuditedClient, path: str, **data: str) -> int:
    token = form_values(desk.page(SEARCH), ".saved form")["csrf_token"]
    return desk.post(path, data={"csrf_token": token, **data}).status_code


def buttons(desk: AuditedClient) -> dict[str, bool]:
    """The searches that are offered, and whether they can be changed."""
    items = desk.page(SEARCH).query(".saved li")
    return {i.query("button")[0].to_text(): bool(i.query("details")) for i in items}


COMES = {"Paused", "Enrolled students with parents' phones", "Parents who opted out"}


@pytest.mark.parametrize("name", ["opted_out", "opt_out"])
def test_a_search_may_be_named_like_an_opt_out(staff: SignIn, name: str) -> None:
    desk = staff("admin")
    kept = save(desk, name)
    assert name in buttons(desk)
    assert post(desk, f"{SAVED}/{kept}", action="rename", name="Ours") == 303
    assert post(desk, f"{SAVED}/{kept}", action="rename", name=name) == 303
    assert name in buttons(desk)


@pytest.mark.parametrize("role", ["viewer", "editor", "admin"])
def test_what_came_with_the_school_is_for_admins_to_change(staff: SignIn, role: str) -> None:
    desk = staff(role)
    assert buttons(desk) == dict.fromkeys(COMES, role == "admin")
    came = db.session.scalars(select(SavedSearch.id)).first()
    status = post(desk, f"{SAVED}/{came}", action="delete")
    assert status == (303 if role == "admin" else 403)
    assert len(buttons(desk)) == (2 if role == "admin" else 3)


def test_a_private_search_is_not_there_for_others(staff: SignIn) -> None:
    ana, ben = staff("viewer", name="Ana"), staff("admin", name="Ben")
    kept = save(ana, "Third grade")
    assert buttons(ana)["Third grade"]
    assert "Third grade" not in buttons(ben)
    for path in (f"{SAVED}/{kept}/run", f"{SAVED}/{kept}"):
        assert post(ben, path, action="delete") == 404
    assert post(ana, f"{SAVED}/{kept}", action="rename", name="Ours", shared="yes") == 303
    assert buttons(ben)["Ours"] is False
    assert post(ben, f"{SAVED}/{kept}", action="delete") == 403
    assert post(ben, f"{SAVED}/{kept}/run") == 303
    assert post(ana, f"{SAVED}/{kept}", action="delete") == 303
    assert "Ours" not in buttons(ben)


@pytest.mark.parametrize("number", ["0", "1", str(2**63 - 1), str(2**63), "9" * 40])
def test_what_is_nobodys_search_is_not_there(staff: SignIn, number: str) -> None:
    desk = staff("admin")
    assert post(desk, f"{SAVED}/{number}/run") == 404
    assert post(desk, f"{SAVED}/{number}", action="delete") == 404


@pytest.mark.usefixtures("other_school")
def test_another_schools_shared_search_is_not_there(staff: SignIn) -> None:
    theirs = staff("admin", school="birchwood")
    ours = staff("admin")
    kept = save(ours, "Shared", shared="yes")
    token = form_values(theirs.page("/birchwood/staff/search"), ".saved form")
    for path in ("/run", ""):
        answer = theirs.post(f"/birchwood/staff/search/saved/{kept}{path}", data=token)
        assert answer.status_code == 404
        assert theirs.post(f"{SAVED}/{kept}{path}", data=token).status_code == 404


def test_an_address_that_means_harm_is_kept_harmless(staff: SignIn) -> None:
    desk = staff("viewer")
    harm = "f1=email&o1=contains&v1=a%00\r\nSet-Cookie: a=b&x=//evil.example"
    kept = save(desk, "Harm", harm + "\0")
    assert post(desk, f"{SAVED}/{kept}/run") == 303
    row = db.session.get(SavedSearch, (1, kept))
    assert row is not None
    assert row.query_string.startswith("f1=email&o1=contains&v1=a%00%0D%0ASet-Cookie%3A+a%3Db")
    assert "evil" not in row.query_string


def test_where_texting_is_off_a_search_about_texts_does_not_run(staff: SignIn) -> None:
    desk = staff("viewer")
    kept = save(desk, "No answer yet", "f1=role&o1=is&v1=parent&f2=any_texts&o2=is_empty")
    with writing():
        set_school("oakwood", texting_on=False)
    assert set(buttons(desk)) == COMES - {"Parents who opted out", "Paused"}
    assert post(desk, f"{SAVED}/{kept}/run") == 404


def test_a_name_that_will_not_do_stays_beside_what_is_wrong_with_it(staff: SignIn) -> None:
    desk = staff("viewer")
    fields = form_values(desk.page(f"{SEARCH}?{ADDRESS}&col=student.grade"), ".save-search form")
    for name, words in (
        ("  ", "Enter a name for the search."),
        ("x" * 101, "Use 100 characters or fewer"),
    ):
        answer = desk.post(SAVED, data=fields | {"name": name, "shared": "yes"})
        assert answer.status_code == 422
        page = Page(answer.text)
        assert page.text("title").startswith("Error: Search")
        assert words in page.text(".save-search .error")
        assert page.query("#error-summary a")[0].attrs["href"] == "#name-new"
        assert "open" in page.query(".save-search")[0].attrs
        again = form_values(page, ".save-search form")
        typed = {field: again[field] for field in ("name", "shared", "address")}
        assert typed == {"name": name, "shared": "yes", "address": fields["address"]}
        assert form_values(page, "#criteria")["col"] == "student.grade"
    assert set(buttons(desk)) == COMES
    assert desk.post(SAVED, data=again | {"name": "Grades"}).status_code == 303
    assert set(buttons(desk)) == COMES | {"Grades"}


def test_a_search_of_nothing_is_not_kept_and_its_name_stays(staff: SignIn) -> None:
    desk = staff("viewer")
    fields = form_values(desk.page(f"{SEARCH}?{ADDRESS}"), ".save-search form")
    answer = desk.post(SAVED, data=fields | {"name": "Nothing", "address": "x=y"})
    assert answer.status_code == 422
    assert "Search for something first" in Page(answer.text).text("#error-summary")
    assert form_values(Page(answer.text), ".save-search form")["name"] == "Nothing"


def test_a_new_name_that_another_search_has_stays_beside_the_old_one(staff: SignIn) -> None:
    desk = staff("viewer")
    save(desk, "One")
    kept = save(desk, "Two")
    token = form_values(desk.page(SEARCH), ".saved form")["csrf_token"]
    typed = {"csrf_token": token, "action": "rename", "name": "ONE"}
    page = Page(desk.post(f"{SAVED}/{kept}", data=typed).text)
    assert "already have a search named “ONE.”" in page.text(".saved .error")
    opened = [d for d in page.query(".saved li details") if "open" in d.attrs]
    assert "open" in page.query(".saved-list")[0].attrs
    assert [d.query("[name=name]")[0].attrs["value"] for d in opened] == ["ONE"]
    assert page.query("#error-summary a")[0].attrs["href"] == f"#name-{kept}"


@pytest.mark.parametrize("new", [True, False])
def test_a_name_outlives_the_session(staff: SignIn, new: bool) -> None:
    desk = staff("viewer")
    kept = save(desk, "Kept")
    fields = form_values(desk.page(f"{SEARCH}?{ADDRESS}"), ".save-search form")
    typed = {"name": "Bus 4", "shared": "yes", "csrf_token": "an old one"}
    path = SAVED if new else f"{SAVED}/{kept}"
    wait = Page(desk.post(path, data=fields | typed).text)
    answer = desk.post(path, data=form_values(wait))
    assert answer.status_code == 200
    page = Page(answer.text)
    assert "Not saved yet" in page.text(".notice.warn")
    details = page.query(".saved li details, .save-search")
    [opened] = [d for d in details if "open" in d.attrs]
    assert opened.query("[name=name]")[0].attrs["value"] == "Bus 4"
    assert "checked" in opened.query("[name=shared]")[0].attrs
    assert set(buttons(desk)) == COMES | {"Kept"}


def test_what_is_looked_over_again_is_ones_own_and_a_delete_is_pressed_again(
    staff: SignIn,
) -> None:
    ana, ben = staff("viewer", name="Ana"), staff("editor", name="Ben")
    kept = save(ana, "Kept", shared="yes")
    for who, status in ((ben, 403), (ana, 200)):
        assert post(who, f"{SAVED}/{kept}", action="rename", name="x", review="1") == status
        assert post(who, f"{SAVED}/5", action="rename", name="x", review="1") == 404
    assert post(ana, f"{SAVED}/{kept}", action="delete", review="1") == 303
    page = ana.page(SEARCH)
    assert "Choose Delete again" in page.text("main")
    assert "Kept" in buttons(ana)
