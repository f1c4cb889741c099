"""A server's refusal in words that staff understand. The answers are those of real servers."""

import pytest

from portal.services.mail.faults import email_fault

ANSWERS = [
    ("550 5.1.1 The email account that you tried to reach does not exist.", "no_mailbox"),
    ("550 No such user here", "no_mailbox"),
    ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by lookup", "no_mailbox"),
    ("550 5.4.1 [a@x.org]: Recipient address rejected: Access denied", "no_mailbox"),
    ("5.0.0 <mx #5.0.0 smtp; 550 5.4.1 Recipient address rejected: Access denied>", "no_mailbox"),
    ("5.0.0 smtp; 550 'Unknown User'", "no_mailbox"),
    ("554 delivery error: dd This user doesn't have a yahoo.com account (a@x) [0]", "no_mailbox"),
    ("550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)", "no_mailbox"),
    ("550 Requested action not taken: mailbox unavailable", "no_mailbox"),
    ("550 5.7.1 <a@x.org>: Recipient address rejected: User unknown", "no_mailbox"),
    ("553 5.3.0 <a@x.org>... Unknown recipient", "no_mailbox"),
    ("550 5.1.0 Address rejected.", "no_mailbox"),
    ("5.1.3", "no_mailbox"),
    ("5.4.4 DNS; Host not found", "no_domain"),
    ("550 5.1.2 The recipient address is not a valid RFC-5321 address", "no_domain"),
    ("556 5.1.10 Domain gmial.com does not accept mail (nullMX)", "no_domain"),
    ("521 mx.example.org does not accept mail", "no_domain"),
    ("550 Unrouteable address", "no_domain"),
    ("550 5.2.1 The email account that you tried to reach is inactive.", "turned_off"),
    ("554 30 Sorry, your message cannot be delivered. This mailbox is disabled", "turned_off"),
    ("552 5.2.2 The email account that you tried to reach is over quota.", "full"),
    ("550 5.2.5 Folder full", "full"),
    ("452 4.2.2 Mailbox full", "full"),
    ("550 5.7.26 This mail has been blocked because the sender is unauthenticated.", "blocked"),
    ("550 5.7.1 Unable to relay", "blocked"),
    ("554 5.7.1 <a@x.org>: Recipient address rejected: Access denied", "blocked"),
    ("550 JunkMail rejected - is in an RBL, see https://www.spamhaus.org/", "blocked"),
    ("550 5.7.515 Access denied, sending domain does not meet the required level", "blocked"),
    ("554 Message not allowed", "other"),
    ("554 5.0.0 Failed, from [5.1.1.9]", "other"),
    ("5.4.7 Delivery expired (message too old)", "not_delivered"),
    ("4.4.1 No answer from host", "not_delivered"),
]


@pytest.mark.parametrize(("said", "fault"), ANSWERS)
def test_a_refusal_is_read(said: str, fault: str) -> None:
    assert email_fault(said) == fault
