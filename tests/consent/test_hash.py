"""The hashes that chain a number's events, and the digests of what may be erased."""

import hashlib
import json
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import delete

from portal.consent.hashes import event_hash, evidence_digest
from portal.consent.wording import consent_wording
from portal.enums import Answer, ConsentState, Refusal, Source
from portal.extensions import db
from portal.models import ConsentEvent, ConsentEvidence, Wording
from tests.consent.consent_school import NO, NUMBER, YES, ConsentSchool

FIXED: dict[str, Any] = {
    "school_id": 1,
    "number": "+12065550199",
    "seq": 2,
    "answer": "no",
    "source": "text_reply",
    "state": "opted_in",
    "code": "older_than_the_parents_yes",
    "actor": "provider",
    "wording_id": "b" * 64,
    "language": "es",
    "texting_number": "+12065550147",
    "submission_id": 1234567890123456789,
    "message_id": "SM1",
    "happened_at": datetime(2026, 9, 1, 15, 0, 0, tzinfo=UTC),
    "recorded_at": datetime(2026, 9, 1, 15, 0, 0, 123456, tzinfo=UTC),
    "evidence_digest": "c" * 64,
    "prev_hash": "a" * 64,
}
OTHER: dict[str, Any] = {
    "school_id": 2,
    "number": "+12065550198",
    "seq": 3,
    "answer": "yes",
    "source": "public_form",
    "state": "opted_out",
    "code": None,
    "actor": "visitor",
    "wording_id": "d" * 64,
    "language": None,
    "texting_number": "+12065550148",
    "submission_id": None,
    "message_id": "SM2",
    "happened_at": datetime(2026, 9, 1, 15, 0, 0, 1, tzinfo=UTC),
    "recorded_at": datetime(2026, 9, 1, 15, 0, 0, 123457, tzinfo=UTC),
    "evidence_digest": None,
    "prev_hash": "",
}
GOLDEN = "99b99a21aa0f079ff05a25ddb7495211b087afe2c2196b63447466b0aae23a1f"
GOLDEN_BARE = "2d4d95837411ca7de9780c524e1850787751857be993dbb058c57dbafb07246f"


def test_the_hash_of_an_event_is_the_same_for_ever() -> None:
    assert event_hash(ConsentEvent(**FIXED)) == GOLDEN


def test_it_is_made_of_words_as_stored_and_leaves_out_what_is_not_there() -> None:
    words = FIXED | {
        "answer": Answer.NO,
        "source": Source.TEXT_REPLY,
        "state": ConsentState.OPTED_IN,
        "code": Refusal.OLDER_THAN_YES,
    }
    assert event_hash(ConsentEvent(**words)) == GOLDEN
    optional = {"code", "wording_id", "language", "submission_id", "message_id", "evidence_digest"}
    bare = {name: value for name, value in FIXED.items() if name not in optional}
    assert event_hash(ConsentEvent(**bare)) == GOLDEN_BARE
    assert event_hash(ConsentEvent(**bare, **dict.fromkeys(optional))) == GOLDEN_BARE


@pytest.mark.parametrize("name", [c.key for c in ConsentEvent.__table__.columns if c.key != "hash"])
def test_whatever_is_changed_in_an_event_changes_its_hash(name: str) -> None:
    changed = FIXED | {name: OTHER[name]}
    assert event_hash(ConsentEvent(**changed)) != GOLDEN


def test_anyone_can_compute_the_hash_from_the_database(world: ConsentSchool) -> None:
    world.says(Source.PARENT_FORM, YES, evidence={"ip": "192.0.2.7"})
    world.opted_out()
    before = ""
    assert len(world.events()) > 1
    for said in world.events():
        row = {c.key: getattr(said, c.key) for c in ConsentEvent.__table__.columns}
        kept = row.pop("hash")
        said_at = {k: v.isoformat() for k, v in row.items() if isinstance(v, datetime)}
        content = {k: v for k, v in (row | said_at).items() if v is not None}
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        assert kept == hashlib.sha256(text.encode()).hexdigest()
        assert row["prev_hash"] == before
        before = kept


def test_a_hash_is_the_same_whatever_time_zone_the_machine_and_the_answer_are_in(
    world: ConsentSchool, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2026, 9, 1, 17, tzinfo=timezone(timedelta(hours=2)))
    try:
        with monkeypatch.context() as patch:
            patch.setenv("TZ", "America/Los_Angeles")
            time.tzset()
            world.says(Source.TEXT_REPLY, NO, happened_at=at)
    finally:
        time.tzset()
    [kept] = world.events()
    assert (kept.happened_at, kept.hash) == (at, event_hash(kept))


