"""Search"""

import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from portal.normalize import fold

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TAILS = range(3, 12)
CHUNK = 2000
SEARCHES = {
    "Enrolled students with parents' phones": (
        "f1=enrollment_status&o1=currently&v1=enrolled&col=student.name&col=student.grade"
        "&col=parent1.name&col=parent1.primary_phone&col=parent2.name&col=parent2.primary_phone"
    ),
    "Parents who opted out": (
        "f1=role&o1=is&v1=parent&f2=any_texts&o2=is&v2=no&col=parent.name&col=parent.email"
        "&col=parent.primary_phone&col=parent.secondary_phone&col=parent.other_phone"
    ),
}


def folded(length: int) -> Any:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "field_label",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=60), nullable=False),
        sa.Column("label", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_field_label_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "field", name=op.f("pk_field_label")),
        sa.UniqueConstraint("school_id", "label", name=op.f("uq_field_label_school_id_label")),
    )
    op.create_table(
        "name_word",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("word", folded(254), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_name_word_school_id")),
        sa.PrimaryKeyConstraint("school_id", "word", name=op.f("pk_name_word")),
    )
    op.create_table(
        "saved_search",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=True),
        sa.Column("owner_name", sa.String(length=100), nullable=True),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_saved_search_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_saved_search")),
    )
    with op.batch_alter_table("saved_search", schema=None) as batch_op:
        batch_op.create_index("ix_saved_search_name", ["school_id", "name"], unique=False)

    op.create_table(
        "contact_word",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("word", folded(254), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("of_name", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "contact_id"],
            ["contact.school_id", "contact.id"],
            name=op.f("fk_contact_word_school_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_contact_word_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "word", "contact_id", name=op.f("pk_contact_word")),
    )
    with op.batch_alter_table("contact_word", schema=None) as batch_op:
        batch_op.create_index(
            "ix_contact_word_contact", ["school_id", "contact_id", "word"], unique=False
        )

    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.add_column(sa.Column("first_key", folded(209), server_default="", nullable=False))
        batch_op.add_column(sa.Column("last_key", folded(209), server_default="", nullable=False))
        batch_op.create_index(
            "ix_contact_sort", ["school_id", "last_key", "first_key", "id"], unique=False
        )

    with op.batch_alter_table("phone", schema=None) as batch_op:
        batch_op.drop_index("ix_phone_number")
        batch_op.create_index(
            "ix_phone_number",
            ["school_id", "number", "type", "slot", "contact_id"],
            unique=False,
        )

    postgresql = op.get_bind().dialect.name == "postgresql"
    for n in TAILS:
        end = f'right(number, {n}) COLLATE "C"' if postgresql else f"substr(number, -{n})"
        op.execute(f"CREATE INDEX ix_phone_tail_{n} ON phone (school_id, ({end}))")
    _fill_words(op.get_bind())
    _save_searches(op.get_bind())


def _fill_words(connection: sa.Connection) -> None:
    """Fold the names of whoever is on file, and keep the words that they are looked up by.

    `search_name` anew too: names that were kept before were folded with fewer letters taken apart.
    """
    contact = sa.table(
        "contact",
        *(sa.column(c) for c in ("school_id", "id", "first_name", "last_name", "email_key")),
    )
    keys = sa.text(
        "UPDATE contact SET first_key = :first, last_key = :last, search_name = :search_name"
        " WHERE school_id = :school_id AND id = :id"
    )
    words = sa.text("INSERT INTO contact_word VALUES (:school_id, :word, :contact_id, :of_name)")
    name_words: set[tuple[int, str]] = set()
    rows = connection.execute(sa.select(contact)).all()
    for start in range(0, len(rows), CHUNK):
        some = rows[start : start + CHUNK]
        connection.execute(keys, [_keys(row) for row in some])
        found = [word for row in some for word in _words(row)]
        name_words |= {(word["school_id"], word["word"]) for word in found if word["of_name"]}
        if found:
            connection.execute(words, found)
    if name_words:
        connection.execute(
            sa.text("INSERT INTO name_word VALUES (:school_id, :word)"),
            [{"school_id": school_id, "word": word} for school_id, word in sorted(name_words)],
        )


def _keys(row: Any) -> dict[str, Any]:
    first, last = fold(row.first_name)[:209], fold(row.last_name)[:209]
    return {
        "first": first,
        "last": last,
        "search_name": f" {first} {last}",
        "school_id": row.school_id,
        "id": row.id,
    }


def _words(row: Any) -> Iterator[dict[str, Any]]:
    names = {word[:254] for word in fold(f"{row.first_name} {row.last_name}").split()}
    email = row.email_key or ""
    local = fold(email.rpartition("@")[0].replace(".", " ").replace("+", " "))
    of_email = {word[:254] for word in (email, *local.split()) if word}
    for word in sorted(names | of_email):
        yield {
            "school_id": row.school_id,
            "word": word,
            "contact_id": row.id,
            "of_name": word in names,
        }


def _save_searches(connection: sa.Connection) -> None:
    """The two searches that come with every school."""
    new = sa.text(
        "INSERT INTO saved_search (school_id, id, name, address, shared, made_at)"
        " VALUES (:school_id, :id, :name, :address, :shared, :now)"
    ).bindparams(sa.bindparam("now", type_=sa.DateTime(timezone=True)))
    for school_id, now in connection.execute(sa.text("SELECT id, CURRENT_TIMESTAMP FROM school")):
        for name, address in SEARCHES.items():
            values = {"school_id": school_id, "name": name, "address": address, "shared": True}
            number = (int(time.time() * 1000) - 1_735_689_600_000) << 20 | secrets.randbits(20)
            connection.execute(new, values | {"id": number, "now": _moment(now)})


def _moment(now: Any) -> Any:
    return datetime.fromisoformat(now).replace(tzinfo=UTC) if isinstance(now, str) else now


def downgrade() -> None:
    for n in TAILS:
        op.execute(f"DROP INDEX ix_phone_tail_{n}")
    with op.batch_alter_table("phone", schema=None) as batch_op:
        batch_op.drop_index("ix_phone_number")
        batch_op.create_index("ix_phone_number", ["school_id", "number"], unique=False)

    op.drop_index("ix_contact_word_contact", table_name="contact_word")
    op.drop_table("contact_word")
    # Not by a batch: that would drop the table of contacts, which others refer to, to make it anew.
    op.drop_index("ix_contact_sort", table_name="contact")
    op.drop_column("contact", "last_key")
    op.drop_column("contact", "first_key")

    with op.batch_alter_table("saved_search", schema=None) as batch_op:
        batch_op.drop_index("ix_saved_search_name")

    op.drop_table("saved_search")
    op.drop_table("name_word")
    op.drop_table("field_label")
