"""The search page: what an address means there, and that nothing in one breaks it."""

from urllib.parse import urlencode

import pytest

from portal.queries.search import catalogue
from portal.queries.search import results as search_results
from portal.queries.search.catalogue import BY_KEY, FIELDS
from portal.queries.search.fields import Field, FieldOwner, Kind
from portal.views.staff.search import search as staff_search
from tests.queries.search.search_school import SearchSchool
from tests.support.audit import Page
from tests.support.client import AuditedClient, form_values
from tests.views.staff.search.search_steps import PARENTS, SEARCH, found_by, texts, told, total


def test_a_search_with_many_rows_says_more_than_how_many(
    desk: AuditedClient, world: SearchSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = len(world.rows("parent"))
    monkeypatch.setattr(search_results, "MANY", rows)
    page = desk.page(f"{SEARCH}?{PARENTS}")
    assert texts(page, "#results") == [f"{rows} parents"]
    assert f"Search results, {rows} total" in page.text("main")
    monkeypatch.setattr(search_results, "MANY", rows - 1)
    page = desk.page(f"{SEARCH}?{PARENTS}")
    assert texts(page, "#results") == [f"More than {rows - 1} parents"]
    assert f"Search results, more than {rows - 1} total" in page.text("main")
    assert "Text all" not in page.text("main")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("f2=enrollment_status&o2=currently&v2=enrolled", "doesn't apply to a parent"),
        ("f2=enrollment_status&o2=ever&v2=enrolled&t2=any", "so this filter was skipped"),
        ("f2=grade&o2=is&v2=3", "Grade doesn't apply to a parent"),
        ("f2=shoe_size&o2=is&v2=3", "no field named “shoe_size.”"),
        ("f2=email&o2=currently&v2=a", "Email works with these: is, is not, contains"),
        ("f2=email&o2=like&v2=a", "Email works with these"),
        ("f2=email&o2=is&v2=", "Choose or type something for Email"),
        ("f2=last_name&o2=is&v2=%27%25", "Type letters or digits for Last name"),
        ("f2=language&o2=is&v2=klingon", "Language is one of: English, Spanish"),
        ("f2=primary_phone_opt_in&o2=is&v2=maybe", "is one of: Yes, No"),
        ("f2=primary_phone&o2=contains&v2=abc1", "Type digits for Primary Phone"),
        ("f2=primary_phone&o2=is&v2=0147", "Type the full phone number for Primary Phone"),
        ("f2=created_at&o2=is&v2=yesterday", "Enter a date for Added on"),
        ("f2=created_at&o2=is&v2=0001-01-01", "between 1900 and 2200"),
        (
            "f2=created_at&o2=between&v2=2026-02-01&w2=2026-01-01",
            "the end date is before the start date",
        ),
        ("f2=role&o2=is&v2=student", "Use Role only once"),
        ("f2=role&o2=is_not&v2=student", "Role only works with “is"),
        ("f2=role&o2=is&v2=janitor", "Role is one of: Student, Parent, Consultant"),
        ("&".join(f"f{n}=grade&v{n}=" for n in range(2, 15)), "up to 12 filters"),
        ("col=parent.name&col=student.name", "A column in this link can't be shown"),
        ("col=parent.name&col=x&col=parent.y", "2 columns in this link"),
        ("sort=student.grade", "That column isn't shown"),
    ],
)
def test_what_means_nothing_is_told_and_the_rest_runs(
    world: SearchSchool, desk: AuditedClient, wrong: str, words: str
) -> None:
    page = desk.page(f"{SEARCH}?{PARENTS}&{wrong}&f20=first_name&o20=starts_with&v20=a")
    if "filters" in words:
        page = desk.page(f"{SEARCH}?{PARENTS}&{wrong}")
    assert words in told(page)
    known = world.rows("parent")
    if "filters" not in words:
        known = [p for p in known if p.row.first_key.startswith("a")]
    assert total(page) == len(known)


@pytest.mark.parametrize(
    ("term", "words"),
    [
        ("9", "Your school doesn't have that term"),
        ("1" * 5000, "doesn't have that term"),
        ("x", "doesn't have that term"),
    ],
)
def test_a_term_of_nobody_is_told(
    world: SearchSchool, desk: AuditedClient, term: str, words: str
) -> None:
    page = desk.page(f"{SEARCH}?f1=enrollment_status&o1=currently&v1=enrolled&t1={term}")
    assert words in told(page)
    assert total(page) == len(world.rows("student"))


