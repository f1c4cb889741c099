"""Pauses: the table of docs/consent.md, row by row, and what they leave as it was."""

from datetime import timedelta

import pytest

from portal.consent import gate, holdings, pauses
from portal.consent.ledger import ASKED_SCHOOL, AsOf
from portal.consent.pauses import StaffEnding
from portal.enums import Answer, MessageFault, MessageKind, PauseReason, ProofKind, Source
from portal.models import ConsentPause
from tests.consent.consent_school import NUMBER, YES, ConsentSchool

WRONG, ASKED, LIKELY, OTHER = PauseReason
BY_STAFF, BY_REPLY = False, True


def paused(world: ConsentSchool) -> str | None:
    return world.status().paused


def open_pause(world: ConsentSchool) -> ConsentPause:
    return pauses.open_pauses(world.status())[0]


@pytest.mark.parametrize(
    ("reason", "source", "ends"),
    [
        (ASKED, Source.HANDSET, True),
        (LIKELY, Source.HANDSET, True),
        (WRONG, Source.HANDSET, True),
        (OTHER, Source.HANDSET, False),
        (ASKED, Source.PARENT_FORM, True),
        (LIKELY, Source.PARENT_FORM, True),
        (WRONG, Source.PARENT_FORM, False),
        (OTHER, Source.PARENT_FORM, False),
        (ASKED, Source.PUBLIC_FORM, False),
        (ASKED, Source.STAFF_ENTRY, False),
        (ASKED, Source.ROSTER_IMPORT, False),
        (ASKED, Source.TEXT_REPLY, False),
    ],
)
def test_a_later_yes_ends_what_its_giver_may_end(
    world: ConsentSchool, reason: PauseReason, source: Source, ends: bool
) -> None:
    ana = world.parent(NUMBER)
    world.pauses(NUMBER, reason)
    world.says(source, YES, answerer_id=ana)
    assert paused(world) == (None if ends else reason)


def test_only_who_had_the_number_proven_as_the_pause_began_ends_it(world: ConsentSchool) -> None:
    world.parent(NUMBER)
    ben = world.parent(NUMBER, proof=None)
    world.pauses(NUMBER, ASKED)
    world.proves(ben, ProofKind.STAFF_TOLD)
    world.says(Source.PARENT_FORM, YES, answerer_id=ben)
    assert paused(world) == ASKED


def test_who_said_no_once_does_not_end_a_pause_for_that(world: ConsentSchool) -> None:
    ana = world.parent(NUMBER, proof=None)
    world.says(Source.PUBLIC_FORM, "no", actor=f"contact:{ana}", answerer_id=ana)
    world.pauses(NUMBER, ASKED)
    world.says(Source.PARENT_FORM, YES, answerer_id=ana)
    assert world.state() == "opted_in"
    assert paused(world) == ASKED


def test_a_yes_from_before_the_pause_ends_nothing(world: ConsentSchool) -> None:
    ana = world.parent(NUMBER)
    world.opted_in()
    before = world.clock()
    place = world.status().last_seq
    world.pauses(NUMBER, ASKED)
    world.says(Source.PARENT_FORM, YES, answerer_id=ana, happened_at=before)
    later = world.clock.moment + timedelta(minutes=1)  # a clock that is ahead
    given = {"happened_at": later, "as_of": AsOf(place)}
    world.says(Source.PARENT_FORM, YES, answerer_id=ana, **given)
    assert paused(world) == ASKED
    given = {"happened_at": before, "as_of": AsOf(world.status().last_seq)}
    world.says(Source.PARENT_FORM, YES, answerer_id=ana, **given)
    assert paused(world) is None


def test_a_wish_that_is_older_than_the_parents_yes_pauses_all_the_same(
    world: ConsentSchool,
) -> None:
    asked = world.clock()
    ana = world.parent(NUMBER)
    world.says(Source.PARENT_FORM, YES, answerer_id=ana)
    world.pauses(NUMBER, ASKED, happened_at=asked)
    assert paused(world) == ASKED
    assert open_pause(world).asked_at == asked
    assert open_pause(world).recorded_at > asked


