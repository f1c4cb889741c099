"""Email keys by IDNA 2008; changes of sign-in emails, limits, notices to staff"""

import itertools
import re
import secrets
import string
import time
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import idna
import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

CHUNK = 2000
Key = Callable[[str], str]


def code_points(length: int) -> Any:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def columns(table: str, *names: str) -> Any:
    return sa.table(table, *(sa.column(name) for name in names))


CONTACT = columns("contact", "school_id", "id", "first_name", "last_name", "email", "email_key")
WORD = columns("contact_word", "school_id", "word", "contact_id", "of_name")
ACCOUNT = columns("account", "id", "email", "email_key")
MAIL = sa.table(
    "mail",
    *(sa.column(name) for name in ("school_id", "id", "to_address", "to_key", "kind", "rank")),
    sa.column("created_at", sa.DateTime(timezone=True)),
)
SIGN_IN_KEY = sa.table(
    "sign_in_key",
    sa.column("school_id"),
    sa.column("id"),
    sa.column("email_key"),
    sa.column("used_at", sa.DateTime(timezone=True)),
)
NOTICE = sa.table(
    "staff_notice",
    *(sa.column(name) for name in ("school_id", "id", "kind", "about", "contact_id", "times")),
    sa.column("detail", sa.JSON()),
    sa.column("first_at", sa.DateTime(timezone=True)),
    sa.column("last_at", sa.DateTime(timezone=True)),
)
RANKS = {"code": 0, "owner_notice": 1, "receipt": 2, "invitation": 3}
"""Of the kinds of mail that there were."""


def upgrade() -> None:
    _make_tables()
    _widen_mail()
    connection = op.get_bind()
    for school_id in _schools(connection):
        _rank_mail(connection, school_id)
        alike = list(_alike(connection, school_id))
        _key_contacts(connection, school_id, email_key)
        _key_sign_in(connection, school_id)
        for contacts in alike:
            _notice(connection, school_id, contacts)
            shown = ", ".join(f"{row.email} (contact {row.id})" for row in contacts)
            print(f"School {school_id}: these emails look alike, nothing was merged: {shown}")
    for account, key in _key_accounts(connection, email_key):
        print(f"Account {account.email} has the key of another, {key}: it can't sign in.")


def downgrade() -> None:
    connection = op.get_bind()
    for school_id in _schools(connection):
        _key_contacts(connection, school_id, str.casefold)
    _key_accounts(connection, str.casefold)
    for name in ("kind", "network", "to"):
        op.drop_index(f"ix_mail_{name}", table_name="mail")
    _index_due(["due_at"])
    for column in ("network", "to_key", "rank"):
        op.drop_column("mail", column)
    op.drop_index("ix_staff_notice_newest", table_name="staff_notice")
    op.drop_index("uq_staff_notice_open", table_name="staff_notice")
    op.drop_table("staff_notice")
    op.drop_index("ix_limit_use_subject", table_name="limit_use")
    op.drop_table("limit_use")
    op.drop_table("email_change")


def _schools(connection: Any) -> list[int]:
    """One after the other: only one school's people are held at a time."""
    return list(connection.execute(sa.text("SELECT id FROM school ORDER BY id")).scalars())


