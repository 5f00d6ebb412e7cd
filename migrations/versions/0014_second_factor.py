"""The second factor and its recovery codes, stages of a sign-in, and signs of life of programs."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, PrimaryKeyConstraint, text

from payments.storage.columns import Blob, Dong, Flag, Id, UtcTime, Words
from payments.storage.migrating import (
    FACILITY,
    create_table,
    drop_tables,
    facility_column,
    is_postgres,
    of_facility,
    points_at,
)

revision = "0014"
down_revision = "0013"

_STAGES = "stage IN ('code', 'password', 'enrol', 'full')"


def upgrade() -> None:
    _no = text("false" if is_postgres() else "0")
    # Short locks: a column with a constant default rewrites no table (PostgreSQL 11 and newer).
    op.add_column("staff", Column("must_change", Flag, nullable=False, server_default=_no))
    op.add_column("staff", Column("person", Words, nullable=False, server_default=text("''")))
    op.add_column(
        "staff_session", Column("stage", Words, nullable=False, server_default=text("'full'"))
    )
    op.add_column("staff_session", Column("locked", Flag, nullable=False, server_default=_no))
    if is_postgres():
        op.create_check_constraint("ck_staff_session_stage", "staff_session", text(_STAGES))
    create_table(
        "staff_factor",
        facility_column(),
        Column("staff_id", Id, nullable=False),
        Column("secret_sealed", Blob, nullable=False),
        Column("last_step", Dong, nullable=False),
        Column("confirmed_at", UtcTime, nullable=True),
        Column("made_at", UtcTime, nullable=False),
        PrimaryKeyConstraint(FACILITY, "staff_id", name="pk_staff_factor"),
        points_at("staff_factor", "staff_id", "id", "staff"),
        CheckConstraint("last_step >= 0", name="ck_staff_factor_last_step"),
        app="SELECT, INSERT, UPDATE, DELETE",
    )
    create_table(
        "recovery_code",
        facility_column(),
        Column("staff_id", Id, nullable=False),
        Column("code_hash", Blob, nullable=False),
        Column("used_at", UtcTime, nullable=True),
        PrimaryKeyConstraint(FACILITY, "staff_id", "code_hash", name="pk_recovery_code"),
        points_at("recovery_code", "staff_id", "id", "staff"),
        app="SELECT, INSERT, UPDATE, DELETE",
    )
    create_table(
        "heartbeat",
        facility_column(),
        Column("program", Words, nullable=False),
        Column("seen_at", UtcTime, nullable=False),
        PrimaryKeyConstraint(FACILITY, "program", name="pk_heartbeat"),
        of_facility("heartbeat"),
        app="SELECT, INSERT, UPDATE",
    )


def downgrade() -> None:
    drop_tables("heartbeat", "recovery_code", "staff_factor")
    if is_postgres():
        op.drop_constraint("ck_staff_session_stage", "staff_session")
    for table, column in (
        ("staff_session", "locked"),
        ("staff_session", "stage"),
        ("staff", "person"),
        ("staff", "must_change"),
    ):
        op.drop_column(table, column)
