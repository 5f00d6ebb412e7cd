"""Cash at the desk: shifts, what was handed over and given back; and what was exempted."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, PrimaryKeyConstraint, UniqueConstraint, text

from payments.storage.columns import Dong, Id, UtcTime, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    create_table,
    drop_tables,
    facility_column,
    points_at,
    refers,
)

revision = "0017"
down_revision = "0016"

_APPEND_ONLY = ("cash_payment", "exemption")


def upgrade() -> None:
    create_table(
        "shift",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("cash_point", Words, nullable=False),
        Column("cashier", Words, nullable=False),
        Column("opening_float", Dong, nullable=False),
        Column("opened_at", UtcTime, nullable=False),
        Column("closed_at", UtcTime, nullable=True),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_shift"),
        CheckConstraint("opening_float BETWEEN 0 AND 1000000000000", name="ck_shift_float"),
        app="SELECT, INSERT, UPDATE (closed_at)",
    )
    is_open = text("closed_at IS NULL")
    for column in ("cash_point", "cashier"):
        op.create_index(
            f"uq_shift_open_{column}",
            "shift",
            [FACILITY, column],
            unique=True,
            postgresql_where=is_open,
            sqlite_where=is_open,
        )
    _cash_payment()
    _exemption()
    for table in _APPEND_ONLY:
        append_only(table)


def _cash_payment() -> None:
    create_table(
        "cash_payment",
        facility_column(),
        Column("payment_id", Id, nullable=False),
        Column("shift_id", Id, nullable=False),
        Column("tendered", Dong, nullable=False),
        Column("change", Dong, nullable=False),
        Column("idem_key", Words, nullable=False),
        PrimaryKeyConstraint(FACILITY, "payment_id", name="pk_cash_payment"),
        UniqueConstraint(FACILITY, "idem_key", name="uq_cash_payment_facility_id_idem_key"),
        points_at("cash_payment", "payment_id", "id", "payment"),
        points_at("cash_payment", "shift_id", "id", "shift"),
        CheckConstraint(
            "tendered BETWEEN 1 AND 1000000000000 AND change >= 0 AND change < tendered",
            name="ck_cash_payment_change",
        ),
    )
    op.create_index("ix_cash_payment_facility_id_shift", "cash_payment", [FACILITY, "shift_id"])


def _exemption() -> None:
    create_table(
        "exemption",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("invoice_id", Id, nullable=False),
        Column("programme", Words, nullable=False),
        Column("amount", Dong, nullable=False),
        Column("reason", Words, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        Column("made_by", Words, nullable=False),
        Column("idem_key", Words, nullable=False),
        Column("txn_id", Id, nullable=False),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_exemption"),
        UniqueConstraint(FACILITY, "idem_key", name="uq_exemption_facility_id_idem_key"),
        points_at("exemption", "invoice_id", "id", "invoice"),
        refers("exemption", "txn_id", "ledger_txn", ("txn_id", "id")),
        CheckConstraint("amount BETWEEN 1 AND 1000000000000", name="ck_exemption_amount"),
    )
    op.create_index("ix_exemption_facility_id_invoice", "exemption", [FACILITY, "invoice_id"])


def downgrade() -> None:
    drop_tables("exemption", "cash_payment", "shift")