def _make_tables() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "email_change",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("old_email", sa.String(length=254), nullable=True),
        sa.Column("new_email", sa.String(length=254), nullable=True),
        sa.Column("changed_at", moment, nullable=False),
        sa.Column("changed_by", sa.String(length=100), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("expires_at", moment, nullable=True),
        sa.Column("objected_at", moment, nullable=True),
        *_of_school("email_change"),
        _of_contact("email_change"),
        sa.UniqueConstraint(
            "school_id", "token_hash", name=op.f("uq_email_change_school_id_token_hash")
        ),
        sa.UniqueConstraint(
            "school_id",
            "contact_id",
            "seq",
            name=op.f("uq_email_change_school_id_contact_id_seq"),
        ),
    )
    op.create_table(
        "limit_use",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("budget", code_points(20), nullable=False),
        sa.Column("subject", code_points(254), nullable=False),
        sa.Column("at", moment, nullable=False),
        *_of_school("limit_use"),
    )
    op.create_index("ix_limit_use_subject", "limit_use", ["school_id", "budget", "subject", "at"])
    op.create_table(
        "staff_notice",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", code_points(20), nullable=False),
        sa.Column("about", code_points(254), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("first_at", moment, nullable=False),
        sa.Column("last_at", moment, nullable=False),
        sa.Column("closed_at", moment, nullable=True),
        sa.Column("closed_by", sa.String(length=100), nullable=True),
        *_of_school("staff_notice"),
        _of_contact("staff_notice"),
    )
    op.create_index(
        "uq_staff_notice_open",
        "staff_notice",
        ["school_id", "kind", "about"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("ix_staff_notice_newest", "staff_notice", ["school_id", "last_at"])


def _of_school(table: str) -> tuple[Any, ...]:
    return (
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f(f"fk_{table}_school_id")),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f(f"pk_{table}")),
    )


def _of_contact(table: str) -> Any:
    return sa.ForeignKeyConstraint(
        ["school_id", "contact_id"],
        ["contact.school_id", "contact.id"],
        name=op.f(f"fk_{table}_school_id_contact_id"),
    )


def _widen_mail() -> None:
    op.add_column("mail", sa.Column("rank", sa.Integer(), server_default="0", nullable=False))
    op.add_column("mail", sa.Column("to_key", code_points(254), server_default="", nullable=False))
    op.add_column("mail", sa.Column("network", sa.String(45), server_default="", nullable=False))
    op.create_index("ix_mail_to", "mail", ["school_id", "to_key", "due_at"])
    op.create_index("ix_mail_network", "mail", ["school_id", "network", "due_at"])
    op.create_index("ix_mail_kind", "mail", ["school_id", "kind", "due_at"])
    _index_due(["rank", "due_at"])


def _index_due(by: list[str]) -> None:
    op.drop_index("ix_mail_due", table_name="mail")
    waits = sa.text("sent_at IS NULL AND failed IS NULL")
    op.create_index("ix_mail_due", "mail", by, sqlite_where=waits, postgresql_where=waits)


def _rank_mail(connection: Any, school_id: int) -> None:
    """Give mail that is there its rank and key: it may still wait, and limits look back."""
    rows = connection.execute(
        sa.select(MAIL.c.id, MAIL.c.to_address, MAIL.c.kind).where(MAIL.c.school_id == school_id)
    ).all()
    _update(
        connection,
        "UPDATE mail SET to_key = :key, rank = :rank WHERE school_id = :school_id AND id = :id",
        (
            {
                "school_id": school_id,
                "id": row.id,
                "key": email_key(row.to_address)[:254],
                "rank": RANKS.get(row.kind, 3),
            }
            for row in rows
        ),
    )


def _update(connection: Any, statement: str, rows: Iterable[dict[str, Any]]) -> None:
    left = iter(rows)
    while values := list(itertools.islice(left, CHUNK)):
        connection.execute(sa.text(statement), values)


def _with_email(connection: Any, school_id: int) -> list[Any]:
    found = sa.select(CONTACT).where(CONTACT.c.school_id == school_id, CONTACT.c.email.is_not(None))
    return list(connection.execute(found.order_by(CONTACT.c.id)))


def _alike(connection: Any, school_id: int) -> Iterator[list[Any]]:
    """The records whose emails were one and are several now, or the other way around."""
    before, after = defaultdict(list), defaultdict(list)
    for row in _with_email(connection, school_id):
        before[row.email.casefold()].append(row)
        after[email_key(row.email)].append(row)
    for rows in [*before.values(), *after.values()]:
        if len({(row.email.casefold(), email_key(row.email)) for row in rows}) > 1:
            yield rows


def _key_contacts(connection: Any, school_id: int, key: Key) -> None:
    """Key the records anew, and the proofs of their numbers that were given under that email: a
    proof under an earlier one is worth nothing by any key."""
    changed = [
        (row, key(row.email)[:254])
        for row in _with_email(connection, school_id)
        if row.email_key != key(row.email) or "xn--" in row.email_key
    ]
    for table, its_id, its_key in (
        ("holding", "contact_id", "handset_email_key"),
        ("contact", "id", "email_key"),
    ):
        _update(
            connection,
            f"UPDATE {table} SET {its_key} = :key"
            f" WHERE school_id = :school_id AND {its_id} = :id AND {its_key} = :old",
            (
                {"school_id": school_id, "id": row.id, "old": row.email_key, "key": new}
                for row, new in changed
            ),
        )
    for row, new in changed:
        _keep_words(connection, row, new)


def _keep_words(connection: Any, row: Any, key: str) -> None:
    mine = (WORD.c.school_id == row.school_id, WORD.c.contact_id == row.id)
    connection.execute(sa.delete(WORD).where(*mine))
    wanted = words_to_find(row.first_name, row.last_name, key)
    connection.execute(
        sa.insert(WORD),
        [
            {
                "school_id": row.school_id,
                "word": word,
                "contact_id": row.id,
                "of_name": of_name,
            }
            for word, of_name in wanted.items()
        ],
    )


def _key_sign_in(connection: Any, school_id: int) -> None:
    """Give codes and links that still work the key of the address that they were sent to.

    Which one it was, the former key doesn't say; the mail does. Where it is not certain, they are
    used up: a parent asks for a new one.
    """
    sent = defaultdict(set)
    mails = sa.select(MAIL.c.to_address).where(MAIL.c.school_id == school_id).distinct()
    for address in connection.execute(mails).scalars():
        sent[address.casefold()].add(email_key(address))
    used, keys = [], []
    rows = sa.select(SIGN_IN_KEY).where(SIGN_IN_KEY.c.school_id == school_id)
    for row in connection.execute(rows).all():
        found = sent.get(row.email_key, set())
        if len(found) == 1:
            key = next(iter(found))[:254]
            keys.append({"school_id": school_id, "id": row.id, "key": key})
        elif row.used_at is None:
            used.append({"school_id": school_id, "id": row.id})
    which = "WHERE school_id = :school_id AND id = :id"
    _update(connection, f"UPDATE sign_in_key SET email_key = :key {which}", keys)
    _update(connection, f"UPDATE sign_in_key SET used_at = created_at {which}", used)


def _key_accounts(connection: Any, key: Key) -> list[tuple[Any, str]]:
    """Keys are unique: of two accounts with the same one the older keeps it. The other gets one
    that nobody can type, and is told of; the operator decides."""
    rows = connection.execute(sa.select(ACCOUNT).order_by(ACCOUNT.c.id)).all()
    taken: set[str] = set()
    clashes, changed = [], []
    for row in rows:
        new = key(row.email)[:254]
        if new in taken:
            clashes.append((row, new))
            new = f"{new[:230]} #{row.id}"
        taken.add(new)
        if new != row.email_key:
            changed.append({"id": row.id, "key": new, "between": f"~{row.id}"})
    _update(connection, "UPDATE account SET email_key = :between WHERE id = :id", changed)
    _update(connection, "UPDATE account SET email_key = :key WHERE id = :id", changed)
    return clashes


def _notice(connection: Any, school_id: int, contacts: list[Any]) -> None:
    now = datetime.now(UTC)
    connection.execute(
        sa.insert(NOTICE),
        {
            "school_id": school_id,
            "id": (int(time.time() * 1000) - 1_735_689_600_000) << 20 | secrets.randbits(20),
            "kind": "emails_alike",
            "about": ",".join(str(row.id) for row in contacts)[:254],
            "contact_id": contacts[0].id,
            "detail": {"emails": [row.email for row in contacts]},
            "times": 1,
            "first_at": now,
            "last_at": now,
        },
    )


# How emails were compared and names looked up when this migration was written. Frozen: what the
# portal does by now may be something else, and later migrations bring that about.

# Marks that phones and messengers paste along with names and numbers; they change how text is
# drawn, never what it says. The joiners U+200C and U+200D are spelling in several scripts: kept.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
_LEFT_OUT = frozenset("'\u2019\u2018\u02bc`\u00b4\u200c\u200d")  # apostrophes, joiners
# Letters that Unicode does not take apart, as people write them whose keyboard lacks them.
_BASE_LETTERS = str.maketrans(
    {
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ł": "l",
        "\u0131": "i",  # without a dot
        "ħ": "h",
        "ŧ": "t",
        "ŋ": "n",
    }
)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def email_key(address: str) -> str:
    local, at, domain = _clean(address).rpartition("@")
    return f"{local.translate(_LOWER)}{at}{_ascii_domain(domain) or domain.translate(_LOWER)}"


@lru_cache(maxsize=4096)
def _ascii_domain(domain: str) -> str | None:
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError:  # idna.IDNAError is one
        return None


def _clean(value: str) -> str:
    value = _CONTROL.sub("", _INVISIBLE.sub("", value))
    return " ".join(unicodedata.normalize("NFC", value).split())


def _fold(value: str) -> str:
    decomposed = unicodedata.normalize("NFKD", _clean(value)).casefold().translate(_BASE_LETTERS)
    bare = "".join(c for c in decomposed if not _is_accent(c) and c not in _LEFT_OUT)
    words = "".join(c if _is_part_of_word(c) else " " for c in bare).split()
    return unicodedata.normalize("NFC", " ".join(words))


def _is_accent(c: str) -> bool:
    kind = unicodedata.combining(c)
    return kind == 1 or 10 <= kind <= 35 or kind >= 200


def _is_part_of_word(c: str) -> bool:
    return c.isalnum() or c in "@.+" or unicodedata.category(c).startswith("M")


def words_to_find(first_name: str, last_name: str, email_key: str | None) -> dict[str, bool]:
    local = (email_key or "").rpartition("@")[0].replace(".", " ").replace("+", " ")
    of_email = [email_key or "", _in_letters(email_key or ""), *_fold(local).split()]
    words = {word[:254]: False for word in of_email if word}
    return words | {word[:254]: True for word in _fold(f"{first_name} {last_name}").split()}


def _in_letters(email_key: str) -> str:
    local, at, domain = email_key.rpartition("@")
    try:
        return f"{local}{at}{idna.decode(domain)}" if "xn--" in domain else email_key
    except UnicodeError:  # idna.IDNAError is one
        return email_key