def test_each_pause_ends_by_itself_and_the_hardest_to_end_is_named(world: ConsentSchool) -> None:
    began = {reason: world.pauses(NUMBER, reason).seq for reason in (OTHER, LIKELY, ASKED, WRONG)}
    for reason, left in ((WRONG, ASKED), (LIKELY, ASKED), (ASKED, OTHER), (OTHER, None)):
        world.resumes(NUMBER, reason, began[reason] or 0)
        assert paused(world) == left


def test_a_pause_leaves_what_the_parent_said(world: ConsentSchool) -> None:
    world.opted_out()
    before = world.status()
    facts = (before.state, before.since, before.since_seq, before.decided_by, before.decided_at)
    longer_ago = world.clock.moment - timedelta(days=3)
    began = world.pauses(NUMBER, ASKED, happened_at=longer_ago)
    world.resumes(NUMBER, ASKED, began.seq or 0)
    after = world.status()
    assert facts == (after.state, after.since, after.since_seq, after.decided_by, after.decided_at)
    assert [event.code for event in world.events()[1:]] == [ASKED, ASKED]


def test_a_pause_follows_the_number_when_it_is_removed_and_typed_again(
    world: ConsentSchool,
) -> None:
    ana = world.parent(NUMBER)
    world.opted_in()
    world.pauses(NUMBER, ASKED)
    world.holds(ana)
    world.holds(ana, NUMBER, proof=ProofKind.STAFF_TYPED)
    world.opted_in()
    assert world.state() == "opted_in"
    assert paused(world) == ASKED
    world.says(Source.PARENT_FORM, YES, answerer_id=ana)
    assert paused(world) is None  # the pause's holder, for 90 days


def test_a_reply_that_it_is_a_wrong_number_takes_the_proof_off_every_record(
    world: ConsentSchool,
) -> None:
    people = [world.parent(NUMBER), world.parent(NUMBER, proof=ProofKind.STAFF_TYPED)]
    world.pauses(NUMBER, WRONG, BY_STAFF)
    assert all(holdings.is_proven(world.school.id, who, NUMBER) for who in people)
    world.pauses(NUMBER, WRONG, BY_REPLY)
    assert not any(holdings.is_proven(world.school.id, who, NUMBER) for who in people)


OWN, COLLEAGUE = "account:1", "account:2"


@pytest.mark.parametrize(
    ("reason", "by_reply", "actor", "admin", "minutes", "ending"),
    [
        (ASKED, BY_STAFF, OWN, False, 14, StaffEnding.UNDO),
        (ASKED, BY_STAFF, OWN, False, 16, None),
        (ASKED, BY_STAFF, COLLEAGUE, False, 1, None),
        (ASKED, BY_STAFF, COLLEAGUE, True, 1, StaffEnding.WITH_EMAIL),
        (ASKED, BY_STAFF, OWN, True, 16, StaffEnding.WITH_EMAIL),
        (WRONG, BY_STAFF, OWN, False, 14, StaffEnding.UNDO),
        (WRONG, BY_STAFF, OWN, False, 16, None),
        (WRONG, BY_STAFF, COLLEAGUE, True, 16, StaffEnding.WITH_EMAIL),
        (WRONG, BY_REPLY, COLLEAGUE, True, 1, None),
        (LIKELY, BY_REPLY, COLLEAGUE, False, 1, None),
        (LIKELY, BY_REPLY, COLLEAGUE, True, 1, StaffEnding.WITH_EMAIL),
        (OTHER, BY_STAFF, COLLEAGUE, False, 600, StaffEnding.WITH_REASON),
    ],
)
def test_staff_may_end_a_pause_as_the_table_says(
    world: ConsentSchool,
    reason: PauseReason,
    by_reply: bool,
    actor: str,
    admin: bool,
    minutes: int,
    ending: StaffEnding | None,
) -> None:
    world.pauses(NUMBER, reason, by_reply)
    world.clock.wait(minutes=minutes)
    assert pauses.staff_ending(open_pause(world), actor, admin) is ending


