"""Opt-outs of a number's other forms; emails with curly apostrophes or full-width letters

The ledger adds a "no" to the other forms of its number itself from this version on. Until now a "no"
about the +52 ... of today left a record with the old +52 1 ... green, and only the gate knew.
Migration 0017 has the rules.

Emails get the form that the contact form gives them today, unless somebody else at the school has
that address. What is left and can't be mailed is marked as refused, so staff see it.
"""

import string
import unicodedata
from datetime import UTC, datetime
from typing import Any

import idna
import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

CONTACT = sa.table(
    "contact", *(sa.column(n) for n in ("school_id", "id", "email", "email_key", "search_name"))
)
REFUSAL = sa.table(
    "email_refusal",
    *(sa.column(n) for n in ("school_id", "email_key", "fault")),
    sa.column("refused_at", sa.DateTime(timezone=True)),
)
PLAIN = str.maketrans(dict.fromkeys("\u00b4\u02bc\u2018\u2019\u201b\u2032", "'") | {"\u3002": "."})
DRAWN_OTHERWISE = ("<wide>", "<narrow>", "<small>", "<font>")
LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def upgrade() -> None:
    op.get_context().script.get_revision("0017").module.upgrade()
    connection = op.get_bind()
    odd: dict[tuple[int, str], list[Any]] = {}
    with_email = sa.select(CONTACT).where(CONTACT.c.email.is_not(None)).order_by(CONTACT.c.id)
    for row in connection.execute(with_email):
        if not row.email.isascii():
            odd.setdefault((row.school_id, row.email_key), []).append(row)
    for (school_id, old), rows in odd.items():
        new = _key(_typed(rows[0].email))
        if new == old or not _is_taken(connection, school_id, new):
            for row in rows:
                _change(connection, row)
            if _has_odd_character(new):
                _mark_refused(connection, school_id, new)
        else:
            _mark_refused(connection, school_id, old)


def downgrade() -> None:
    """Nothing to do: the ledger only grows, and the addresses are the same."""


def _is_taken(connection: Any, school_id: int, key: str) -> bool:
    found = sa.select(CONTACT.c.id).where(
        CONTACT.c.school_id == school_id, CONTACT.c.email_key == key
    )
    return connection.execute(found.limit(1)).first() is not None


def _change(connection: Any, row: Any) -> None:
    """Without the space at its end, the name gets its words anew after the migration."""
    email = _typed(row.email)
    if email == row.email:
        return
    values = {"email": email, "email_key": _key(email), "search_name": row.search_name.rstrip()}
    mine = (CONTACT.c.school_id == row.school_id, CONTACT.c.id == row.id)
    connection.execute(CONTACT.update().where(*mine).values(values))


def _mark_refused(connection: Any, school_id: int, key: str) -> None:
    mine = (REFUSAL.c.school_id == school_id, REFUSAL.c.email_key == key)
    if connection.execute(sa.select(REFUSAL.c.fault).where(*mine)).first() is None:
        row = {"school_id": school_id, "email_key": key, "fault": "no_mailbox"}
        connection.execute(REFUSAL.insert().values(**row, refused_at=datetime.now(UTC)))


def _typed(email: str) -> str:
    local, at, domain = "".join(map(_plain, email)).rpartition("@")
    return f"{local}{at}{domain}"


def _plain(c: str) -> str:
    if unicodedata.decomposition(c).startswith(DRAWN_OTHERWISE):
        c = unicodedata.normalize("NFKC", c)
    return c.translate(PLAIN)


def _key(email: str) -> str:
    local, at, domain = email.rpartition("@")
    try:
        domain = idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError:
        domain = domain.translate(LOWER)
    return f"{local.translate(LOWER)}{at}{domain}"


def _has_odd_character(key: str) -> bool:
    local = key.rpartition("@")[0]
    return any(not c.isascii() and unicodedata.category(c)[0] not in "LMN" for c in local)
