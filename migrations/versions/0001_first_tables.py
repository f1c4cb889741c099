"""First tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("consent_event", "wording")


def _guard_sqlite(table: str) -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
    op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
    # INSERT OR REPLACE deletes without firing the trigger above where recursive_triggers is off.
    # A plain duplicate is left to the primary key, an ON CONFLICT DO NOTHING to its own meaning:
    # only a connection that would replace has to be stopped, and only here can that be done.
    op.execute(
        f"CREATE TRIGGER {table}_no_replace AFTER INSERT ON {table} "
        f"WHEN (SELECT recursive_triggers FROM pragma_recursive_triggers) = 0 "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: open it with recursive_triggers'); END"
    )


def _guard_postgresql(table: str) -> None:
    for kind, level in (("UPDATE", "ROW"), ("DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        op.execute(
            f"CREATE TRIGGER {table}_no_{kind.lower()} BEFORE {kind} ON {table} "
            f"FOR EACH {level} EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_no_{kind.lower()}")


def _guard() -> None:
    """The database itself keeps the ledger append-only; portal/consent/guards.py looks for these."""
    if op.get_bind().dialect.name == "sqlite":
        for table in APPEND_ONLY:
            _guard_sqlite(table)
        return
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        _guard_postgresql(table)


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email_key", name=op.f("uq_account_email_key")),
    )
    op.create_table(
        "school",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("timezone", sa.String(length=40), nullable=False),
        sa.Column("languages", sa.String(length=40), nullable=False),
        sa.Column("texting_on", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school")),
        sa.UniqueConstraint("slug", name=op.f("uq_school_slug")),
    )
    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("email_digest", sa.String(length=64), nullable=False),
        sa.Column("network", sa.String(length=45), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    with op.batch_alter_table("sign_in_failure", schema=None) as batch_op:
        batch_op.create_index("ix_sign_in_failure_email", ["email_digest", "at"], unique=False)
        batch_op.create_index("ix_sign_in_failure_network", ["network", "at"], unique=False)

    op.create_table(
        "consent_status",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("decided_by", sa.String(length=20), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("last_hash", sa.String(length=64), nullable=False),
        sa.Column("blocked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('opted_in', 'opted_out', 'not_asked')",
            name=op.f("ck_consent_status_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_consent_status_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "number", name=op.f("pk_consent_status")),
    )
    with op.batch_alter_table("consent_status", schema=None) as batch_op:
        batch_op.create_index(
            "ix_consent_status_state", ["school_id", "state", "number"], unique=False
        )

    op.create_table(
        "contact",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_name", sa.String(length=100), nullable=False),
        sa.Column("last_name", sa.String(length=100), nullable=False),
        sa.Column("search_name", sa.String(length=420), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("email_key", sa.String(length=254), nullable=True),
        sa.Column("grade", sa.String(length=2), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "grade IN ('PK', 'KG', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12')",
            name=op.f("ck_contact_grade_known"),
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_contact_school_id")),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_contact")),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index("ix_contact_email", ["school_id", "email_key"], unique=False)
        batch_op.create_index(
            "ix_contact_name", ["school_id", "last_name", "first_name"], unique=False
        )

    op.create_table(
        "form_use",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("network", sa.String(length=45), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_form_use_school_id")),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_form_use")),
    )
    with op.batch_alter_table("form_use", schema=None) as batch_op:
        batch_op.create_index("ix_form_use_network", ["school_id", "network", "at"], unique=False)

    op.create_table(
        "membership",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "role IN ('viewer', 'editor', 'admin')", name=op.f("ck_membership_role_known")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_membership_account_id")
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_membership_school_id")),
        sa.PrimaryKeyConstraint("school_id", "account_id", name=op.f("pk_membership")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_membership_account_id"), ["account_id"], unique=False)

    op.create_table(
        "staff_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_staff_session_account_id")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_staff_session")),
    )
    with op.batch_alter_table("staff_session", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_staff_session_account_id"), ["account_id"], unique=False
        )

    op.create_table(
        "term",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_term_school_id")),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_term")),
    )
    with op.batch_alter_table("term", schema=None) as batch_op:
        batch_op.create_index(
            "uq_term_default",
            ["school_id"],
            unique=True,
            sqlite_where=sa.text("is_default"),
            postgresql_where=sa.text("is_default"),
        )
        batch_op.create_index("uq_term_name", ["school_id", "name"], unique=True)

    op.create_table(
        "texting_number",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_texting_number_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "number", name=op.f("pk_texting_number")),
        sa.UniqueConstraint("number", name=op.f("uq_texting_number_number")),
    )
    with op.batch_alter_table("texting_number", schema=None) as batch_op:
        batch_op.create_index(
            "uq_texting_number_current",
            ["school_id"],
            unique=True,
            sqlite_where=sa.text("until IS NULL"),
            postgresql_where=sa.text("until IS NULL"),
        )

    op.create_table(
        "wording",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_wording_school_id")),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_wording")),
    )
    op.create_table(
        "submission",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("form_key", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("answers_digest", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        sa.Column("session_digest", sa.String(length=64), nullable=False),
        sa.Column("wording_id", sa.String(length=64), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "wording_id"],
            ["wording.school_id", "wording.id"],
            name=op.f("fk_submission_school_id_wording_id"),
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_submission_school_id")),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_submission")),
        sa.UniqueConstraint(
            "school_id",
            "form_key",
            "revision",
            name=op.f("uq_submission_school_id_form_key_revision"),
        ),
    )
    with op.batch_alter_table("submission", schema=None) as batch_op:
        batch_op.create_index("ix_submission_received", ["school_id", "received_at"], unique=False)

    op.create_table(
        "consent_event",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=3), nullable=True),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("wording_id", sa.String(length=64), nullable=True),
        sa.Column("language", sa.String(length=5), nullable=True),
        sa.Column("texting_number", sa.String(length=16), nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.String(length=64), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("evidence_digest", sa.String(length=64), nullable=True),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "(source = 'number_left') = (answer IS NULL)",
            name=op.f("ck_consent_event_answer_unless_number_left"),
        ),
        sa.CheckConstraint("answer IN ('yes', 'no')", name=op.f("ck_consent_event_answer_known")),
        sa.CheckConstraint(
            "source IN ('parent_form', 'handset', 'public_form', 'staff_entry', 'roster_import', 'opt_out_list', 'text_reply', 'carrier', 'number_left')",
            name=op.f("ck_consent_event_source_known"),
        ),
        sa.CheckConstraint(
            "state IN ('opted_in', 'opted_out', 'not_asked')",
            name=op.f("ck_consent_event_state_known"),
        ),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_consent_event_seq_from_1")),
        sa.ForeignKeyConstraint(
            ["school_id", "wording_id"],
            ["wording.school_id", "wording.id"],
            name=op.f("fk_consent_event_school_id_wording_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_consent_event_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "number", "seq", name=op.f("pk_consent_event")),
    )
    with op.batch_alter_table("consent_event", schema=None) as batch_op:
        batch_op.create_index(
            "ix_consent_event_code", ["school_id", "code", "recorded_at"], unique=False
        )
        batch_op.create_index(
            "ix_consent_event_submission", ["school_id", "submission_id"], unique=False
        )
        batch_op.create_index("uq_consent_event_message", ["school_id", "message_id"], unique=True)

    op.create_table(
        "contact_role",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "role IN ('student', 'parent', 'consultant')", name=op.f("ck_contact_role_role_known")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "contact_id"],
            ["contact.school_id", "contact.id"],
            name=op.f("fk_contact_role_school_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_contact_role_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "contact_id", "role", name=op.f("pk_contact_role")),
    )
    with op.batch_alter_table("contact_role", schema=None) as batch_op:
        batch_op.create_index(
            "ix_contact_role_role", ["school_id", "role", "contact_id"], unique=False
        )

    op.create_table(
        "enrollment",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column("term_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('inquiry', 'applicant', 'admitted', 'enrolled', 'withdrawn')",
            name=op.f("ck_enrollment_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "student_id"],
            ["contact.school_id", "contact.id"],
            name=op.f("fk_enrollment_school_id_student_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "term_id"],
            ["term.school_id", "term.id"],
            name=op.f("fk_enrollment_school_id_term_id"),
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_enrollment_school_id")),
        sa.PrimaryKeyConstraint("school_id", "student_id", "term_id", name=op.f("pk_enrollment")),
    )
    with op.batch_alter_table("enrollment", schema=None) as batch_op:
        batch_op.create_index(
            "ix_enrollment_status", ["school_id", "term_id", "status", "student_id"], unique=False
        )

    op.create_table(
        "enrollment_change",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column("term_id", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.CheckConstraint(
            "status IN ('inquiry', 'applicant', 'admitted', 'enrolled', 'withdrawn')",
            name=op.f("ck_enrollment_change_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "student_id"],
            ["contact.school_id", "contact.id"],
            name=op.f("fk_enrollment_change_school_id_student_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "term_id"],
            ["term.school_id", "term.id"],
            name=op.f("fk_enrollment_change_school_id_term_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_enrollment_change_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_enrollment_change")),
    )
    with op.batch_alter_table("enrollment_change", schema=None) as batch_op:
        batch_op.create_index(
            "ix_enrollment_change_status",
            ["school_id", "term_id", "status", "student_id"],
            unique=False,
        )
        batch_op.create_index(
            "ix_enrollment_change_student", ["school_id", "student_id"], unique=False
        )

    op.create_table(
        "holding",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["school_id", "contact_id"],
            ["contact.school_id", "contact.id"],
            name=op.f("fk_holding_school_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_holding_school_id")),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_holding")),
    )
    with op.batch_alter_table("holding", schema=None) as batch_op:
        batch_op.create_index(
            "ix_holding_contact", ["school_id", "contact_id", "number"], unique=False
        )
        batch_op.create_index(
            "uq_holding_open",
            ["school_id", "number", "contact_id"],
            unique=True,
            sqlite_where=sa.text("until IS NULL"),
            postgresql_where=sa.text("until IS NULL"),
        )

    op.create_table(
        "parent_link",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=False),
        sa.Column("relationship", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "relationship IN ('mother', 'father', 'guardian', 'grandparent', 'other')",
            name=op.f("ck_parent_link_relationship_known"),
        ),
        sa.CheckConstraint("position BETWEEN 1 AND 4", name=op.f("ck_parent_link_position_1_to_4")),
        sa.CheckConstraint(
            "student_id <> parent_id", name=op.f("ck_parent_link_not_ones_own_parent")
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "parent_id"],
            ["contact.school_id", "contact.id"],
            name=op.f("fk_parent_link_school_id_parent_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "student_id"],
            ["contact.school_id", "contact.id"],
            name=op.f("fk_parent_link_school_id_student_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_parent_link_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "student_id", "position", name=op.f("pk_parent_link")),
    )
    with op.batch_alter_table("parent_link", schema=None) as batch_op:
        batch_op.create_index(
            "uq_parent_link_parent", ["school_id", "parent_id", "student_id"], unique=True
        )

    op.create_table(
        "phone",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("slot", sa.String(length=20), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("extension", sa.String(length=8), nullable=True),
        sa.CheckConstraint(
            "number LIKE '+%' AND length(number) > 6", name=op.f("ck_phone_number_is_e164")
        ),
        sa.CheckConstraint(
            "slot IN ('primary_phone', 'secondary_phone', 'other_phone')",
            name=op.f("ck_phone_slot_known"),
        ),
        sa.CheckConstraint(
            "type <> 'cell' OR extension IS NULL", name=op.f("ck_phone_cell_has_no_extension")
        ),
        sa.CheckConstraint("type IN ('cell', 'home', 'work')", name=op.f("ck_phone_type_known")),
        sa.ForeignKeyConstraint(
            ["school_id", "contact_id"],
            ["contact.school_id", "contact.id"],
            name=op.f("fk_phone_school_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_phone_school_id")),
        sa.PrimaryKeyConstraint("school_id", "contact_id", "slot", name=op.f("pk_phone")),
    )
    with op.batch_alter_table("phone", schema=None) as batch_op:
        batch_op.create_index("ix_phone_number", ["school_id", "number"], unique=False)

    op.create_table(
        "proposal",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("old", sa.JSON(), nullable=True),
        sa.Column("new", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=100), nullable=True),
        sa.CheckConstraint(
            "kind IN ('field', 'phone', 'consent', 'link', 'new_parent')",
            name=op.f("ck_proposal_kind_known"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'accepted', 'declined', 'superseded')",
            name=op.f("ck_proposal_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "contact_id"],
            ["contact.school_id", "contact.id"],
            name=op.f("fk_proposal_school_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "submission_id"],
            ["submission.school_id", "submission.id"],
            name=op.f("fk_proposal_school_id_submission_id"),
        ),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_proposal_school_id")),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_proposal")),
    )
    with op.batch_alter_table("proposal", schema=None) as batch_op:
        batch_op.create_index(
            "ix_proposal_contact", ["school_id", "contact_id", "state"], unique=False
        )
        batch_op.create_index(
            "ix_proposal_waiting", ["school_id", "state", "proposed_at"], unique=False
        )

    op.create_table(
        "record_edit",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "contact_id"],
            ["contact.school_id", "contact.id"],
            name=op.f("fk_record_edit_school_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_record_edit_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name=op.f("pk_record_edit")),
    )
    with op.batch_alter_table("record_edit", schema=None) as batch_op:
        batch_op.create_index(
            "ix_record_edit_contact", ["school_id", "contact_id", "id"], unique=False
        )

    op.create_table(
        "submission_contact",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.String(length=12), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("made", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "contact_id"],
            ["contact.school_id", "contact.id"],
            name=op.f("fk_submission_contact_school_id_contact_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id", "submission_id"],
            ["submission.school_id", "submission.id"],
            name=op.f("fk_submission_contact_school_id_submission_id"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_submission_contact_school_id")
        ),
        sa.PrimaryKeyConstraint(
            "school_id", "submission_id", "part", name=op.f("pk_submission_contact")
        ),
    )
    with op.batch_alter_table("submission_contact", schema=None) as batch_op:
        batch_op.create_index(
            "ix_submission_contact_contact", ["school_id", "contact_id"], unique=False
        )

    op.create_table(
        "consent_evidence",
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["school_id", "number", "seq"],
            ["consent_event.school_id", "consent_event.number", "consent_event.seq"],
            name=op.f("fk_consent_evidence_school_id_number_seq"),
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["school.id"], name=op.f("fk_consent_evidence_school_id")
        ),
        sa.PrimaryKeyConstraint("school_id", "number", "seq", name=op.f("pk_consent_evidence")),
    )
    _guard()


def downgrade() -> None:
    raise RuntimeError("Can't downgrade. The first migration creates the consent ledger.")
