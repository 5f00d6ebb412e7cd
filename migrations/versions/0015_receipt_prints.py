"""Prints of a receipt: the original and its copies, each with who, when and why."""

from sqlalchemy import CheckConstraint, Column, PrimaryKeyConstraint

from payments.storage.columns import Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    create_table,
    drop_tables,
    facility_column,
    points_at,
)

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    create_table(
        "receipt_print",
        facility_column(),
        Column("payment_id", Id, nullable=False),
        Column("number", Whole, nullable=False),
        Column("reason", Words, nullable=False),
        Column("printed_by", Words, nullable=False),
        Column("printed_at", UtcTime, nullable=False),
        PrimaryKeyConstraint(FACILITY, "payment_id", "number", name="pk_receipt_print"),
        points_at("receipt_print", "payment_id", "payment_id", "receipt"),
        CheckConstraint("number >= 1", name="ck_receipt_print_number"),
        # A copy without a reason cannot be explained to an inspector.
        CheckConstraint("(number = 1) = (reason = '')", name="ck_receipt_print_reason"),
    )
    append_only("receipt_print")


def downgrade() -> None:
    drop_tables("receipt_print")
