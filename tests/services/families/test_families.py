"""Mother and father each send the form for the same child: staff are told, the sender never is."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from unittest.mock import patch

import pytest
from sqlalchemy import select, text

from portal import clock
from portal.enums import ContactRole, Grade, NoticeKind, PhoneType, ProposalKind, Slot
from portal.extensions import db, writing
from portal.form_answers import ChildAnswer, ContactAnswers, ParentAnswer, PhoneAnswer
from portal.models import Contact, ContactRoleAssignment, ParentLink, RecordEdit, StaffNotice
from portal.queries.schools import SchoolRow
from portal.services.accounts import parent_sessions
from portal.services.accounts.tokens import token_hash
from portal.services.contacts.bulk import Bulk
from portal.services.families import family_hints
from portal.services.intake import receive
from portal.services.intake.receive import FormContext
from portal.services.mail import staff_notices
from tests.support.families import make_parent, make_student, phone
from tests.support.intake import Take, sheet, waiting

HOME, OTHER = "+14155550101", "+14155550102"


def adult(name: str, email: str | None, number: str = OTHER) -> ParentAnswer:
    first, _, last = name.partition(" ")
    home = PhoneAnswer(Slot.PRIMARY, PhoneType.HOME, number, None, None)
    return ParentAnswer(first, last, None, email, (home,))


def form(child: str, *adults: ParentAnswer) -> ContactAnswers:
    first, _, last = child.partition(" ")
    return ContactAnswers({1: ChildAnswer(first, last, Grade.G3)}, dict(enumerate(adults, 1)))


def students() -> list[Contact]:
    role = select(ContactRoleAssignment.contact_id).where(ContactRoleAssignment.role == "student")
    return list(db.session.scalars(select(Contact).where(Contact.id.in_(role)).order_by("id")))


def hints(open_only: bool = True) -> list[StaffNotice]:
    found = select(StaffNotice).where(StaffNotice.kind == NoticeKind.SAME_FAMILY)
    if open_only:
        found = found.where(StaffNotice.closed_at.is_(None))
    return list(db.session.scalars(found))


MATEO = form("Mateo Ruiz", adult("Ana Ruiz", "ana@example.com", HOME))


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (form("Mateo Ruiz", adult("Ben Moss", "ben@example.com", HOME)), ["number"]),
        (form("Mateo Ruiz", adult("Ben Ruiz", "ben@example.com")), ["surname"]),
        (form("MATÉO  RUÍZ", adult("Ben Ruíz-Moss", "ben@example.com")), ["surname"]),
        (form("Ruiz Mateo", adult("Ben Moss", "ben@example.com", HOME)), ["number"]),
    ],
)
def test_the_other_parents_form_is_proposed_as_maybe_the_same_family(
    take: Take, second: ContactAnswers, why: list[str]
) -> None:
    take(MATEO, "a", "mother")
    take(second, "b", "father")
    assert len(students()) == 2
    [hint] = hints()
    assert hint.detail["why"] == why
    assert {hint.contact_id, hint.detail["other_id"]} == {s.id for s in students()}
    assert hint.detail["other_parents"] == ["Ana Ruiz"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # The child has the father's surname, and the mother's birth surname.
        (
            form("Mateo Ruiz López", adult("Ana López", "ana@example.com", HOME)),
            form("Mateo Ruiz López", adult("Ben Ruiz", "ben@example.com")),
        ),
        # The names are split in another place.
        (
            ContactAnswers(
                {1: ChildAnswer("Mateo", "de la Cruz Vega", None)},
                {1: adult("Ana Vega", "ana@example.com", HOME)},
            ),
            ContactAnswers(
                {1: ChildAnswer("Mateo de la Cruz", "Vega", None)},
                {1: adult("Ben de la Cruz", "ben@example.com", HOME)},
            ),
        ),
        # The father writes the mother's email as his own second parent's.
        (
            form("Nguyễn An", adult("Nguyễn Bình", "binh@example.com", HOME)),
            form("Nguyen An", adult("Trần Chi", "chi@example.com"), adult("Nguyen Binh", None)),
        ),
        # People with one name.
        (
            form("Sukarno", adult("Fatmawati", "f@example.com", HOME)),
            form("Sukarno", adult("Soekemi", "s@example.com", HOME)),
        ),
    ],
)
def test_families_are_told_to_be_one_in_many_ways(
    take: Take, first: ContactAnswers, second: ContactAnswers
) -> None:
    take(first, "a", "mother")
    take(second, "b", "father")
    assert len(students()) == 2
    assert len(hints()) == 1


@pytest.mark.parametrize(
    "second",
    [
        form("Mateo Ruiz", adult("Ben Moss", "ben@example.com")),
        form("Marco Ruiz", adult("Ben Ruiz", "ben@example.com", HOME)),
        form("Mateo de la Rosa", adult("Ben de la Cruz", "ben@example.com")),
    ],
)
def test_nothing_is_proposed_about_families_with_nothing_in_common(
    take: Take, second: ContactAnswers
) -> None:
    take(MATEO, "a", "mother")
    take(
        form("Mateo de la Rosa", adult("Ana de la Vega", "vega@example.com", "+14155550103")),
        "c",
        "third",
    )
    take(second, "b", "father")
    assert hints() == []


def test_a_hint_that_staff_put_aside_does_not_come_back_with_a_correction(
    school: SchoolRow, take: Take
) -> None:
    take(MATEO, "a", "mother")
    second = form("Mateo Ruiz", adult("Ben Ruiz", "ben@example.com"))
    take(second, "b", "father")
    [hint] = hints()
    with writing():
        assert staff_notices.close(school.id, hint.id, "Pat Fields")
    take(form("Mateo Ruiz", adult("Ben Ruiz", "b.ruiz@example.com")), "b", "father")
    assert len(students()) == 2
    assert hints() == []


def test_a_hint_goes_if_the_sender_corrects_the_name(take: Take) -> None:
    take(MATEO, "a", "mother")
    take(form("Mateo Ruiz", adult("Ben Ruiz", "ben@example.com")), "b", "father")
    assert len(hints()) == 1
    take(form("Marco Ruiz", adult("Ben Ruiz", "ben@example.com")), "b", "father")
    assert len(students()) == 2
    assert hints() == []
    assert len(hints(open_only=False)) == 1


def test_a_hint_is_never_about_another_school(
    school: SchoolRow, other_school: SchoolRow, take: Take
) -> None:
    child = make_student(other_school, "Mateo Ruiz")
    make_parent(other_school, "Ana Ruiz", child, email="ana@example.com", phones=[phone(HOME)])
    take(form("Mateo Ruiz", adult("Ben Ruiz", "ben@example.com", HOME)), "b", "father")
    assert hints() == []


def signed(school: SchoolRow, parent_id: int, key: str, session: str = "") -> FormContext:
    """The circumstances of a form by a parent who is signed in, just now or in this session."""
    context = sheet(school, key)
    return FormContext(
        form_key=context.form_key,
        session_digest="signed",
        language="en",
        evidence=context.evidence,
        wording=context.wording,
        parent_id=parent_id,
        parent_session=token_hash(session or sign_in(school, parent_id)),
    )


def sign_in(school: SchoolRow, parent_id: int) -> str:
    """Sign a parent in with the email on their record; gives the session's token."""
    key = db.session.get_one(Contact, (school.id, parent_id)).email_key
    assert key is not None
    with writing():
        token = parent_sessions.open_session(school.id, parent_id, key, "en")
    assert token is not None
    return token


