"""Numbers on people's records: whose are whose, at one school, and what changes with them."""

from datetime import datetime, timedelta

import pytest

from portal import clock as times
from portal.consent import holdings, ledger
from portal.consent.holdings import HANDSET_PROOF_FOR, HOLDER_FOR
from portal.enums import Answer, ProofKind, Source
from portal.extensions import db
from portal.models import Contact, Holding, TextedLink
from tests.consent.consent_school import (
    NO,
    NUMBER,
    YES,
    ConsentSchool,
    answer_with_link,
    lifts,
    no_of,
)

OTHER, THIRD = "+12065550198", "+12065550197"
HANDSET, TYPED = ProofKind.HANDSET, ProofKind.STAFF_TYPED
BY_FORM = Source.PUBLIC_FORM
MOMENT = timedelta(microseconds=1)


def stop_the_clock(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    monkeypatch.setattr(times, "now", lambda: at)


def held(world: ConsentSchool, contact_id: int, number: str = NUMBER) -> Holding:
    found = holdings.open_holding(world.school.id, contact_id, number)
    assert found is not None
    return found


def prove(world: ConsentSchool, contact_id: int, kind: ProofKind, actor: str | None = None) -> bool:
    status = ledger.lock_status(world.school.id, NUMBER)
    return holdings.prove_number(status, contact_id, kind, actor, "Called her.")


# Who has a number


def test_a_number_is_on_other_records_only_if_it_is_on_anybody_elses_at_the_same_school(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    mother, father = world.parent(NUMBER), world.parent(NUMBER, OTHER)
    elsewhere.parent(THIRD)

    def on_others(number: str, *own_ids: int) -> bool:
        return holdings.on_other_records(world.school.id, number, own_ids)

    assert on_others(NUMBER)
    assert on_others(NUMBER, mother)
    assert not on_others(NUMBER, mother, father)
    assert not on_others(OTHER, father)
    assert not on_others(THIRD), "it is on a record at another school"


def test_many_numbers_are_looked_for_on_other_records_at_once(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    mother, father = world.parent(NUMBER), world.parent(NUMBER, OTHER)
    elsewhere.parent(THIRD)

    def on_others(*own_ids: int) -> set[str]:
        return holdings.elsewhere(world.school.id, [NUMBER, OTHER, THIRD], own_ids)

    assert on_others() == {NUMBER, OTHER}
    assert on_others(mother) == {NUMBER, OTHER}
    assert on_others(father) == {NUMBER}
    assert on_others(mother, father) == set()
    assert holdings.elsewhere(world.school.id, [OTHER], [mother]) == {OTHER}
    assert holdings.elsewhere(world.school.id, [], [mother]) == set()


def test_a_number_is_looked_for_in_all_its_forms(world: ConsentSchool) -> None:
    old, now, other = "+541123456789", "+5491123456789", "+5491123456780"
    mother = world.parent(old)
    assert holdings.on_other_records(world.school.id, now, [])
    assert not holdings.on_other_records(world.school.id, now, [mother])
    assert holdings.elsewhere(world.school.id, [now, other], []) == {now}


def test_a_number_is_read_from_one_persons_record_at_their_school(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    parent, there = world.parent(NUMBER, OTHER), elsewhere.parent(NUMBER)
    assert [held(world, parent, number).number for number in (NUMBER, OTHER)] == [NUMBER, OTHER]
    assert holdings.open_holding(world.school.id, parent, THIRD) is None
    assert holdings.open_holding(world.school.id, there, NUMBER) is None


# What a person said


def test_a_persons_last_answer_is_kept_on_their_own_record(world: ConsentSchool) -> None:
    parent, partner = world.parent(NUMBER, OTHER), world.parent(NUMBER)
    before = world.clock()
    holdings.note_answer(world.school.id, parent, NUMBER, Answer.YES)
    noted = held(world, parent)
    assert noted.said == Answer.YES
    assert noted.said_at is not None
    assert noted.said_at > before
    assert held(world, parent, OTHER).said is None
    assert held(world, partner).said is None


@pytest.mark.parametrize(("minutes", "kept"), [(-1, "yes"), (0, "no"), (1, "no")])
def test_an_answer_that_is_noted_late_leaves_a_later_one(
    world: ConsentSchool, minutes: int, kept: str
) -> None:
    parent, first = world.parent(NUMBER), world.clock()
    holdings.note_answer(world.school.id, parent, NUMBER, Answer.YES, first)
    at = first + timedelta(minutes=minutes)
    holdings.note_answer(world.school.id, parent, NUMBER, Answer.NO, at)
    noted = held(world, parent)
    assert (noted.said, noted.said_at) == (kept, max(first, at))


def test_an_answer_about_a_number_that_is_not_on_the_record_is_noted_nowhere(
    world: ConsentSchool,
) -> None:
    parent = world.parent(NUMBER)
    world.holds(parent)
    holdings.note_answer(world.school.id, parent, NUMBER, Answer.YES)
    assert {row.said for row in db.session.query(Holding)} == {None}


# Proofs


def test_a_proof_keeps_who_gave_it_when_and_why(world: ConsentSchool) -> None:
    parent = world.parent(NUMBER, proof=None)
    before = world.clock()
    assert prove(world, parent, ProofKind.STAFF_TOLD, "Ms. Lee " + "x" * 200)
    proof = held(world, parent)
    assert (proof.proven_by, proof.proof_note) == (ProofKind.STAFF_TOLD, "Called her.")
    assert proof.proven_actor == "Ms. Lee " + "x" * 92, "as much as the column takes"
    assert proof.proven_at is not None
    assert proof.proven_at > before
    assert proof.handset_seq is None, "only the phone itself gives that"


def test_a_number_may_be_proven_as_it_is_put_on_the_record(world: ConsentSchool) -> None:
    parent = world.parent()
    world.opted_in(OTHER)
    statuses = ledger.lock_in_order(world.school.id, [NUMBER, OTHER])
    before = world.clock()
    holdings.add_numbers(parent, statuses, [OTHER, NUMBER], TYPED, "account:1")
    for number, place in ((NUMBER, 0), (OTHER, 1)):
        proof = held(world, parent, number)
        assert (proof.began_seq, proof.proven_seq, proof.handset_seq) == (place, place, None)
        assert (proof.proven_by, proof.proven_actor) == (TYPED, "account:1")
        assert proof.proven_at is not None
        assert min(proof.since, proof.proven_at) > before


def test_the_phones_word_keeps_the_address_that_each_person_signs_in_with(
    world: ConsentSchool,
) -> None:
    for parent in [world.parent(number) for number in (NUMBER, OTHER)]:
        contact = db.session.query(Contact).filter_by(id=parent).one()
        kept = db.session.query(Holding).filter_by(contact_id=parent).one().handset_email_key
        assert kept == contact.email


def test_a_number_that_is_not_on_the_record_is_not_proven(world: ConsentSchool) -> None:
    assert not prove(world, world.parent(OTHER), HANDSET)


def test_what_was_proven_before_stays_proven_since_then(world: ConsentSchool) -> None:
    parent = world.parent(NUMBER, proof=HANDSET)
    world.opted_in()
    prove(world, parent, HANDSET, "somebody else")
    proof = held(world, parent)
    assert (proof.proven_seq, proof.proven_actor, proof.proof_note) == (0, None, None)
    assert proof.handset_seq == 1


def test_the_phones_word_ends_only_the_open_proofs_that_it_alone_had_given(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    of_other, there = world.parent(OTHER), elsewhere.parent(NUMBER)
    former, lost = world.parent(NUMBER), world.parent(NUMBER, proof=None)
    ended = held(world, former)
    world.holds(former)
    prove(world, lost, HANDSET)
    holdings.unprove_number(ledger.lock_status(world.school.id, NUMBER), lost)
    world.opted_in()
    world.parent(NUMBER, proof=HANDSET)
    assert holdings.is_proven(world.school.id, of_other, OTHER)
    assert holdings.is_proven(elsewhere.school.id, there, NUMBER)
    assert ended.lost_seq is None, "it is not on that record any more"
    assert held(world, lost).lost_seq == 0, "it was lost before"


# Holders


@pytest.mark.parametrize("proof", ProofKind)
def test_what_is_proven_after_a_stop_makes_no_holder(
    world: ConsentSchool, proof: ProofKind
) -> None:
    parent = world.parent(NUMBER, proof=None)
    world.opted_out()
    world.proves(parent, proof)
    assert not lifts(world, parent)


@pytest.mark.parametrize("logged_between", [True, False])
def test_who_the_phone_confirms_again_holds_the_number_again(
    world: ConsentSchool, logged_between: bool
) -> None:
    first = world.parent(NUMBER, proof=TYPED)
    second = world.parent(NUMBER, proof=None)
    for owner in (second, first):
        if logged_between:
            world.says(Source.HANDSET, YES, actor=f"contact:{owner}")
        world.proves(owner, HANDSET)
    world.opted_out()
    assert lifts(world, first)


def test_of_two_proofs_the_later_place_in_the_log_is_the_later_one_whatever_the_clocks_say(
    world: ConsentSchool,
) -> None:
    world.parent(NUMBER, proof=HANDSET)
    world.clock.wait(hours=-1)
    world.says(Source.HANDSET, YES)
    owner = world.parent(NUMBER, proof=HANDSET)
    world.opted_out()
    assert lifts(world, owner)


def test_of_two_proofs_at_the_very_same_moment_the_phones_own_wins(
    world: ConsentSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_the_clock(monkeypatch, world.clock())
    typed = world.parent(NUMBER, proof=TYPED)
    confirmed = world.parent(NUMBER, proof=HANDSET)
    world.says(BY_FORM, NO)
    assert not lifts(world, typed)
    assert lifts(world, confirmed)


def test_a_phone_that_confirms_the_number_for_another_after_the_opt_out_takes_nothing_away(
    world: ConsentSchool,
) -> None:
    typed, other = world.parent(NUMBER, proof=TYPED), world.parent(NUMBER, proof=None)
    world.says(BY_FORM, NO)
    world.proves(other, HANDSET)
    assert lifts(world, typed)


def test_another_number_or_the_same_at_another_school_takes_nothing_away(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    owner = world.parent(NUMBER)
    elsewhere.parent(NUMBER)
    world.parent(OTHER)
    world.opted_out()
    assert lifts(world, owner)


def test_who_gave_the_number_up_before_the_opt_out_lifts_none_when_they_have_it_again(
    world: ConsentSchool,
) -> None:
    former = world.parent(NUMBER, proof=TYPED)
    world.parent(NUMBER, proof=None)
    world.opted_in()
    world.holds(former)
    world.says(BY_FORM, NO)
    world.holds(former, NUMBER, proof=None)
    assert not lifts(world, former)


@pytest.mark.parametrize(("later", "is_one"), [(-MOMENT, True), (timedelta(0), False)])
def test_a_holder_stays_one_for_ninety_days_and_not_a_moment_longer(
    world: ConsentSchool, monkeypatch: pytest.MonkeyPatch, later: timedelta, is_one: bool
) -> None:
    parent = world.parent(NUMBER)
    holding = held(world, parent)
    world.opted_out()
    world.holds(parent)
    assert holding.until is not None
    stop_the_clock(monkeypatch, holding.until + HOLDER_FOR + later)
    assert lifts(world, parent) is is_one


@pytest.mark.parametrize(("later", "is_one"), [(-MOMENT, True), (timedelta(0), False)])
def test_the_phones_own_word_is_good_for_a_year_and_not_a_moment_longer(
    world: ConsentSchool, monkeypatch: pytest.MonkeyPatch, later: timedelta, is_one: bool
) -> None:
    parent = world.parent(NUMBER)
    confirmed_at = held(world, parent).handset_at
    assert confirmed_at is not None
    world.opted_out()
    stop_the_clock(monkeypatch, confirmed_at + HANDSET_PROOF_FOR + later)
    assert lifts(world, parent) is is_one


def test_who_gave_the_no_lifts_it_whatever_was_said_before_or_about_other_numbers(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    elsewhere.parent(NUMBER, proof=None)
    parent = world.parent(NUMBER, proof=None)
    world.says(BY_FORM, NO)
    world.says(Source.HANDSET, YES)
    no_of(world, parent)
    for where, number in ((world, OTHER), (elsewhere, NUMBER)):
        for _ in range(4):
            where.says(BY_FORM, NO, number)
    assert lifts(world, parent)


# Numbers that leave a record


@pytest.mark.parametrize(
    ("proof", "others", "void"),
    [(TYPED, 1, True), (TYPED, 0, True), (None, 0, True), (None, 1, False)],
)
def test_links_to_a_number_end_as_it_leaves_its_owners_or_its_last_record(
    world: ConsentSchool, proof: ProofKind | None, others: int, void: bool
) -> None:
    """A person who only typed somebody's number and takes it off again ends nothing of theirs."""
    parent = world.parent(NUMBER, OTHER, proof=proof)
    for _ in range(others):
        world.parent(NUMBER, proof=None)
    answer_with_link(world)
    answer_with_link(world, OTHER)
    world.holds(parent, OTHER)
    db.session.expire_all()
    voided = {link.number for link in db.session.query(TextedLink) if link.voided_at is not None}
    assert voided == ({NUMBER} if void else set())


def test_a_number_that_left_keeps_when_that_was_and_stays_on_other_records(
    world: ConsentSchool,
) -> None:
    parent, partner = world.parent(NUMBER, OTHER), world.parent(NUMBER)
    left = held(world, parent)
    before = world.clock()
    world.holds(parent, OTHER)
    assert left.until is not None
    assert left.until > before
    assert holdings.open_holding(world.school.id, parent, NUMBER) is None
    assert held(world, parent, OTHER).until is None
    assert held(world, partner).until is None
