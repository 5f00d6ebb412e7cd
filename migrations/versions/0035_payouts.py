"""What gateways pay out; ``suspense_match`` learns that a credit may be such a batch."""

from alembic import op
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, text

from payments.storage.columns import Day, Dong, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    change_check,
    check,
    create_table,
    drop_tables,
    facility_column,
    may,
    must,
    points_at,
    refers,
)

revision = "0035"
down_revision = "0033"

_BEFORE = "purpose IN ('invoice', 'interest', 'income', 'refund', 'bhyt_advance', 'bhyt_paid')"
_NOW = _BEFORE.replace("'bhyt_paid'", "'bhyt_paid', 'payout'")
_VERDICTS = (
    "verdict IN ('matched', 'fee_differs', 'amount_differs', 'missing_here', 'paid_out_before',"
    " 'unexplained')"
)


def upgrade() -> None:
    change_check("suspense_match", "ck_suspense_match_purpose", _BEFORE, _NOW)
    create_table(
        "payout",
        facility_column(),
        must("id", Id),
        must("channel", Words),
        must("batch", Words),
        must("settle_date", Day),
        must("account", Words),
        must("made_at", UtcTime),
        must("made_by", Words),
        may("credit_id", Id),
        may("credited_at", UtcTime),
        may("credited_by", Words),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_payout"),
        UniqueConstraint(FACILITY, "channel", "batch", name="uq_payout_facility_id_channel_batch"),
        points_at("payout", "account", "account", "bank_account"),
        points_at("payout", "credit_id", "id", "bank_credit"),
        check("payout", "credited", "(credit_id IS NULL) = (credited_at IS NULL)"),
        app="SELECT, INSERT, UPDATE",
    )
    # A credit is one batch, and a batch one credit.
    op.create_index(
        "uq_payout_facility_id_credit_id",
        "payout",
        [FACILITY, "credit_id"],
        unique=True,
        postgresql_where=text("credit_id IS NOT NULL"),
        sqlite_where=text("credit_id IS NOT NULL"),
    )
    _lines()


def _lines() -> None:
    create_table(
        "payout_line",
        facility_column(),
        must("payout_id", Id),
        must("number", Whole),
        must("name", Words),
        must("copy", Whole),
        must("kind", Words),
        must("reference", Words),
        must("transaction", Words),
        must("gross", Dong),
        must("fee", Dong),
        must("tax", Dong),
        must("net", Dong),
        must("occurred_at", UtcTime),
        must("verdict", Words),
        may("payment_id", Id),
        may("txn_id", Id),
        must("reason", Words),
        may("decided_by", Words),
        PrimaryKeyConstraint(FACILITY, "payout_id", "number", name="pk_payout_line"),
        UniqueConstraint(
            FACILITY, "payout_id", "name", "copy", name="uq_payout_line_facility_id_payout_id_name"
        ),
        points_at("payout_line", "payout_id", "id", "payout"),
        points_at("payout_line", "payment_id", "id", "payment"),
        refers("payout_line", "txn_id", "ledger_txn", ("txn_id", "id")),
        check("payout_line", "kind", "kind IN ('pay', 'refund', 'fee', 'adjustment', 'dispute')"),
        check("payout_line", "verdict", _VERDICTS),
        check("payout_line", "net", "net = gross - fee - tax"),
        # What is right is booked, and of the others what a person has decided; never what is not.
        check(
            "payout_line",
            "booked",
            "txn_id IS NULL OR decided_by IS NOT NULL OR verdict IN ('matched', 'fee_differs')",
        ),
        app="SELECT, INSERT, UPDATE",
    )
    paid_out = "kind = 'pay' AND txn_id IS NOT NULL AND payment_id IS NOT NULL"
    # The database, too, lets a payment be paid out once.
    op.create_index(
        "uq_payout_line_facility_id_payment_id",
        "payout_line",
        [FACILITY, "payment_id"],
        unique=True,
        postgresql_where=text(paid_out),
        sqlite_where=text(paid_out),
    )


def downgrade() -> None:
    drop_tables("payout_line", "payout")
    change_check("suspense_match", "ck_suspense_match_purpose", _NOW, _BEFORE)
