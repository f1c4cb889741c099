"""Addresses that are the same, and those that only look so."""

import pytest

from portal.email_address import deliverable, email_key, has_valid_domain

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