@pytest.mark.parametrize(
    "content",
    [
        {"ip": "192.0.2.7", "browser": "Mozilla/5.0", "name": "Ana Núñez"},
        {"name": "שרה \u202b\U0001f98a\x00 \\ \" '"},
        {"ip": "2001:db8::7", "more": {"nested": [1, None, True, "x"]}},
    ],
    ids=["accents", "odd characters", "nested"],
)
def test_evidence_is_kept_beside_the_event_under_a_salted_digest(
    world: ConsentSchool, content: dict[str, Any]
) -> None:
    for seq in (1, 2):
        world.says(Source.PUBLIC_FORM, YES, evidence=content)
        db.session.expire_all()
        kept = db.session.get_one(ConsentEvidence, (world.school.id, NUMBER, seq))
        assert (kept.content, len(kept.salt)) == (content, 32)
        assert world.events()[-1].evidence_digest == evidence_digest(kept.salt, kept.content)
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        digest = hashlib.sha256(f"{kept.salt}\n{text}".encode()).hexdigest()
        assert world.events()[-1].evidence_digest == digest
    one, other = world.events()
    assert one.evidence_digest != other.evidence_digest, "equal evidence may not be told by a guess"


def test_the_chain_stays_whole_when_evidence_is_erased(world: ConsentSchool) -> None:
    world.says(Source.PUBLIC_FORM, YES, evidence={"ip": "192.0.2.7"})
    world.says(Source.PUBLIC_FORM, NO, evidence={"ip": "192.0.2.8"})
    db.session.execute(delete(ConsentEvidence))
    first, second = world.events()
    assert (event_hash(first), event_hash(second)) == (first.hash, second.hash)
    assert second.prev_hash == first.hash
    assert world.opted_out().seq == 3
    assert world.events()[2].prev_hash == second.hash


def test_an_answer_without_anything_personal_has_no_evidence(world: ConsentSchool) -> None:
    world.opted_in()
    assert world.events()[0].evidence_digest is None
    assert db.session.get(ConsentEvidence, (world.school.id, NUMBER, 1)) is None


def test_each_number_and_each_school_has_a_chain_of_its_own(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    for where, number in ((world, NUMBER), (world, "+12065550198"), (elsewhere, NUMBER)):
        where.opted_in(number)
        assert [(e.seq, e.prev_hash) for e in where.events(number)] == [(1, "")]


# What was shown


def test_a_wording_is_kept_once_and_each_event_says_which_was_shown(
    world: ConsentSchool, elsewhere: ConsentSchool
) -> None:
    school = world.school
    wording = consent_wording(school.name, school.texting_number, school.country)
    changed = consent_wording("Oakwood Upper School", school.texting_number, school.country)
    for shown in (wording, wording, changed, wording):
        world.says(Source.PUBLIC_FORM, YES, wording=shown)
    elsewhere.says(Source.PUBLIC_FORM, YES, wording=wording)
    assert [e.wording_id for e in world.events()] == [
        wording.id,
        wording.id,
        changed.id,
        wording.id,
    ]
    assert {e.language for e in world.events()} == {"en"}
    kept = {(w.school_id, w.id): w.text for w in db.session.query(Wording)}
    assert kept == {
        (school.id, wording.id): wording.text,
        (school.id, changed.id): changed.text,
        (elsewhere.school.id, wording.id): wording.text,
    }
    assert wording.id == hashlib.sha256(f"en\n{wording.text}".encode()).hexdigest()


def test_an_answer_that_waited_refers_to_the_wording_that_was_shown_then(
    world: ConsentSchool,
) -> None:
    school = world.school
    wording = consent_wording(school.name, school.texting_number, school.country)
    world.says(Source.PUBLIC_FORM, YES, wording=wording)
    world.says(Source.PUBLIC_FORM, YES, kept_wording=(wording.id, "en"))
    assert [(e.wording_id, e.language) for e in world.events()] == [(wording.id, "en")] * 2


def test_an_event_keeps_who_how_and_from_which_number_it_was_asked(world: ConsentSchool) -> None:
    form = world.form("mine")
    world.says(Source.PUBLIC_FORM, NO, actor="visitor", submission_id=form, session_digest="mine")
    said = world.events()[0]
    assert (said.actor, said.submission_id, said.texting_number) == (
        "visitor",
        form,
        world.school.texting_number,
    )
    assert said.happened_at == said.recorded_at
    early = datetime(2026, 8, 31, 7, 30, tzinfo=UTC)
    world.says(Source.OPT_OUT_LIST, NO, "+12065550198", happened_at=early, actor="cli")
    assert world.events("+12065550198")[0].happened_at == early
    assert world.events("+12065550198")[0].recorded_at > early
