"""Bounces as mail servers write them, in a mailbox on disk."""

import mailbox
from email import message_from_string
from pathlib import Path

FIELDS = """\
Reporting-MTA: dns; relay.example.net

Final-Recipient: rfc822; {to}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <{to}>: User unknown
"""


def bounce(
    message_id: str,
    to: str = "ana@example.com",
    fields: str = FIELDS,
    kind: str = "message/delivery-status",
    returned: str = "text/rfc822-headers",
    headers: str = "",
) -> str:
    """A report on an email with this Message-ID."""
    return f"""\
From: Mail Delivery System <MAILER-DAEMON@relay.example.net>
To: office@oakwood.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
{headers}Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Your message could not be delivered.

--b
Content-Type: {kind}

{fields.format(to=to)}
--b
Content-Type: {returned}

From: office@oakwood.example
To: {to}
Subject: Oakwood School got your contact form
Message-ID: {message_id}

--b--
"""


def make_mailbox(file: Path, *messages: str) -> Path:
    box = mailbox.mbox(file)
    for text in messages:
        box.add(message_from_string(text))
    box.flush()
    box.close()
    return file
