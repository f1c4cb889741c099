"""Addresses that are the same, and those that only look so."""

import pytest

from portal.email_address import (
    deliverable,
    email_key,
    has_valid_domain,
    typed_address,
    unusable_character,
)

SAME = [
    ("Jo@Example.com", "jo@example.COM"),
    ("jo@maßmail.example", "jo@xn--mamail-cta.example"),
    ("jo@MAßMAIL.example", "JO@XN--MAMAIL-CTA.example"),
    ("jo@\uff45xample.com", "jo@example.com"),
    ("jo@example\u3002com", "jo@example.com"),
    ("jo@bu\u0308cher.example", "jo@bücher.example"),
    (" jo@example.com\u200b", "jo@example.com"),
    ("jo@a\u200db.example", "jo@ab.example"),  # between Latin letters nobody sees a joiner
    ("\u3164jo\ufe0f@exam\ufffcple.com", "jo@example.com"),
]
DIFFERENT = [
    ("jo@maßmail.example", "jo@massmail.example"),
    ("jo@\u03b2\u03cc\u03bb\u03bf\u03c2.example", "jo@\u03b2\u03cc\u03bb\u03bf\u03c3.example"),
    ("strasse@example.com", "straße@example.com"),
    ("\u017fam@example.com", "sam@example.com"),
    ("É@example.com", "é@example.com"),
    ("\ufb01n@example.com", "fin@example.com"),
    ("\u0130zmir@example.com", "i\u0307zmir@example.com"),
    ("jo@نامه\u200cای.example", "jo@نامهای.example"),  # two domains, by the rules of IDNA
    ("jo@under_score.example", "jo@underscore.example"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_mailbox_has_one_key(one: str, other: str) -> None:
    assert email_key(one) == email_key(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_mailboxes_never_have_the_same_key(one: str, other: str) -> None:
    assert email_key(one) != email_key(other)


@pytest.mark.parametrize(
    "address",
    [
        "jo@ab--cdß.example",
        "jo@xn--a.example",
        "jo@\u0300a.example",
        "jo@",
        "jo",
        "@",
        "",
        "jo@.",
        "jo@" + "é" * 250,
    ],
)
def test_a_domain_that_cannot_be_is_said_to_be_none_and_still_has_a_key(address: str) -> None:
    assert not has_valid_domain(address)
    assert email_key(address) == email_key(email_key(address))


def test_a_mail_server_gets_the_domain_that_was_compared() -> None:
    assert deliverable("jo@maßmail.example") == "jo@xn--mamail-cta.example"
    assert deliverable("José@example.com") == "José@example.com"


@pytest.mark.parametrize(
    ("typed", "used"),
    [
        ("\u202aana@example.com\u202c", "ana@example.com"),
        ("ana@example.com\u200b", "ana@example.com"),
        ("\ufeffana@example.com", "ana@example.com"),
        ("ana\ufe0f@example.com", "ana@example.com"),
        ("ana\ufffc@example.com", "ana@example.com"),
        ("ana\u034f@exa\u3164mple.com", "ana@example.com"),
        ("an\u200ca@example.com\U000e0020", "ana@example.com"),
        ("mary.o\u2019brien@example.com", "mary.o'brien@example.com"),
        ("mary.o\u02bcbrien@example.com", "mary.o'brien@example.com"),
        ("mary.o\uff07brien@example.com", "mary.o'brien@example.com"),
        ("\uff50\uff41\uff54\uff20\uff45\uff58\uff0e\uff43\uff4f\uff4d", "pat@ex.com"),
        ("pat@example\u3002com", "pat@example.com"),
        ("pat@example\uff61com", "pat@example.com"),
        ("\U0001d429at@example.com", "pat@example.com"),  # a bold letter
        ("Jos\u00e9@example.com", "Jos\u00e9@example.com"),
        ("jo@ma\u00dfmail.example", "jo@ma\u00dfmail.example"),
        ("\u017fam@example.com", "\u017fam@example.com"),  # a long s may be another mailbox
        ("jo@\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example",) * 2,
    ],
    ids=ascii,
)
def test_an_address_is_used_as_it_is_read(typed: str, used: str) -> None:
    assert typed_address(typed) == used
    assert typed_address(used) == used
    assert unusable_character(used) is None


@pytest.mark.parametrize(
    "odd", "\u2022\u2013\u2014\u2026\u00b7\u00a9\u20ac\u00ab\u201c\u2714", ids=ascii
)
def test_an_odd_character_before_the_at_is_told(odd: str) -> None:
    assert unusable_character(typed_address(f"pat{odd}@example.com")) == odd