def test_a_parents_criterion_stays_one_when_rows_become_parents(
    world: SearchSchool, desk: AuditedClient
) -> None:
    asked = "f2=parents.primary_phone_opt_in&o2=is&v2=no"
    page = desk.page(f"{SEARCH}?{PARENTS}&{asked}")
    assert told(page) == ""
    right = [p for p in world.rows("parent") if p.state("primary_phone") == "opted_out"]
    assert total(page) == len(right) > 1


def test_links_walk_all_pages_and_back(world: SearchSchool, desk: AuditedClient) -> None:
    address = f"{SEARCH}?{PARENTS}&sort=-parent.primary_phone&col=parent.name"
    seen: list[list[str]] = []
    page = desk.page(address)
    while True:
        seen.append([box.attrs["value"] for box in page.query("input[name=ids]")])
        links = {link.to_text(): link.attrs["href"] for link in page.query("nav.pages a")}
        if "Next" not in links:
            break
        page = desk.page(links["Next"])
    assert len(seen) > 1
    walked = [one for ids in seen for one in ids]
    assert sorted(walked) == sorted(str(p.id) for p in world.rows("parent"))
    page = desk.page(links["Previous"])
    assert [box.attrs["value"] for box in page.query("input[name=ids]")] == seen[-2]


@pytest.mark.parametrize(
    "asked",
    ["f1=role&o1=is&v1=student", "f1=enrollment_status&o1=currently&v1=", "f1=grade&o1=is&v1="],
)
def test_a_search_of_all_students_stands_in_each_of_its_links(
    world: SearchSchool, desk: AuditedClient, asked: str
) -> None:
    everybody = len(world.rows("student"))
    page = desk.page(f"{SEARCH}?{asked}")
    assert total(page) == everybody
    links = {link.to_text(): link.attrs["href"] for link in page.query("main a[href*='?']")}
    columns = desk.page(links["Change Display/Columns"])
    for link in (links["Next"], links["Grade"], columns.query("[data-close]")[0].attrs["href"]):
        assert (total(desk.page(link)), told(desk.page(link))) == (everybody, ""), link
    if asked == "f1=role&o1=is&v1=student":
        kept = form_values(page, ".save-search form")["address"]
        assert total(desk.page(f"{SEARCH}?{kept}")) == everybody


def test_what_could_not_be_used_stays_while_one_sorts_and_chooses_columns(
    world: SearchSchool, desk: AuditedClient
) -> None:
    asked = f"{PARENTS}&f2=primary_phone&o2=is&v2=0147&f3=grade&v3=4&f4=last_name&v4=a"
    page = desk.page(f"{SEARCH}?{asked}&o4=starts_with")
    links = {link.to_text(): link.attrs["href"] for link in page.query("main a[href*='?']")}
    columns = desk.page(links["Change Display/Columns"])
    for link in (links["Email"], columns.query("[data-close]")[0].attrs["href"]):
        again = desk.page(link)
        assert total(again) == total(page) > 0
        assert "Type the full phone number for Primary Phone" in told(again)
        assert "Grade doesn't apply to a parent" in told(again)
        assert "0147" in form_values(again, "#criteria").values()
    # A file holds what is on the screen.
    assert desk.get(links["CSV"]).content_type.startswith("text/csv")


@pytest.mark.parametrize(
    "asked",
    [
        "f1=grade&o1=is&v1=",
        f"{PARENTS}&f2=primary_phone&o2=is&v2=0147",
        f"{PARENTS}&f2=shoe_size&v2=3",
        "&".join(f"f{n}=grade&o{n}=is_not_empty" for n in range(1, 15)),
    ],
)
def test_a_search_that_lost_a_criterion_is_not_saved_or_texted(
    desk: AuditedClient, asked: str
) -> None:
    """It finds more people than were asked for, and nobody would see why later."""
    page = desk.page(f"{SEARCH}?{asked}")
    assert "before you save this search" in told(page)
    assert total(page) > 0
    assert not page.query(".save-search")
    assert texts(page, "#chosen > .actions button")[0] == "Text selected people"
    assert not page.query("[name=whole]")


