"""The meaning of a text that came in, by its words alone."""

import pytest

from portal.consent.keywords import OPT_OUT, classify, is_yes
from portal.enums import InboundKind

STOP, START, HELP = InboundKind.STOP, InboundKind.START, InboundKind.HELP
NEAR_MISS, REPLY, WISH = InboundKind.NEAR_MISS, InboundKind.REPLY, InboundKind.WISH

AGREED = """STOP, STOPALL, STOP ALL, UNSUBSCRIBE, CANCEL, END, QUIT, REVOKE, OPTOUT, OPT OUT,
ARRET, ALTO, PARAR, CANCELAR, BAJA"""
"""The list that was agreed on, word for word."""
ADDED = "REMOVE, NO MAS, DETENER, DARME DE BAJA"
"""Their sources are in docs/consent.md."""


def test_the_opt_out_keywords_are_those_of_the_design() -> None:
    listed = {" ".join(word.split()).casefold() for word in f"{AGREED}, {ADDED}".split(",")}
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
        ("STOP\u2122", STOP),  # trade mark, copyright, registered, service mark
        ("STOP\u00a9", STOP),
        ("STOP\u00ae", STOP),
        ("stop\u2120", STOP),
        ("\u0405\u0422\u041e\u0420", STOP),  # in Cyrillic letters that look the same
        ("S\u0422OP", STOP),
        ("ST\u039f\u03a1", STOP),  # and in Greek ones
        ("\u0435nd", STOP),
        ("\u0422\u041e\u0420", REPLY),
        ("the bus \u0405\u0422\u041e\u0420 is closed", NEAR_MISS),
        ('Disliked "Hello" STOP "please"', NEAR_MISS),
        ('Disliked "Hello." unsubscribe “me”', NEAR_MISS),
        ('Liked "The "red" bus is late"', REPLY),
        ("opt-out", STOP),
        ("Opt\nout", STOP),
        ("ＳＴＯＰ", STOP),
        ("arrêt", STOP),
        ("STOP\ufe0f", STOP),
        ("STOP\u3164", STOP),
        ("STOP\u2757\ufe0f", STOP),
        ("STOP \U0001f6d1", STOP),
        ("Stop\U0001f44e\U0001f3fd", STOP),
        ("\U0001f926\u200d\u2640\ufe0f stop", STOP),
        ("STOP \U0001f1fa\U0001f1f8", STOP),
        ("S T O P", STOP),
        ("S\u20ddT\u20ddO\u20ddP\u20dd", STOP),
        ("\u24c8\u24c9\u24c4\u24c5", STOP),
        ("\U0001d412\U0001d413\U0001d40e\U0001d40f", STOP),
        ("S\u2800T\u2800O\u2800P", STOP),
        ("S\u0336T\u0336O\u0336P\u0336", STOP),  # struck through
        ("STOP\ue001", STOP),  # an emoji of an old phone
        ("START\uf8ff", START),
        ("*STOP*", STOP),
        ("~stop~", STOP),
        ("#STOP", STOP),
        ("STOP^^", STOP),
        ("\ufffcSTOP", STOP),
        ("ST\u034fOP", STOP),
        ("\U000e0020STOP", STOP),
        ("Un subscribe", STOP),
        ("Unsub-\r\n scribe", STOP),
        ("stop \u2764\ufe0f all", STOP),
        ("STOP1", WISH),
        ("1STOP", WISH),
        ("STOP 2", WISH),
        ("STOP 1\ufe0f\u20e3", WISH),
        ("ST0P", WISH),
        ("5top", WISH),
        ("un5ubscribe", NEAR_MISS),
        ("qu1t", NEAR_MISS),
        ("STOOOPPP", WISH),
        ("can cel it please", NEAR_MISS),  # of just enough letters
        ("stop allll", WISH),
        ("please S T O P", WISH),
        ("un subscribe me", WISH),
        ("please stop\U0001f64f\U0001f64f", WISH),
        ("STOP\u2757me", WISH),
        ("on the bus top now", REPLY),  # not "bu" and "stop"
        ("go al to", REPLY),  # too short to be one word in two
        ("room 5 to p", REPLY),
        ("a b c", REPLY),
        ("12345", REPLY),
        ("\uff33top", STOP),
        ("START", START),
        ("un-stop!", START),
        ("Start.", START),
        ("help", HELP),
        ("Info?", HELP),
        ("AYUDA", HELP),
        ("HELP \U0001f64f", HELP),
        ("help help", REPLY),
        ("H.E.L.P.", HELP),
        ("~START~", START),
        ("START \U0001f44d", REPLY),  # no START to the provider, so its block stays
        ("ST ART", REPLY),
        ("\u3164START\ufe0f", START),
        ("¿Ayuda?", HELP),
        ("please stop texting me", WISH),
        ("STOP it now", WISH),
        ("stop stop", WISH),
        ("STOP, please", WISH),
        ("I want to opt out of this", WISH),
        ("Can I cancel Tuesday?", NEAR_MISS),
        ("de baja, por favor", NEAR_MISS),
        ("help me stop this", WISH),
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
        ("please stop", "SOMETHING", WISH),
    ],
)
def test_what_the_provider_took_it_for_counts_too_but_never_against_a_stop(
    body: str, told: str | None, kind: InboundKind
) -> None:
    assert classify(body, told) is kind


def test_a_plain_yes_is_told_from_one_among_words() -> None:
    assert all(is_yes(body) for body in ("yes", " YES!\n", "Yes.", "“yes”"))
    assert not any(
        is_yes(body) for body in ("yes please", "yess", "no", "", "sí", "yes \U0001f44d", "y es")
    )
    assert is_yes("Yes\ufe0f")
