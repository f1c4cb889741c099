"""Triggers keep the marks of parents' phones, and /readyz has a row to write"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

# A phone is marked as a parent's if its contact has that role. Servers older than 0006 don't know
# the mark, and may still save phones and roles after this migration.
IS_PARENT = """EXISTS (SELECT 1 FROM contact_role AS r WHERE r.school_id = {row}.school_id
    AND r.contact_id = {row}.contact_id AND r.role = 'parent')"""
OF_CONTACT = "school_id = {row}.school_id AND contact_id = {row}.contact_id"
ROLE_COLUMNS = "school_id, contact_id, role"


def upgrade() -> None:
    op.create_table(
        "write_check",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_write_check")),
    )
    marked = IS_PARENT.format(row="phone")
    op.execute(f"UPDATE phone SET of_parent = NOT of_parent WHERE of_parent <> {marked}")
    if op.get_bind().dialect.name == "postgresql":
        _postgresql_triggers()
    else:
        _sqlite_triggers()


def _sqlite_triggers() -> None:
    wrong = f"NEW.of_parent <> {IS_PARENT.format(row='NEW')}"
    mend = f"""BEGIN UPDATE phone SET of_parent = NOT NEW.of_parent
        WHERE {OF_CONTACT.format(row="NEW")} AND slot = NEW.slot; END"""
    for when in ("INSERT", "UPDATE"):
        op.execute(
            f"CREATE TRIGGER phone_of_parent_{when.lower()} AFTER {when} ON phone"
            f" WHEN {wrong} {mend}"
        )
    for when, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD")):
        op.execute(
            f"CREATE TRIGGER contact_role_phones_{when.lower()}_{row.lower()}"
            f" AFTER {when} ON contact_role WHEN {row}.role = 'parent'"
            f" BEGIN UPDATE phone SET of_parent = {IS_PARENT.format(row='phone')}"
            f" WHERE {OF_CONTACT.format(row=row)}; END"
        )


def _postgresql_triggers() -> None:
    op.execute(
        f"""
        CREATE FUNCTION phone_of_parent() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.of_parent := {IS_PARENT.format(row="NEW")};
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER phone_of_parent BEFORE INSERT OR UPDATE ON phone"
        " FOR EACH ROW EXECUTE FUNCTION phone_of_parent()"
    )
    op.execute(
        f"""
        CREATE FUNCTION contact_role_phones() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP <> 'INSERT' AND OLD.role = 'parent' THEN
                UPDATE phone SET of_parent = false WHERE {OF_CONTACT.format(row="OLD")};
            END IF;
            IF TG_OP <> 'DELETE' AND NEW.role = 'parent' THEN
                UPDATE phone SET of_parent = true WHERE {OF_CONTACT.format(row="NEW")};
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER contact_role_phones AFTER INSERT OR DELETE OR UPDATE OF {ROLE_COLUMNS}"
        " ON contact_role FOR EACH ROW EXECUTE FUNCTION contact_role_phones()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER contact_role_phones ON contact_role")
        op.execute("DROP FUNCTION contact_role_phones")
        op.execute("DROP TRIGGER phone_of_parent ON phone")
        op.execute("DROP FUNCTION phone_of_parent")
    else:
        for name in ("insert_new", "update_new", "update_old", "delete_old"):
            op.execute(f"DROP TRIGGER contact_role_phones_{name}")
        for when in ("insert", "update"):
            op.execute(f"DROP TRIGGER phone_of_parent_{when}")
    op.drop_table("write_check")
