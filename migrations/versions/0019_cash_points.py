"""Cash points, what their second screens show, and the devices that show it."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, PrimaryKeyConstraint, UniqueConstraint

from payments.storage.columns import Blob, Flag, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    create_table,
    drop_tables,
    facility_column,
    of_facility,
    points_at,
)

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    create_table(
        "cash_point",
        facility_column(),
        Column("code", Words, nullable=False),
        Column("name", Words, nullable=False),
        Column("department_code", Words, nullable=True),
        Column("is_active", Flag, nullable=False),
        PrimaryKeyConstraint(FACILITY, "code", name="pk_cash_point"),
        of_facility("cash_point"),
        points_at("cash_point", "department_code", "code", "department"),
        app="SELECT, INSERT, UPDATE",
    )
    create_table(
        "cash_point_display",
        facility_column(),
        Column("cash_point", Words, nullable=False),
        Column("version", Whole, nullable=False),
        Column("intent_id", Id, nullable=True),
        PrimaryKeyConstraint(FACILITY, "cash_point", name="pk_cash_point_display"),
        points_at("cash_point_display", "cash_point", "code", "cash_point"),
        points_at("cash_point_display", "intent_id", "id", "intent"),
        app="SELECT, INSERT, UPDATE",
    )
    _devices()


def downgrade() -> None:
    op.drop_index("ix_display_device_facility_id_cash_point", "display_device")
    drop_tables("display_device", "cash_point_display", "cash_point")


def _devices() -> None:
    create_table(
        "display_device",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("token_hash", Blob, nullable=False),
        Column("cash_point", Words, nullable=True),
        Column("code_hash", Blob, nullable=True),
        Column("code_ends_at", UtcTime, nullable=True),
        Column("code_tries", Whole, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        Column("paired_at", UtcTime, nullable=True),
        Column("seen_at", UtcTime, nullable=False),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_display_device"),
        UniqueConstraint(FACILITY, "token_hash", name="uq_display_device_token_hash"),
        UniqueConstraint(FACILITY, "code_hash", name="uq_display_device_code_hash"),
        of_facility("display_device"),
        points_at("display_device", "cash_point", "code", "cash_point"),
        CheckConstraint("length(token_hash) = 32", name="ck_display_device_token_hash"),
        # Paired, or with a code that still pairs it: never both.
        CheckConstraint(
            "(cash_point IS NULL) = (paired_at IS NULL)"
            " AND (cash_point IS NULL OR code_hash IS NULL)"
            " AND (code_hash IS NULL) = (code_ends_at IS NULL)",
            name="ck_display_device_paired",
        ),
        app="SELECT, INSERT, UPDATE, DELETE",
    )
    op.create_index(
        "ix_display_device_facility_id_cash_point", "display_device", [FACILITY, "cash_point"]
    )