def parents_of(student_id: int) -> set[int]:
    linked = select(ParentLink.parent_id).where(ParentLink.student_id == student_id)
    return set(db.session.scalars(linked))


def test_a_child_of_the_signed_in_parents_other_record_is_linked_and_not_added(
    school: SchoolRow, take: Take
) -> None:
    take(form("Mateo Ruiz", adult("Ana Ruiz", "ana@example.com", HOME)), "a", "mother")
    [mateo] = students()
    again = make_parent(school, "Ana Ruiz", email="ana@example.com")
    answers = form("Mateo Ruiz", adult("Ana Ruiz", "ana@example.com", HOME))
    context = signed(school, again, "b")
    with writing():
        receive.receive_form(school, answers, context)
    assert [s.id for s in students()] == [mateo.id]
    assert again in parents_of(mateo.id)
    changes = db.session.scalars(
        select(RecordEdit.changes).where(RecordEdit.contact_id == mateo.id)
    ).all()
    assert [c["what"] for change in changes for c in change] == ["Parent Ana Ruiz"]
    assert hints() == []


@pytest.mark.parametrize("again", [False, True])
def test_a_signed_in_stranger_who_types_a_parents_email_is_not_linked(
    school: SchoolRow, take: Take, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    """Only who signs in with an email has shown that they read it. `again`: a session that began
    after the change, as far as a clock that is an hour behind tells."""
    take(MATEO, "a", "mother")
    [mateo] = students()
    eve = make_parent(school, "Eve Moss", email="eve@example.com")
    token = sign_in(school, eve)
    typed = adult("Eve Moss", "ana@example.com")
    if again:
        then = clock.now() - timedelta(hours=1)
        monkeypatch.setattr(clock, "now", lambda: then)
    for key, child in (("b", "Lia Moss"), ("c", "Mateo Ruiz")):
        context = signed(school, eve, key, token)
        with writing():
            receive.receive_form(school, form(child, typed), context)
    assert db.session.get_one(Contact, (school.id, eve)).email == "ana@example.com"
    assert eve not in parents_of(mateo.id)
    assert len(students()) == 3


def test_a_parents_child_is_not_linked_to_a_record_where_a_stranger_typed_their_email(
    school: SchoolRow,
) -> None:
    """The stranger made a record of the child that the parent adds next, and waits there."""
    ana = make_parent(
        school, "Ana Ruiz", make_student(school, "Mateo Ruiz"), email="ana@example.com"
    )
    sofia = make_student(school, "Sofia Ruiz")
    eve = make_parent(school, "Eve Moss", sofia, email="eve@example.com")
    for who, name, child in ((eve, "Eve Moss", "Lia Moss"), (ana, "Ana Ruiz", "Sofia Ruiz")):
        context = signed(school, who, f"{who}"[-4:])
        with writing():
            receive.receive_form(school, form(child, adult(name, "ana@example.com")), context)
    assert parents_of(sofia) == {eve}
    assert [s.full_name for s in students()].count("Sofia Ruiz") == 2


def test_a_signed_in_stranger_who_writes_a_parents_email_beside_theirs_is_not_linked(
    school: SchoolRow, take: Take
) -> None:
    """The child is found by the other parent's email, and is not the sender's to change."""
    take(MATEO, "a", "mother")
    [mateo] = students()
    eve = make_parent(school, "Eve Moss", email="eve@example.com")
    typed = adult("Eve Moss", "eve@example.com"), adult("Ana Ruiz", "ana@example.com")
    context = signed(school, eve, "b")
    with writing():
        receive.receive_form(school, form("Mateo Ruiz", *typed), context)
    assert [s.id for s in students()] == [mateo.id]
    assert eve not in parents_of(mateo.id)
    assert [p.subject for p in waiting(ProposalKind.LINK)] == [str(eve)]


@pytest.mark.parametrize("child", ["Matteo Ruiz", "Mateo", "\u02bb \u02bb"])
def test_a_childs_name_that_is_only_alike_finds_no_other_parents_child(
    school: SchoolRow, take: Take, child: str
) -> None:
    """The email of somebody else on the form would tell its sender that a child like that is on
    file. A turned comma is a letter, and nothing once it is folded."""
    take(MATEO, "a", "mother")
    eve = make_parent(school, "Eve Moss", email="eve@example.com")
    typed = adult("Eve Moss", "eve@example.com"), adult("Ana Ruiz", "ana@example.com")
    context = signed(school, eve, "b")
    with writing():
        receive.receive_form(school, form(child, *typed), context)
    assert len(students()) == 2


def test_a_signed_in_parent_with_the_same_number_only_is_proposed_and_not_linked(
    school: SchoolRow, take: Take
) -> None:
    take(MATEO, "a", "mother")
    [mateo] = students()
    ben = make_parent(school, "Ben Moss", email="ben@example.com", phones=[phone(HOME)])
    answers = form("Mateo Ruiz", adult("Ben Moss", "ben@example.com", HOME))
    context = signed(school, ben, "b")
    with writing():
        receive.receive_form(school, answers, context)
    assert len(students()) == 2
    assert ben not in parents_of(mateo.id)
    assert len(hints()) == 1


def test_a_form_with_no_namesake_on_file_costs_one_query_more(
    take: Take, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    with count_queries() as queries:
        take(MATEO, "a", "mother")
    looked = [q for q in queries if "first_key = " in q]
    assert len(looked) == 1
    assert not any("parent_link.student_id IN" in q for q in queries)


def test_the_newest_namesakes_are_those_added_last_whatever_their_ids(school: SchoolRow) -> None:
    first, second = (make_student(school, "Mateo Ruiz") for _ in range(2))
    with writing():
        db.session.get_one(Contact, (school.id, first)).created_at += timedelta(days=1)
    with patch.object(family_hints, "MOST", 1):
        assert [*family_hints._namesakes(school.id, {1: "mateo ruiz"})] == [first]
    assert first < second


def test_namesakes_are_found_by_an_index(school: SchoolRow) -> None:
    with writing():
        many = Bulk(school.id, "demo", "Demo")
        for n in range(600):
            many.contact(f"First{n}", f"Last{n % 40}", ContactRole.STUDENT)
        many.flush()
        if db.engine.name == "postgresql":
            db.session.execute(text("ANALYZE contact, contact_role"))
    with patch.object(family_hints, "fetch") as fetch:
        family_hints._namesakes(school.id, {1: "mateo ruiz"})
    [statement] = fetch.call_args.args
    compiled = statement.compile(db.engine, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN QUERY PLAN " if db.engine.name == "sqlite" else "EXPLAIN "
    plan = " ".join(str(row) for row in db.session.execute(text(f"{explain}{compiled}")))
    assert plan.count("ix_contact_sort") == 4


def test_a_couple_with_alike_names_and_one_email_are_two_if_the_form_lists_both(
    school: SchoolRow, take: Take
) -> None:
    jean, jen = (
        adult("Jean Smith", "smith@example.com", HOME),
        adult("Jen Smith", "SMITH@example.com"),
    )
    take(form("Lia Smith", jean, jen), "a", "one")
    take(form("Lia Smith", jen, jean), "b", "two")
    parents = select(ParentLink.parent_id).distinct()
    names = select(Contact.full_name).where(Contact.id.in_(parents))
    assert sorted(db.session.scalars(names)) == ["Jean Smith", "Jen Smith"]
    assert not {p.kind for p in waiting()} & {"field", "new_parent"}
