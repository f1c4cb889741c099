"""The pure rules, where the table says nothing."""

import pytest

from portal.consent import rules
from portal.consent.rules import Facts, needs_answer
from portal.enums import Answer, ConsentState, PhoneType, Source

NO_ANSWER = (Source.NUMBER_LEFT, Source.STAFF_PAUSE, Source.STAFF_RESUME, Source.REPLY_PAUSE)


@pytest.mark.parametrize("state", ConsentState)
@pytest.mark.parametrize(
    ("source", "answer"),
    [
        (Source.HANDSET, Answer.NO),
        (Source.OPT_OUT_LIST, Answer.YES),
        (Source.CARRIER, Answer.YES),
        (Source.NUMBER_LEFT, Answer.NO),
        *((source, None) for source in Source if source not in NO_ANSWER),
        *((source, Answer.YES) for source in NO_ANSWER),
    ],
)
def test_what_a_source_cannot_say_is_no_decision(
    state: ConsentState, source: Source, answer: Answer | None
) -> None:
    with pytest.raises(ValueError, match="cannot say"):
        rules.decide(Facts(state=state, holder=True, corrects=True), source, answer)


@pytest.mark.parametrize("source", Source)
@pytest.mark.parametrize("holder", [True, False])
@pytest.mark.parametrize("corrects", [True, False])
def test_a_no_is_lifted_by_the_handset_the_holder_or_a_correction_alone(
    source: Source, holder: bool, corrects: bool
) -> None:
    facts = Facts(ConsentState.OPTED_OUT, Source.TEXT_REPLY, holder=holder, corrects=corrects)
    lifts = {
        Source.HANDSET: True,
        Source.PARENT_FORM: holder,
        Source.PUBLIC_FORM: corrects,
    }
    answer = None if source in NO_ANSWER else Answer.YES
    if source in {Source.OPT_OUT_LIST, Source.CARRIER}:
        answer = Answer.NO
    assert (rules.decide(facts, source, answer).state is ConsentState.OPTED_IN) == lifts.get(
        source, False
    )


@pytest.mark.parametrize("source", Source)
def test_nothing_makes_an_opted_out_number_one_that_was_never_asked(source: Source) -> None:
    answers = [None] if source in NO_ANSWER else [Answer.NO]
    for answer in answers if source is not Source.HANDSET else [Answer.YES]:
        outcome = rules.decide(Facts(ConsentState.OPTED_OUT), source, answer)
        assert outcome.state is not ConsentState.NOT_ASKED


@pytest.mark.parametrize(
    ("kind", "texting_on", "needed"),
    [
        (PhoneType.CELL, True, True),
        ("cell", True, True),
        (PhoneType.CELL, False, False),
        (PhoneType.HOME, True, False),
        (PhoneType.WORK, True, False),
        (None, True, False),
    ],
)
def test_only_a_cell_needs_an_answer_and_only_where_texting_is_on(
    kind: PhoneType | str | None, texting_on: bool, needed: bool
) -> None:
    assert needs_answer(kind, texting_on) is needed


IN, OUT, UNASKED = ConsentState.OPTED_IN, ConsentState.OPTED_OUT, ConsentState.NOT_ASKED
PARENT, PUBLIC, STAFF = Source.PARENT_FORM, Source.PUBLIC_FORM, Source.STAFF_ENTRY
STOP, LEFT = Source.TEXT_REPLY, Source.NUMBER_LEFT


@pytest.mark.parametrize(
    ("facts", "source", "answer", "named"),
    [
        (Facts(IN, PARENT), LEFT, None, LEFT),
        (Facts(UNASKED, LEFT), PUBLIC, Answer.YES, PUBLIC),
        (Facts(OUT, PARENT, corrects=True), PUBLIC, Answer.YES, PUBLIC),
        (Facts(OUT, STOP), STAFF, Answer.YES, STOP),
        (Facts(OUT, STOP), LEFT, None, STOP),
        (Facts(IN, PARENT), PUBLIC, Answer.YES, PARENT),
        (Facts(IN, PARENT), Source.CARRIER, Answer.NO, PARENT),
        (Facts(IN, PARENT, older=True), STOP, Answer.NO, PARENT),
        (Facts(IN, PARENT), STOP, Answer.NO, STOP),
    ],
)
def test_an_outcome_names_the_source_of_the_decision_from_now_on(
    facts: Facts, source: Source, answer: Answer | None, named: Source
) -> None:
    assert rules.decide(facts, source, answer).decided_by is named