def test_a_column_that_is_not_there_holds_nothing_up(desk: AuditedClient) -> None:
    page = desk.page(f"{SEARCH}?{PARENTS}&col=parent.shoes")
    assert "A column in this link" in told(page)
    assert page.query(".save-search")
    assert page.query("[name=whole]")


def test_all_of_a_search_are_sent_a_text(
    world: SearchSchool, desk: AuditedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = desk.page(f"{SEARCH}?f1=last_name&o1=is_not_empty&sort=-student.first_name")
    found = world.rows("student")
    assert texts(page, "[name=whole]") == [f"Text all {len(found)}"]
    fields = form_values(page, "#chosen") | {"whole": "yes"}
    fields.pop("ids", None)
    write = desk.post("/oakwood/staff/texts/new", data=fields)
    assert write.status_code == 200
    kept = form_values(Page(write.text), "main form")["ids"].replace(".", ",").split(",")
    assert sorted(kept) == sorted(str(p.id) for p in found)
    monkeypatch.setattr(staff_search, "MOST_CONTACTS", len(found) - 1)
    assert not desk.page(f"{SEARCH}?f1=last_name&o1=is_not_empty").query("[name=whole]")


@pytest.mark.parametrize("role", ["student", "consultant"])
def test_a_role_that_did_not_count_is_taken_out_and_changes_nothing(
    desk: AuditedClient, role: str
) -> None:
    asked = f"f1=role&o1=is&v1={role}&f2=email&o2=contains&v2=x.org&f3=role&o3=is&v3=parent"
    page = desk.page(f"{SEARCH}?{asked}&remove=3")
    assert texts(page, ".criterion-name") == ["Role", "Email"]
    assert form_values(page, "#criteria")["f2"] == "email"


def test_without_the_role_a_parents_criteria_are_about_students_parents(
    world: SearchSchool, desk: AuditedClient
) -> None:
    asked = f"{PARENTS}&f2=email&o2=contains&v2=x.org&f3=last_name&o3=is_not_empty&col=parent.email"
    page = desk.page(f"{SEARCH}?{asked}&remove=1")
    assert texts(page, ".criterion-name") == ["A parent's Email", "A parent's Last name"]
    assert "A parent's Email" in found_by(page).values()
    again = desk.page(f"{SEARCH}?{urlencode(form_values(page, '#criteria'))}")
    assert told(again) == ""
    right = [
        p
        for p in world.rows("student")
        if any("x.org" in (one.row.email or "").lower() for _, one in p.parents.values())
    ]
    assert total(again) == len(right) > 0


def test_a_column_that_means_nothing_is_told_without_a_search(desk: AuditedClient) -> None:
    page = desk.page(f"{SEARCH}?col=bogus")
    assert "A column in this link can't be shown" in told(page)
    assert "The rest" not in told(page)
    assert not page.query("#results")


def test_columns_that_other_rows_had_are_left_without_a_word(desk: AuditedClient) -> None:
    columns = "col=student.name&col=parent1.email&sort=-parent1.email"
    page = desk.page(f"{SEARCH}?{PARENTS}&{columns}")
    assert told(page) == ""
    assert texts(page, "thead th")[0].startswith("Name")


def test_each_criterion_is_removed_by_its_own_button(desk: AuditedClient) -> None:
    page = desk.page(f"{SEARCH}?f1=grade&v1=3&f2=last_name&v2=a&f3=email&v3=b")
    for place, left in ((1, ["Grade", "Email"]), (1, ["Grade"]), (0, ["Enrollment Status"])):
        button = page.query("button[name=remove]")[place]
        asked = urlencode(form_values(page, "#criteria") | {"remove": button.attrs["value"]})
        page = desk.page(f"{SEARCH}?{asked}")
        assert texts(page, ".criterion-name") == left


def test_a_first_column_that_is_empty_is_a_link_with_words(desk: AuditedClient) -> None:
    asked = f"{PARENTS}&f2=primary_phone&o2=is_empty"
    for key in ("primary_phone", "primary_phone_opt_in", "primary_phone_confirmed_at", "email"):
        page = desk.page(f"{SEARCH}?{asked}&col=parent.{key}")
        assert "(no name)" in texts(page, "tbody th a"), key
        assert all(texts(page, "tbody th a")), key


def test_a_heading_sorts_by_its_column_up_and_down(desk: AuditedClient) -> None:
    page = desk.page(f"{SEARCH}?{PARENTS}")
    by_email = page.query("thead th a")[1].attrs["href"]
    up = desk.page(by_email)
    assert up.query("th[aria-sort=ascending]")[0].to_text().startswith("Email")
    down = desk.page(up.query("thead th a")[1].attrs["href"])
    assert down.query("th[aria-sort=descending]")
    emails = [text for text in texts(up, "tbody td:nth-child(3)") if text]
    assert emails == sorted(emails, key=str.casefold)
    assert texts(down, "tbody td:nth-child(3)")[0] > emails[0]


def test_a_phone_column_shows_number_type_and_circle(
    world: SearchSchool, desk: AuditedClient
) -> None:
    page = desk.page(f"{SEARCH}?{PARENTS}&f2=last_name&v2=blocked&col=parent.other_phone")
    cell = page.query("tbody th")[0]
    assert "(206) 555-0612" in cell.to_text()
    assert "Cell" in cell.to_text()
    circle = cell.query("[data-consent]")[0].attrs
    assert (circle["data-consent"], circle["data-number"]) == ("opted_in", "+12065550612")
    home = desk.page(f"{SEARCH}?{PARENTS}&f2=last_name&v2=home&col=parent.primary_phone")
    assert "(206) 555-0601 ext. 12" in texts(home, "tbody th")[0]
    assert not home.query("tbody [data-consent]")


@pytest.mark.parametrize(
    "name", ["Enrolled students with parents' phones", "Parents who opted out"]
)
def test_what_comes_with_the_school_gives_what_its_name_says(
    world: SearchSchool, desk: AuditedClient, name: str
) -> None:
    page = desk.page(SEARCH)
    form = next(f for f in page.query(".saved form") if name in f.to_text())
    token = form.query("input[name=csrf_token]")[0].attrs["value"]
    answer = desk.post(form.attrs["action"], data={"csrf_token": token})
    assert answer.status_code == 303
    found = desk.page(answer.location)
    assert told(found) == ""
    if name.startswith("Parents"):
        slots = ("primary_phone", "secondary_phone", "other_phone")
        right = [p for p in world.rows("parent") if "opted_out" in {p.state(s) for s in slots}]
    else:
        now = world.terms["now"]
        right = [p for p in world.rows("student") if p.enrolled.get(now) == "enrolled"]
        assert [h for h in texts(found, "thead th") if "Primary Phone" in h][1].startswith(
            "Parent 2"
        )
    assert total(found) == len(right) > 1
    assert "last run" in texts(desk.page(SEARCH), ".saved")[0]


def test_a_field_is_added_by_its_entry_alone(
    world: SearchSchool, desk: AuditedClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """BY_KEY is made of FIELDS where the catalogue is read."""
    field = Field(
        "initials",
        "Shoe Label",
        "Clothes",
        Kind.TEXT,
        frozenset({FieldOwner.PARENT}),
        value=lambda at: at.person.first_key + at.person.last_key,
    )
    monkeypatch.setattr(catalogue, "FIELDS", (*FIELDS, field))
    monkeypatch.setitem(BY_KEY, field.key, field)
    assert found_by(desk.page(f"{SEARCH}?{PARENTS}&find=shoe&found=yes")) == {
        "initials": "Shoe Label"
    }
    address = f"{PARENTS}&f2=initials&o2=contains&v2=noph&col=parent.initials&sort=-parent.initials"
    page = desk.page(f"{SEARCH}?{address}")
    assert (told(page), texts(page, "tbody th")) == ("", ["nophones"])
    assert page.query("th[aria-sort=descending]")
    assert "Shoe Label" in desk.page(f"{SEARCH}/columns?{PARENTS}").query("#offers")[0].to_text()
    sheet = desk.get(f"{SEARCH}.csv?{address}").data.decode("utf-8-sig")
    assert sheet.splitlines() == ['"Shoe Label"', '"nophones"']


def test_nothing_is_searched_for_until_something_is_asked(desk: AuditedClient) -> None:
    page = desk.page(SEARCH)
    assert not page.query("#results")
    assert texts(page, ".criterion-name") == ["Enrollment Status"]
    terms = [o.to_text() for o in page.query("select[name=t1] option")]
    assert terms[-1] == "any term"
    assert page.query("select[name=t1] option")[0].attrs["value"] == ""
