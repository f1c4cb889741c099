"""The owner of a number: what proves it, and who may lift its opt-out on a form."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.consent import holdings, ledger
from portal.consent.holdings import HANDSET_PROOF_FOR, HOLDER_FOR
from portal.enums import ProofKind, Source
from portal.extensions import db
from portal.models import Contact, Holding
from tests.consent.consent_school import NO, NUMBER, YES, ConsentSchool, lifts, no_of

HANDSET, TYPED, TOLD = ProofKind.HANDSET, ProofKind.STAFF_TYPED, ProofKind.STAFF_TOLD
BY_FORM = Source.PUBLIC_FORM
BY_TEXT = (Source.TEXT_REPLY, Source.CARRIER, Source.OPT_OUT_LIST)
DAY = timedelta(days=1)


@pytest.mark.parametrize("proof", [TYPED, TOLD, HANDSET])
def test_after_a_no_on_a_form_every_proof_makes_a_holder(
    world: ConsentSchool, proof: ProofKind
) -> None:
    parent = world.parent(NUMBER, proof=proof)
    world.says(BY_FORM, NO)
    assert lifts(world, parent)


@pytest.mark.parametrize("source", BY_TEXT)
@pytest.mark.parametrize(("proof", "is_one"), [(TYPED, False), (TOLD, False), (HANDSET, True)])
def test_after_a_no_by_text_carrier_or_list_only_the_phones_own_word_makes_a_holder(
    world: ConsentSchool, source: Source, proof: ProofKind, is_one: bool
) -> None:
    parent = world.parent(NUMBER, proof=proof)
    world.says(source, NO)
    assert lifts(world, parent) is is_one


@pytest.mark.parametrize("source", BY_TEXT)
def test_so_it_is_where_the_text_follows_a_no_on_a_form(
    world: ConsentSchool, source: Source
) -> None:
    parent = world.parent(NUMBER, proof=TYPED)
    world.says(BY_FORM, NO)
    world.says(source, NO)
    assert not lifts(world, parent)


def test_a_stop_that_is_over_does_not_ask_for_the_phone_at_the_next_opt_out(
    world: ConsentSchool,
) -> None:
    parent = world.parent(NUMBER, proof=TYPED)
    world.opted_out()
    world.says(Source.HANDSET, YES)
    world.says(BY_FORM, NO)
    assert lifts(world, parent)


def test_a_number_that_is_only_on_the_record_makes_no_holder(world: ConsentSchool) -> None:
    parent = world.parent(NUMBER, proof=None)
    world.says(BY_FORM, NO)
    assert not lifts(world, parent)


@pytest.mark.parametrize("proof", [TYPED, TOLD])
def test_a_number_proven_after_the_opt_out_makes_no_holder(
    world: ConsentSchool, proof: ProofKind
) -> None:
    parent = world.parent(NUMBER, proof=None)
    world.says(BY_FORM, NO)
    world.proves(parent, proof)
    assert not lifts(world, parent)


def test_an_hour_of_difference_between_servers_makes_no_holder(world: ConsentSchool) -> None:
    """Seen: with one server an hour behind, a number put on a record after its STOP seemed to have
    been there before."""
    world.opted_out()
    world.clock.wait(hours=-1)
    stranger = world.parent(NUMBER, proof=None)
    assert not lifts(world, stranger)
    typed = world.parent(NUMBER, proof=TYPED)
    assert not lifts(world, typed)


def test_a_proof_that_was_taken_back_is_none(world: ConsentSchool) -> None:
    parent = world.parent(NUMBER, proof=TOLD)
    assert holdings.unprove_number(ledger.lock_status(world.school.id, NUMBER), parent)
    assert not holdings.is_proven(world.school.id, parent, NUMBER)
    world.says(BY_FORM, NO)
    assert not lifts(world, parent)


def test_only_a_proof_can_be_taken_back(world: ConsentSchool) -> None:
    unproven, without_it = world.parent(NUMBER, proof=None), world.parent()
    status = ledger.lock_status(world.school.id, NUMBER)
    assert not holdings.unprove_number(status, unproven)
    assert not holdings.unprove_number(status, without_it)
    proven = world.parent(NUMBER, proof=TYPED)
    assert holdings.unprove_number(status, proven)
    assert not holdings.unprove_number(status, proven), "it is taken back already"


def test_proof_that_was_taken_back_and_given_again_began_again(world: ConsentSchool) -> None:
    parent = world.parent(NUMBER, proof=TOLD)
    holdings.unprove_number(ledger.lock_status(world.school.id, NUMBER), parent)
    world.says(BY_FORM, NO)
    world.proves(parent, TOLD)
    assert holdings.is_proven(world.school.id, parent, NUMBER)
    assert not lifts(world, parent)


def test_a_number_that_left_and_came_back_is_proven_no_more(world: ConsentSchool) -> None:
    parent = world.parent(NUMBER, proof=TYPED)
    world.holds(parent)
    world.holds(parent, NUMBER, proof=None)
    assert not holdings.is_proven(world.school.id, parent, NUMBER)


@pytest.mark.parametrize(("after", "is_one"), [(HOLDER_FOR - DAY, True), (HOLDER_FOR + DAY, False)])
def test_a_holder_stays_one_for_ninety_days_after_the_number_left(
    world: ConsentSchool, after: timedelta, is_one: bool
) -> None:
    assert timedelta(days=90) == HOLDER_FOR
    parent = world.parent(NUMBER)
    world.opted_out()
    world.holds(parent)
    world.clock.wait(seconds=after.total_seconds())
    world.holds(parent, NUMBER, proof=None)
    assert lifts(world, parent) is is_one


@pytest.mark.parametrize(
    ("after", "is_one"), [(HANDSET_PROOF_FOR - DAY, True), (HANDSET_PROOF_FOR + DAY, False)]
)
def test_the_phones_own_word_is_good_for_a_year(
    world: ConsentSchool, after: timedelta, is_one: bool
) -> None:
    parent = world.parent(NUMBER)
    world.clock.wait(seconds=after.total_seconds())
    world.opted_out()
    assert lifts(world, parent) is is_one


def test_the_phones_own_word_is_good_under_the_same_sign_in_address(world: ConsentSchool) -> None:
    parent = world.parent(NUMBER)
    world.opted_out()
    db.session.execute(
        update(Contact).where(Contact.id == parent).values(email_key="thief@example.com")
    )
    assert not lifts(world, parent)


# Who gave the no themself


def test_who_said_no_to_a_number_that_nobody_else_has_may_say_yes_again(
    world: ConsentSchool,
) -> None:
    parent = world.parent(NUMBER, proof=None)
    no_of(world, parent)
    no_of(world, parent)
    assert lifts(world, parent)


def test_not_where_the_number_was_on_another_record_at_that_time(world: ConsentSchool) -> None:
    owner, stranger = world.parent(NUMBER, proof=None), world.parent(NUMBER, proof=None)
    no_of(world, stranger)
    world.holds(owner)
    assert not lifts(world, stranger)


def test_not_once_the_number_is_on_another_record(world: ConsentSchool) -> None:
    stranger = world.parent(NUMBER, proof=None)
    no_of(world, stranger)
    world.parent(NUMBER, proof=None)
    assert not lifts(world, stranger)


@pytest.mark.parametrize("source", [*BY_TEXT, BY_FORM])
def test_not_after_a_no_of_somebody_else(world: ConsentSchool, source: Source) -> None:
    stranger = world.parent(NUMBER, proof=None)
    no_of(world, stranger)
    world.says(source, NO)
    assert not lifts(world, stranger)


def test_not_who_only_repeated_the_no_of_somebody_else(world: ConsentSchool) -> None:
    stranger = world.parent(NUMBER, proof=None)
    world.says(BY_FORM, NO)
    no_of(world, stranger)
    assert not lifts(world, stranger)


def test_not_who_put_the_number_on_their_record_after_their_no(world: ConsentSchool) -> None:
    stranger = world.parent(proof=None)
    no_of(world, stranger)
    world.holds(stranger, NUMBER, proof=None)
    assert not lifts(world, stranger)


# The places in the log


def test_a_holding_keeps_its_places_in_the_numbers_log(world: ConsentSchool) -> None:
    world.opted_in()
    parent = world.parent(NUMBER, proof=None)
    world.says(BY_FORM, YES)
    world.proves(parent, TYPED)
    world.says(Source.HANDSET, YES)
    world.proves(parent, HANDSET)
    held = holdings.open_holding(world.school.id, parent, NUMBER)
    assert isinstance(held, Holding)
    assert (held.began_seq, held.proven_seq, held.handset_seq) == (1, 2, 3)
    assert (held.proven_by, held.lost_seq, held.ended_seq) == (TYPED, None, None)
    holdings.unprove_number(ledger.lock_status(world.school.id, NUMBER), parent)
    world.opted_out()
    world.holds(parent)
    assert (held.lost_seq, held.ended_seq) == (3, 4)


# Numbers change hands


@pytest.mark.parametrize("former", [HANDSET, TYPED])
@pytest.mark.parametrize("source", [Source.TEXT_REPLY, BY_FORM])
def test_a_former_owner_lifts_no_opt_out_once_the_phone_confirmed_it_for_another(
    world: ConsentSchool, former: ProofKind, source: Source
) -> None:
    """Seen: whom the phone had confirmed before lifted the new owner's STOP."""
    old_owner = world.parent(NUMBER, proof=former)
    new_owner = world.parent(NUMBER, proof=None)
    world.says(Source.HANDSET, YES, actor=f"contact:{new_owner}")
    world.proves(new_owner, HANDSET)
    world.says(source, NO)
    assert not lifts(world, old_owner)
    assert lifts(world, new_owner)


