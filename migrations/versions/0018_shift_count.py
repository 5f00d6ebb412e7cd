"""Counts of a drawer at the end of a shift: each is kept, the last one closes the shift."""

from sqlalchemy import CheckConstraint, Column, PrimaryKeyConstraint

from payments.storage.columns import Dong, Flag, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    create_table,
    drop_tables,
    facility_column,
    points_at,
    refers,
)

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    create_table(
        "shift_count",
        facility_column(),
        Column("shift_id", Id, nullable=False),
        Column("number", Whole, nullable=False),
        Column("counted", Dong, nullable=False),
        Column("expected", Dong, nullable=False),
        Column("reason", Words, nullable=False),
        Column("counted_at", UtcTime, nullable=False),
        Column("closes", Flag, nullable=False),
        Column("txn_id", Id, nullable=True),
        PrimaryKeyConstraint(FACILITY, "shift_id", "number", name="pk_shift_count"),
        points_at("shift_count", "shift_id", "id", "shift"),
        refers("shift_count", "txn_id", "ledger_txn", ("txn_id", "id")),
        CheckConstraint("counted BETWEEN 0 AND 1000000000000", name="ck_shift_count_counted"),
        CheckConstraint(
            "NOT closes OR counted = expected OR reason <> ''", name="ck_shift_count_reason"
        ),
    )
    append_only("shift_count")


def downgrade() -> None:
    drop_tables("shift_count")
