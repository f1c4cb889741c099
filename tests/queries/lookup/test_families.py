"""The look-up: what finds a family, what comes first, what it costs."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from portal.enums import ConsentState, ContactRole, Relationship
from portal.extensions import writing
from portal.normalize import clean
from portal.queries.lookup import families as family_lookup
from portal.queries.lookup import ranking
from portal.queries.lookup.families import MOST, look_up
from portal.queries.lookup.terms import Digits, Word, terms_of
from portal.queries.schools import SchoolRow
from portal.services.contacts import contacts
from tests.support.families import HOME, WORK, make_parent, make_student, phone
from tests.support.people import SignIn

CountQueries = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def mateo(school: SchoolRow) -> int:
    """Mateo Ruiz with Ana and Ben, and two families beside him."""
    mateo = make_student(school, "Mateo Ruiz")
    make_parent(
        school,
        "Ana María Núñez-O'Brien",
        mateo,
        email="Ana.Ruiz-Obrien@Example.com",
        phones=[phone("+12065550182"), phone("+12065550120", WORK, 1, "12")],
        typed=True,
    )
    make_parent(
        school,
        "Ben Ruiz",
        mateo,
        phones=[phone("+447400123456")],
        relationship=Relationship.FATHER,
    )
    noor = make_student(school, "Noor Adams", grade="5")
    make_parent(
        school, "Sam Adams", noor, email="sam@adams.example", phones=[phone("+12065550147")]
    )
    make_parent(school, "Lone Parker", phones=[phone("+15035550147", HOME)])
    return mateo


def names(school: SchoolRow, typed: str) -> list[str]:
    return [found.name for found in look_up(school, typed).found]


ANY_PART = [
    "mateo",
    "MATEO RUIZ",
    "ruiz mateo",
    "Ruiz, Mateo",
    "mat rui",
    "ana nunez",
    "NÚÑEZ",
    "obrien ana",
    "o'brien",
    "o’brien maria",
    "nunez-obrien",
    "ben",
    "ana.ruiz-obrien@example.com",
    "ANA.RUIZ",
    "ruiz-obrien@",
    "206 555 0182",
    "(206) 555-0182",
    "(206)5550182",
    "555-0182",
    "0182",
    "+1 206 555 0182",
    "1-206-555-0182",
    "206.555.01.82",
    "２０６ ５５５ ０１８２",
    "555-0120 x 12",
    "011 44 7400",
    "011 44 7400 123456",
    "00447400",
    "+44 7400",
    "07400",
    "07400 123456",
    "123 456",
    "mateo 0182",
    "0182 ruiz",
    "mateo ana ben",
    "ana 07400",
]
PASTED = [
    "447400123456",
    "44 7400 123456",
    "447400",
    "2065550182 2065550120",
    "206-555-0182 / 206-555-0120",
    "2065550182/2065550120",
    "(206) 555-0182 (206) 555-0120 x 12",
    "+12065550182+447400123456",
    "206 555 0182 0120",
    "ana 2065550182 44 7400 123456 ben",
    "Ana Núñez <ana.ruiz-obrien@example.com>",
    "ana.ruiz-obrien@example.com,",
    '"ana.ruiz-obrien@example.com"; ben',
    "0182,",
    "0182, 0120",
    "0182,0120;",
    "'0182'",
    "ruiz: (206) 555-0182, ext. 4",
]


@pytest.mark.parametrize("typed", ANY_PART)
def test_a_family_is_found_by_any_part_of_any_member(
    school: SchoolRow, mateo: int, typed: str
) -> None:
    assert names(school, typed) == ["Mateo Ruiz"]


@pytest.mark.usefixtures("mateo")
def test_what_is_pasted_with_marks_around_it_or_by_twos_is_found(school: SchoolRow) -> None:
    for typed in PASTED:
        assert names(school, typed) == ["Mateo Ruiz"], typed


NEITHER_HERE_NOR_THERE = [
    "44 20 7946 0958",
    "525512345678",
    "2065550147 4155550100",
    "4155550100 / 5035550101",
    "12345678901234567890",
    "1" * 99,
    "1 " * 50,
    "0" * 12,
]


@pytest.mark.usefixtures("mateo")
def test_digits_of_nobodys_number_find_nobody_however_many(school: SchoolRow) -> None:
    for typed in NEITHER_HERE_NOR_THERE:
        for with_another in ("", "mateo "):
            assert names(school, with_another + typed) == [], typed


WITHOUT_THEIR_CODE = [
    "55 1234 5678",  # of which a number in New Jersey could be made
    "52 55 1234 5678",
    "+52 55 1234 5678",
    "zoe 5512345678",
    "20 7946 0958",  # and one in Maine
    "020 7946 0958",
    "44 20 7946 0958",
    "5512345678 2079460958",
]


def test_a_part_that_is_a_number_here_by_itself_finds_the_longer_one(school: SchoolRow) -> None:
    zoe = make_student(school, "Zoe Lim")
    abroad = [phone("+525512345678"), phone("+442079460958", HOME, 1)]
    make_parent(school, "Ines Lim", zoe, phones=abroad)
    for typed in WITHOUT_THEIR_CODE:
        assert names(school, typed) == ["Zoe Lim"], typed


def test_the_number_itself_comes_before_longer_ones(school: SchoolRow) -> None:
    make_parent(school, "Abroad Abbot", phones=[phone("+525512345678")])
    make_parent(school, "Here Zed", phones=[phone("+15512345678")])
    assert names(school, "(551) 234-5678") == ["Here Zed", "Abroad Abbot"]
    assert names(school, "e (551) 234-5678") == []
    assert names(school, "her (551) 234-5678") == ["Here Zed"]


def test_where_all_are_common_the_same_is_found(
    school: SchoolRow, mateo: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranking, "FEW", 0)
    for typed in ANY_PART:
        assert names(school, typed) == ["Mateo Ruiz"], typed
    for typed in ("mateo 0147", "ana parker", "noor ruiz", "ben adams 0182"):
        assert names(school, typed) == [], typed


def test_one_person_with_all_of_it_is_found_among_however_many(
    school: SchoolRow, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(ranking, "FEW", 0)
    monkeypatch.setattr(ranking, "MANY", 3)
    family_lookup.families_statement.cache_clear()  # statements with the numbers as they were
    request.addfinalizer(family_lookup.families_statement.cache_clear)
    for n in range(5):
        make_parent(school, f"Mia {'ABCDE'[n]}dams")
        make_parent(school, f"Noor Pat{'abcde'[n]}k")
    make_parent(school, "Miriam Patel")
    assert names(school, "mi pat") == ["Miriam Patel"]


def test_a_whole_name_is_not_crowded_out_by_those_that_begin_so(
    school: SchoolRow, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    family_lookup.families_statement.cache_clear()
    request.addfinalizer(family_lookup.families_statement.cache_clear)
    monkeypatch.setattr(ranking, "TOGETHER", 3)
    for n, first in enumerate(("Joan", "Joseph", "Jorge", "Joy", "Jolene", "Jo", "John", "Joel")):
        make_parent(school, f"{first} Smith")
        make_parent(school, f"{first} Other{'abcdefgh'[n]}")
    for few in (300, 0):
        monkeypatch.setattr(ranking, "FEW", few)
        for typed in ("jo smith", "smith jo", "jo smit"):
            assert names(school, typed)[0] == "Jo Smith", typed


@pytest.mark.parametrize(
    "typed",
    ["", "   ", "-", "()", "%", "_", "mateo 0147", "xyzzy", "ateo ruizz", "' or 1=1", "\x00", "+"],
)
def test_what_does_not_match_in_every_term_is_not_found(
    school: SchoolRow, mateo: int, typed: str
) -> None:
    assert names(school, typed) == []


def test_a_student_comes_with_parents_in_order_and_their_phones(
    school: SchoolRow, mateo: int
) -> None:
    [found] = look_up(school, "mateo").found
    assert (found.id, found.grade, found.enrollment) == (mateo, "3", "enrolled")
    assert [(p.position, p.name, p.relationship) for p in found.parents] == [
        (1, "Ana María Núñez-O'Brien", Relationship.MOTHER),
        (2, "Ben Ruiz", Relationship.FATHER),
    ]
    assert [(p.shown, p.state) for p in found.parents[0].phones] == [
        ("(206) 555-0182", ConsentState.OPTED_IN),
        ("(206) 555-0120", None),
    ]
    assert found.parents[1].phones[0].state is ConsentState.NOT_ASKED


def test_a_parent_without_students_is_found_alone(school: SchoolRow, mateo: int) -> None:
    [found] = look_up(school, "parker").found
    assert found.role is ContactRole.PARENT
    assert found.parents == []
    assert [p.shown for p in found.phones] == ["(503) 555-0147"]


def test_each_is_called_what_they_are_and_an_email_that_was_found_is_shown(
    school: SchoolRow, mateo: int, staff: SignIn
) -> None:
    with writing():
        contacts.create_contact(school.id, "Ana", "Consults", ContactRole.CONSULTANT, "staff")
        both = contacts.create_contact(school.id, "Ana", "Does", ContactRole.CONSULTANT, "staff")
        contacts.become_parent(school.id, both.id)
    page = staff("viewer").page("/oakwood/staff/?q=ana")
    called = {
        card.query("h2")[0].to_text(): card.query(".card-head .soft")[0].to_text()
        for card in page.query(".results > li")
    }
    assert called == {
        "Ana Consults": "Consultant",
        "Ana Does": "Parent, no student on file",
        "Mateo Ruiz": "Student, Grade 3, enrolled",
    }
    emails = [email.to_text() for email in page.query(".family .address")]
    assert emails == ["Ana.Ruiz-Obrien@Example.com"]


def test_digits_at_the_end_of_a_number_find_all_that_have_them(
    school: SchoolRow, mateo: int
) -> None:
    assert names(school, "0147") == ["Noor Adams", "Lone Parker"]


def test_digits_inside_of_numbers_are_looked_for_only_where_too_few_end_so(
    school: SchoolRow,
) -> None:
    make_parent(school, "Ines Abbot", phones=[phone("+12065501774")])
    make_parent(school, "Zoe Young", phones=[phone("+14155550177")])
    few = look_up(school, "0177")
    assert [one.name for one in few.found] == ["Zoe Young", "Ines Abbot"]
    assert not few.more
    for n in range(MOST):
        make_parent(school, f"Kim Zane{n:02}", phones=[phone(f"+1415{500 + n}0177")])
    many = look_up(school, "0177")
    assert (len(many.found), many.more) == (MOST, True)
    assert "Ines Abbot" not in [one.name for one in many.found]


def test_signs_in_an_email_stand_for_themselves(school: SchoolRow) -> None:
    make_parent(school, "Ana Ruiz", email="a_r%1@example.com")
    make_parent(school, "Ben Ruiz", email="abrx1@example.com")
    assert names(school, "a_r%1@") == ["Ana Ruiz"]
    assert names(school, "a_r%1@example.com") == ["Ana Ruiz"]
    assert names(school, "a\\_r@") == []


def test_siblings_are_each_found_through_their_parent(school: SchoolRow) -> None:
    first, second = make_student(school, "Ada Kim"), make_student(school, "Bo Kim")
    make_parent(school, "Jun Park", first, second, phones=[phone("+12065550199")])
    assert names(school, "jun") == ["Ada Kim", "Bo Kim"]
    assert names(school, "0199") == ["Ada Kim", "Bo Kim"]


def test_whole_words_come_before_beginnings_before_parts(school: SchoolRow) -> None:
    for name in ("Joanna Zed", "Anastasia Young", "Ana Xu"):
        make_student(school, name)
    assert names(school, "ana") == ["Ana Xu", "Anastasia Young"]
    assert names(school, "ann") == ["Joanna Zed"]
    make_student(school, "Susana Able")
    assert names(school, "ana") == ["Ana Xu", "Anastasia Young", "Susana Able"]


def test_one_person_with_all_the_words_comes_before_two_who_share_them(school: SchoolRow) -> None:
    apart = make_student(school, "Aaron Ruiz")
    make_parent(school, "Ben Abbot", apart)
    together = make_student(school, "Zoe Zhang")
    make_parent(school, "Ben Ruiz", together)
    assert names(school, "ben ruiz") == ["Zoe Zhang", "Aaron Ruiz"]


def test_names_in_other_scripts_are_found(school: SchoolRow) -> None:
    make_student(school, "太郎 山田")
    make_student(school, "نور حداد")
    assert names(school, "山田") == ["太郎 山田"]
    assert names(school, "نور") == ["نور حداد"]


SPELLED = [
    ("delacruz", "Ana", "De La Cruz"),
    ("de la cruz", "Ana", "Delacruz"),
    ("DELACRUZ ana", "Ana", "De La Cruz"),
    ("de la rosa", "Juan", "DelaRosa"),
    ("juan de la rosa", "Juan", "DelaRosa"),
    ("de la ros", "Juan", "DelaRosa"),
    ("oconnor", "Liam", "O Connor"),
    ("o'connor", "Liam", "O Connor"),
    ("o connor", "Liam", "OConnor"),
    ("vanderberg", "Jan", "van der Berg"),
    ("van der berg", "Jan", "Vanderberg"),
    ("vander berg", "Jan", "van der Berg"),
    ("macdonald", "Flora", "Mac Donald"),
    ("st john", "Eve", "StJohn"),
    ("stjohn", "Eve", "St. John"),
    ("abdulrahman", "Abdul Rahman", "Siddiqui"),
    ("abdulrahman", "Abdul", "Rahman Siddiqui"),
    ("abdulrahm", "Abdul", "Rahman"),
    ("abdul rahman", "Abdulrahman", "Siddiqui"),
    ("alhassan", "Omar", "Al-Hassan"),
    ("al hassan", "Omar", "Alhassan"),
    ("maryann", "Mary Ann", "Lee"),
    ("jo anne", "Joanne", "Lee"),
    ("thihong", "Thị Hồng", "Đặng"),
    ("kaiulani", "Ka\u02bbiulani", "Park"),
    ("ka'iulani", "Ka\u02bbiulani", "Park"),
    ("ka\u02bbiulani", "Kaiulani", "Park"),
    ("xaltocan", "X\ua78caltocan", "Park"),  # a saltillo
    ("saleh", "\u02bf\u1e62\u0101le\u1e25", "Park"),  # an ayin, and dots
    ("obrien", "Pat", "O\u00b4Brien"),
    ("\u0641\u0627\u0637\u0645\u0647", "\u0641\u0627\u0637\u0645\u0629", "Park"),  # ta marbuta
    ("\u0639\u0644\u064a", "\u0639\u0644\u06cc", "Park"),  # yeh
    ("\u0645\u0648\u0633\u0649", "\u0645\u0648\u0633\u064a", "Park"),  # alef maqsura
    ("\u0643\u0631\u064a\u0645", "\u06a9\u0631\u06cc\u0645", "Park"),  # kaf
    ("\u0645\u062d\u0645\u062f", "\u0645\u062d\u0640\u0640\u0645\u062f", "Park"),  # tatweel
    ("\u0627\u062d\u0645\u062f", "\u0623\u062d\u0645\u062f", "Park"),  # alef with hamza
    (
        "\u0639\u0628\u062f\u0627\u0644\u0644\u0647",
        "\u0639\u0628\u062f \u0627\u0644\u0644\u0647",
        "Park",
    ),
    ("\u06af\u0644 \u067e\u0631\u06cc", "\u06af\u0644\u200c\u067e\u0631\u06cc", "Park"),  # a joiner
    ("王小明", "小明", "王"),
    ("王 小明", "王小明", "Park"),
    ("小明王", "小明", "王"),
    ("김민준", "민준", "김"),
    ("山田太郎", "太郎", "山田"),
    ("さくら", "さくら", "山田"),
    ("ﾔﾏﾀﾞ", "太郎", "ヤマダ"),
    ("葛城", "太郎", "葛\U000e0100城"),
    ("an\u200ba\ufe0f lo\u3164pez", "Ana", "Lopez"),
]


@pytest.mark.parametrize(("typed", "first", "last"), SPELLED, ids=ascii)
def test_a_name_is_found_however_its_words_are_parted_or_its_letters_typed(
    school: SchoolRow, typed: str, first: str, last: str
) -> None:
    with writing():
        contacts.create_contact(school.id, first, last, ContactRole.STUDENT, "staff")
        contacts.create_contact(school.id, "Somebody", "Else", ContactRole.STUDENT, "staff")
    assert names(school, typed) == [clean(f"{first} {last}")]


@pytest.mark.usefixtures("mateo")
@pytest.mark.parametrize(
    "typed",
    [
        "Cell: (206) 555-0182",
        "cell (206) 555-0182",
        "(206) 555-0182 cell",
        "Mobile phone: 206.555.0182",
        "tel:+1-206-555-0182",
        "sms:+12065550182",
        "whatsapp: +1 206 555 0182",
        "Tel. 206 555 0182",
        "NÚÑEZ ANA (206) 555-0182",
        "206_555_0182",
        "\u201c206 555 0182\u201d",
        "206\u2022555\u20220182;",
        "\u202a+1 206-555-0182\u202c",
        "\u3164206 555 0182",
        "tel:+1-206-555-0120;ext=12",
        "Cell: 0182",
        "Celular: 206 555 0182",
    ],
    ids=ascii,
)
def test_a_number_is_found_with_what_it_was_copied_with(school: SchoolRow, typed: str) -> None:
    assert names(school, typed) == ["Mateo Ruiz"]


def test_a_name_in_one_word_comes_after_the_same_in_several(school: SchoolRow) -> None:
    make_student(school, "Zoe Delarosa")
    make_student(school, "Ana De La Rosa")
    assert names(school, "de la rosa") == ["Ana De La Rosa", "Zoe Delarosa"]
    assert set(names(school, "delarosa")) == {"Ana De La Rosa", "Zoe Delarosa"}


def test_no_more_than_a_page_is_given_and_it_says_so(school: SchoolRow) -> None:
    for n in range(MOST):
        make_student(school, f"Kim {'abcdefghijklmnopqrstuvwxyz'[n]}")
    assert not look_up(school, "kim").more
    make_student(school, "Kim Zz")
    found = look_up(school, "kim")
    assert len(found.found) == MOST
    assert found.more


def test_another_schools_families_are_never_found(
    school: SchoolRow, other_school: SchoolRow, mateo: int
) -> None:
    assert names(other_school, "mateo") == []
    assert names(other_school, "0182") == []


@pytest.mark.parametrize(
    ("typed", "most"),
    [
        ("555", 2),  # the families, and their phones
        ("kim", 3),  # once more for parts of words, where whole ones find few
        ("jun", 3),
        ("kim 0100", 5),  # before each of these, which term is the rarest
    ],
)
def test_a_look_up_takes_the_same_few_queries_however_many_families(
    school: SchoolRow, count_queries: CountQueries, typed: str, most: int
) -> None:
    counts = []
    for size in (1, 12):
        for n in range(size):
            child = make_student(school, f"Kim Lee{n}")
            make_parent(school, f"Jun Lee{n}", child, phones=[phone("+12065550100")])
        with count_queries() as queries:
            assert look_up(school, typed).found
        counts.append(len(queries))
    assert counts[0] == counts[1] <= most


def test_terms_are_words_and_numbers() -> None:
    assert terms_of("Ana (206) 555-0182 ruiz", "US") == [
        Word("ana"),
        Digits("2065550182", exact="+12065550182"),
        Word("ruiz"),
    ]
    assert terms_of("011 44 7400", "US") == [Digits("011447400", ("+447400",))]
    assert terms_of("07400", "GB")[0].starts == ("+447400",)
    assert terms_of("a@b.example", "US") == [Word("a@b.example", is_email=True)]
    assert terms_of("415 555 0100 (206) 555-0182 44 20 7946 0958", "US") == [
        Digits("4155550100", exact="+14155550100"),
        Digits("2065550182", exact="+12065550182"),
        Digits("442079460958", exact="+442079460958"),
    ]
    # Ten of its digits are a number in North Carolina; all of them are one in India.
    assert terms_of("91 98 765 432 10", "US") == [Digits("919876543210", exact="+919876543210")]
    assert len(terms_of("x " * 500 + "y z", "US")) <= 8
