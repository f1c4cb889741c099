"""Mail and parents who come back"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("to_address", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_mail_school_id")),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_mail")),
    )
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.create_index(
            "ix_mail_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("sent_at IS NULL AND failed IS NULL"),
            postgresql_where=sa.text("sent_at IS NULL AND failed IS NULL"),
        )
        batch_op.create_index("ix_mail_newest", ["school_id", "created_at"], unique=False)

    op.create_table(
        "sign_in_key",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("submission_id", sa.BigInteger(), nullable=True),
        sa.Column("network", sa.String(length=45), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_sign_in_key_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_sign_in_key")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_key_token_hash")),
    )
    with op.batch_alter_table("sign_in_key", schema=None) as batch_op:
        batch_op.create_index(
            "ix_sign_in_key_email", ["school_id", "email_key", "created_at"], unique=False
        )
        batch_op.create_index(
            "ix_sign_in_key_network", ["school_id", "network", "created_at"], unique=False
        )

    op.create_table(
        "handset_word",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("word", sa.String(length=12), nullable=False),
        sa.Column("wording_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id", "contact_id"],
            ["contact.school_id", "contact.id"],
            name=op.f("fk_handset_word_school_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "wording_id"],
            ["wording.school_id", "wording.id"],
            name=op.f("fk_handset_word_school_id_wording_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_handset_word_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_handset_word")),
    )
    with op.batch_alter_table("handset_word", schema=None) as batch_op:
        batch_op.create_index(
            "ix_handset_word_number", ["school_id", "number", "expires_at"], unique=False
        )
        batch_op.create_index(
            "uq_handset_word_open",
            ["school_id", "contact_id", "number"],
            unique=True,
            sqlite_where=sa.text("used_at IS NULL"),
            postgresql_where=sa.text("used_at IS NULL"),
        )

    op.create_table(
        "parent_session",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id", "contact_id"],
            ["contact.school_id", "contact.id"],
            name=op.f("fk_parent_session_school_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_parent_session_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "token_hash", name=op.f("pk_parent_session")),
    )
    with op.batch_alter_table("parent_session", schema=None) as batch_op:
        batch_op.create_index(
            "ix_parent_session_contact", ["school_id", "contact_id"], unique=False
        )

    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(length=5), nullable=True))

    with op.batch_alter_table("phone", schema=None) as batch_op:
        batch_op.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("phone", schema=None) as batch_op:
        batch_op.drop_column("confirmed_at")

    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.drop_column("language")

    with op.batch_alter_table("parent_session", schema=None) as batch_op:
        batch_op.drop_index("ix_parent_session_contact")

    op.drop_table("parent_session")
    with op.batch_alter_table("handset_word", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_handset_word_open",
            sqlite_where=sa.text("used_at IS NULL"),
            postgresql_where=sa.text("used_at IS NULL"),
        )
        batch_op.drop_index("ix_handset_word_number")

    op.drop_table("handset_word")
    with op.batch_alter_table("sign_in_key", schema=None) as batch_op:
        batch_op.drop_index("ix_sign_in_key_network")
        batch_op.drop_index("ix_sign_in_key_email")

    op.drop_table("sign_in_key")
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.drop_index("ix_mail_newest")
        batch_op.drop_index(
            "ix_mail_due",
            sqlite_where=sa.text("sent_at IS NULL AND failed IS NULL"),
            postgresql_where=sa.text("sent_at IS NULL AND failed IS NULL"),
        )

    op.drop_table("mail")
