"""Reactions that arrive as texts, told from a parent's own words."""

import pytest

from portal.consent.keywords import classify
from portal.consent.reactions import own_words, reaction_in
from portal.enums import InboundKind, ReactionKind

OURS = "Oakwood School: No school today. Reply STOP to cancel."


@pytest.mark.parametrize(
    ("body", "kind", "emoji"),
    [
        ("Liked “{}”", "liked", ""),
        ("liked “{}”", "liked", ""),
        ('Liked "{}"', "liked", ""),
        ("Loved “{}”", "loved", ""),
        ("Disliked “{}”", "disliked", ""),
        ("Laughed at “{}”", "laughed", ""),
        ("Emphasized “{}”", "emphasized", ""),
        ("Emphasised “{}”", "emphasized", ""),
        ("Questioned “{}”", "questioned", ""),
        ("Reacted 😂 to “{}”", "reacted", "😂"),
        ("Reacted ❤️ to “{}”", "reacted", "❤️"),
        ("Reacted 👍🏽 to “{}”", "reacted", "👍🏽"),
        ("Reacted with 🙏 to “{}”", "reacted", "🙏"),
        ("Reacted with a sticker to “{}”", "reacted", ""),
        ("Removed a heart from “{}”", "removed", ""),
        ("Removed a like from “{}”", "removed", ""),
        ("Removed an exclamation from “{}”", "removed", ""),
        ("Removed a question mark from “{}”", "removed", ""),
        ("Removed 😂 from “{}”", "removed", "😂"),
        ("\u200a\u200b👍\u200b to “\u200a{}\u200a”\u200a", "reacted", "👍"),
        ("\u200a👍\u200a to “ {} ”", "reacted", "👍"),
        ("👍 to “{}”", "reacted", "👍"),
        ("\u200a\u200b❤️\u200b a “\u200a{}\u200a”\u200a", "reacted", "❤️"),
        ("\u200aRemoved \u200c👍\u200c from \u200a{}\u200a\u200a", "removed", "👍"),
        ("\u200a对\u200b👍\u200b回应了\u200a{}\u200a\u200a", "reacted", "👍"),
        ("Le gusta “{}”", "liked", ""),
        ("Le gustó “{}”", "liked", ""),
        ("Me gusta “{}”", "liked", ""),
        ("No le gustó “{}”", "disliked", ""),
        ("Le encantó “{}”", "loved", ""),
        ("Me encanta “{}”", "loved", ""),
        ("Le dio risa “{}”", "laughed", ""),
        ("Se rió de “{}”", "laughed", ""),
        ("Exclamó por “{}”", "emphasized", ""),
        ("Enfatizó “{}”", "emphasized", ""),
        ("Dudó sobre “{}”", "questioned", ""),
        ("Reaccionó con 😂 a “{}”", "reacted", "😂"),
        ("Quitó un corazón de “{}”", "removed", ""),
        ("a attribué la mention « J’aime » à « {} »", "reacted", ""),
        ("a réagi avec 🔥 à « {} »", "reacted", "🔥"),
        ("Liked “Stop by the office\n{}”", "liked", ""),
        ("Liked “{}", "liked", ""),  # cut off by the carrier
        ("Loved an image", "loved", ""),
        ("Le gustó una foto", "liked", ""),
    ],
)
def test_a_reaction_is_one_and_no_wish_to_stop(body: str, kind: str, emoji: str) -> None:
    text = body.replace("{}", OURS)
    reaction = reaction_in(text)
    assert reaction is not None
    assert (reaction.kind, reaction.emoji) == (ReactionKind(kind), emoji)
    assert classify(text) is InboundKind.REPLY


@pytest.mark.parametrize(
    "body",
    [
        "STOP",
        "“STOP”",
        "I said “STOP”",
        "Please stop “Liked”",
        "Liked “Snow day” Now stop texting me",
        "👍 stop",
        "👍 to stop",
        "! “STOP”",
        "❗️ “STOP”",
        "Questioned if I should stop",
        "Remove me from “Oakwood” texts, stop",
        "No me gusta, alto por favor",
        "stop “Oakwood School: No school today.”",
    ],
)
def test_a_parents_own_words_are_no_reaction(body: str) -> None:
    assert reaction_in(body) is None
    assert classify(body) in {InboundKind.STOP, InboundKind.WISH, InboundKind.NEAR_MISS}


def test_the_providers_own_reading_is_kept_for_a_reaction_too() -> None:
    assert classify("Liked “STOP”", "STOP") is InboundKind.STOP


@pytest.mark.parametrize(
    ("body", "own"),
    [
        (f"Понравилось «{OURS}»", "Понравилось"),
        (f"“{OURS}”が気に入りました", "が気に入りました"),
        ("Gefällt „Oakwood School: No school to…“", "Gefällt"),
        (f"stop “{OURS}”", "stop"),
        ("I said “STOP”", "I said “STOP”"),
        ("“Stop it right now, please”", "“Stop it right now, please”"),
    ],
)
def test_a_quotation_of_our_text_is_not_the_senders_words(body: str, own: str) -> None:
    assert own_words(body, OURS).strip() == own