@pytest.mark.parametrize("source", [Source.TEXT_REPLY, BY_FORM])
@pytest.mark.parametrize("former", [HANDSET, TYPED, TOLD])
def test_a_former_owner_lifts_none_even_if_nothing_was_logged_between_the_two_proofs(
    world: ConsentSchool, former: ProofKind, source: Source
) -> None:
    """Seen: both proofs had one place in the log, and staff's seemed to be the newer one."""
    former_owner = world.parent(NUMBER, proof=former)
    new_owner = world.parent(NUMBER, proof=HANDSET)
    world.says(source, NO)
    assert not lifts(world, former_owner)
    assert lifts(world, new_owner)


def test_staff_may_prove_a_number_for_another_after_the_phone_confirmed_it(
    world: ConsentSchool,
) -> None:
    world.parent(NUMBER, proof=HANDSET)
    typed_later = world.parent(NUMBER, proof=TYPED)
    world.says(BY_FORM, NO)
    assert lifts(world, typed_later)


def test_the_phones_own_word_is_one_persons_and_staffs_stays(world: ConsentSchool) -> None:
    first, typed = world.parent(NUMBER), world.parent(NUMBER, proof=TYPED)
    second = world.parent(NUMBER, proof=HANDSET)
    proven = {
        one: holdings.is_proven(world.school.id, one, NUMBER) for one in (first, typed, second)
    }
    assert proven == {first: False, typed: True, second: True}
    world.proves(first, HANDSET)
    assert holdings.is_proven(world.school.id, first, NUMBER), "texting the word gives it back"
