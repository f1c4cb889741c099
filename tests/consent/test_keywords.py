"""The meaning of a text that came in, by its words alone."""

import pytest

from portal.consent.keywords import OPT_OUT, classify, is_yes
from portal.enums import InboundKind

STOP, START, HELP = InboundKind.STOP, InboundKind.START, InboundKind.HELP
NEAR_MISS, REPLY = InboundKind.NEAR_MISS, InboundKind.REPLY

AGREED = """STOP, STOPALL, STOP ALL, UNSUBSCRIBE, CANCEL, END, QUIT, REVOKE, OPTOUT, OPT OUT,
ARRET, ALTO, PARAR, CANCELAR, BAJA"""
"""The list that was agreed on, word for word."""


def test_the_opt_out_keywords_are_those_of_the_design() -> None:
    listed = {" ".join(word.split()).casefold() for word in AGREED.split(",")}
    assert listed == OPT_OUT


@pytest.mark.parametrize("keyword", sorted(OPT_OUT))
@pytest.mark.parametrize("typed", ["{}", " {}\n", "{}.", "“{}!!”", "-{}-", "{}\u200b", "\ufeff{}"])
def test_an_opt_out_keyword_counts_however_it_is_typed(keyword: str, typed: str) -> None:
    for cased in (keyword, keyword.upper(), keyword.title()):
        assert classify(typed.format(cased)) is STOP


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("S.T.O.P.", STOP),
        ("Stop\u00a0 all", STOP),
        ("opt-out", STOP),
        ("Opt\nout", STOP),
        ("ＳＴＯＰ", STOP),
        ("arrêt", STOP),
        ("\uff33top", STOP),
        ("START", START),
        ("un-stop!", START),
        ("Start.", START),
        ("help", HELP),
        ("Info?", HELP),
        ("AYUDA", HELP),
        ("¿Ayuda?", HELP),
        ("please stop texting me", NEAR_MISS),
        ("STOP it now", NEAR_MISS),
        ("stop stop", NEAR_MISS),
        ("STOP, please", NEAR_MISS),
        ("I want to opt out of this", NEAR_MISS),
        ("Can I cancel Tuesday?", NEAR_MISS),
        ("de baja, por favor", NEAR_MISS),
        ("help me stop this", NEAR_MISS),
        ("we will stopover in Ohio", REPLY),
        ("the weekend", REPLY),
        ("unstoppable", REPLY),
        ("Start of school?", REPLY),
        ("please help", REPLY),
        ("yes", REPLY),
        ("No", REPLY),
        ("Thanks!", REPLY),
        ("👍", REPLY),
        ("", REPLY),
        ("...", REPLY),
        ("\x00", REPLY),
    ],
)
def test_only_a_whole_message_is_a_keyword(body: str, kind: InboundKind) -> None:
    assert classify(body) is kind


@pytest.mark.parametrize(
    ("body", "told", "kind"),
    [
        ("adios", "STOP", STOP),
        ("adios", " stop ", STOP),
        ("YES", "START", START),
        ("what?", "HELP", HELP),
        ("STOP", "START", STOP),
        ("stop", "HELP", STOP),
        ("Baja", "", STOP),
        ("hello", "", REPLY),
        ("hello", None, REPLY),
        ("hello", "SOMETHING", REPLY),
        ("please stop", "SOMETHING", NEAR_MISS),
    ],
)
def test_what_the_provider_took_it_for_counts_too_but_never_against_a_stop(
    body: str, told: str | None, kind: InboundKind
) -> None:
    assert classify(body, told) is kind


def test_a_plain_yes_is_told_from_one_among_words() -> None:
    assert all(is_yes(body) for body in ("yes", " YES!\n", "Yes.", "“yes”"))
    assert not any(is_yes(body) for body in ("yes please", "yess", "no", "", "sí"))
