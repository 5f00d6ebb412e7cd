"""Monthly fee bills of gateways and banks: posted once each, and paid by one debit of the bank."""

from alembic import op
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, text

from payments.storage.columns import Day, Dong, Id, UtcTime, Words
from payments.storage.migrating import (
    FACILITY,
    check,
    create_table,
    drop_tables,
    facility_column,
    may,
    must,
    points_at,
    refers,
)

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    create_table(
        "fee_bill",
        facility_column(),
        must("id", Id),
        must("channel", Words),
        must("number", Words),
        must("month", Day),
        must("amount", Dong),
        must("accrued", Dong),
        must("reason", Words),
        must("made_by", Words),
        must("made_at", UtcTime),
        must("txn_id", Id),
        may("credit_id", Id),
        may("paid_by", Words),
        may("paid_at", UtcTime),
        may("paid_txn_id", Id),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_fee_bill"),
        UniqueConstraint(
            FACILITY, "channel", "number", name="uq_fee_bill_facility_id_channel_number"
        ),
        points_at("fee_bill", "credit_id", "id", "bank_credit"),
        refers("fee_bill", "txn_id", "ledger_txn", ("txn_id", "id")),
        refers("fee_bill", "paid_txn_id", "ledger_txn", ("paid_txn_id", "id")),
        check("fee_bill", "amount", "amount BETWEEN 1 AND 1000000000000"),
        # What differs from what was accrued was looked at.
        check("fee_bill", "reason", "amount = accrued OR length(reason) > 2"),
        check(
            "fee_bill",
            "paid",
            "(credit_id IS NULL) = (paid_txn_id IS NULL)"
            " AND (credit_id IS NULL) = (paid_at IS NULL)"
            " AND (credit_id IS NULL) = (paid_by IS NULL)",
        ),
        app="SELECT, INSERT, UPDATE",
    )
    # A debit pays one bill.
    op.create_index(
        "uq_fee_bill_facility_id_credit_id",
        "fee_bill",
        [FACILITY, "credit_id"],
        unique=True,
        postgresql_where=text("credit_id IS NOT NULL"),
        sqlite_where=text("credit_id IS NOT NULL"),
    )


def downgrade() -> None:
    drop_tables("fee_bill")