def test_the_gate_lets_only_answers_through_while_a_number_is_paused(world: ConsentSchool) -> None:
    world.parent(NUMBER)
    world.opted_in()
    world.pauses(NUMBER, ASKED)
    for kind in (MessageKind.BATCH, MessageKind.WELCOME):
        with world.step():
            assert gate.authorize(world.school.id, NUMBER, kind) is MessageFault.PAUSED
    assert gate.preview(world.school.id, [NUMBER]) == {NUMBER: MessageFault.PAUSED}
    with world.step():
        permit = gate.authorize(world.school.id, NUMBER, MessageKind.HELP)
    assert isinstance(permit, gate.SendPermit)


def test_a_pause_of_a_number_that_opted_out_outlives_its_yes_by_form(world: ConsentSchool) -> None:
    """A wrong number: whoever signs in, only the phone itself ends that."""
    ana = world.parent(NUMBER)
    world.says(Source.PARENT_FORM, "no", answerer_id=ana)
    world.pauses(NUMBER, WRONG)
    world.says(Source.PARENT_FORM, YES, answerer_id=ana)
    assert (world.state(), paused(world)) == ("opted_in", WRONG)
    world.says(Source.HANDSET, YES)
    assert (world.state(), paused(world)) == ("opted_in", None)


def test_what_staff_end_must_be_open(world: ConsentSchool) -> None:
    began = world.pauses(NUMBER, OTHER)
    world.resumes(NUMBER, OTHER, (began.seq or 0) + 5)
    assert paused(world) == OTHER


def test_a_likely_stop_that_staff_confirm_is_a_wish_that_only_an_admin_takes_back(
    world: ConsentSchool,
) -> None:
    """Else an editor could confirm it and undo that, and end what only an admin may end."""
    likely = world.pauses(NUMBER, LIKELY, BY_REPLY)
    world.confirms_wish(NUMBER, likely.seq or 0)
    [pause] = pauses.open_pauses(world.status())
    assert (paused(world), pause.reason) == (ASKED, ASKED)
    assert pauses.staff_ending(pause, OWN, is_admin=False) is None
    assert pauses.staff_ending(pause, OWN, is_admin=True) is StaffEnding.WITH_EMAIL


def test_a_row_of_a_list_that_is_a_schools_own_decision_is_no_parents_no(
    world: ConsentSchool,
) -> None:
    with pytest.raises(ValueError, match="not a parent's answer"):
        world.says(Source.OPT_OUT_LIST, Answer.NO, evidence={"source": ASKED_SCHOOL})
    world.says(Source.OPT_OUT_LIST, Answer.NO, evidence={"source": "text_reply"})
    assert world.state() == "opted_out"


def test_a_text_relies_on_the_event_that_opted_its_number_in(world: ConsentSchool) -> None:
    ana = world.parent(NUMBER)
    opted_in = world.says(Source.PARENT_FORM, YES, answerer_id=ana)
    world.pauses(NUMBER, OTHER)
    world.resumes(NUMBER, OTHER, 2)
    with world.step():
        permit = gate.authorize(world.school.id, NUMBER)
    assert isinstance(permit, gate.SendPermit)
    assert (permit.event_seq, world.status().last_seq) == (opted_in.seq, 3)


def test_a_pause_of_an_old_form_of_a_number_keeps_texts_from_the_new_one(
    world: ConsentSchool,
) -> None:
    world.parent("+525541637145")
    world.says(Source.STAFF_ENTRY, YES, "+525541637145")
    world.pauses("+5215541637145", ASKED)
    found = gate.preview(world.school.id, ["+525541637145"])
    assert found == {"+525541637145": MessageFault.PAUSED}
