"""Refunds through gateways: asked for by one person, approved by another, never more than held."""

from alembic import op
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, text

from payments.storage.columns import Dong, Flag, Id, UtcTime, Whole, Words
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

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    create_table(
        "refund",
        facility_column(),
        must("id", Id),
        must("key", Words),
        must("payment_id", Id),
        must("intent_id", Id),
        must("channel", Words),
        must("amount", Dong),
        must("from_suspense", Dong),
        must("from_invoice", Dong),
        must("refunded_before", Dong),
        must("state", Words),
        must("reason", Words),
        must("requested_by", Words),
        must("requested_at", UtcTime),
        may("approved_by", Words),
        may("approved_at", UtcTime),
        must("approved_login", Words),
        must("gateway_id", Words),
        must("trouble", Words),
        must("must_send", Flag),
        must("asked", Whole),
        may("next_ask_at", UtcTime),
        may("suspense_txn_id", Id),
        may("invoice_txn_id", Id),
        may("ended_at", UtcTime),
        must("idem_key", Words),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_refund"),
        UniqueConstraint(FACILITY, "key", name="uq_refund_facility_id_key"),
        UniqueConstraint(FACILITY, "idem_key", name="uq_refund_facility_id_idem_key"),
        points_at("refund", "payment_id", "id", "payment"),
        points_at("refund", "intent_id", "id", "intent"),
        refers("refund", "suspense_txn_id", "ledger_txn", ("suspense_txn_id", "id")),
        refers("refund", "invoice_txn_id", "ledger_txn", ("invoice_txn_id", "id")),
        check(
            "refund",
            "state",
            "state IN ('requested', 'pending', 'unknown', 'done', 'refused', 'external')",
        ),
        check("refund", "amount", "amount BETWEEN 1 AND 1000000000000"),
        check(
            "refund",
            "parts",
            "from_suspense >= 0 AND from_invoice >= 0 AND (state = 'external'"
            " OR amount = from_suspense + from_invoice)",
        ),
        # Whoever asks never approves; the program says so in words, this says so in any case.
        check("refund", "two_people", "approved_by IS NULL OR approved_by <> requested_by"),
        check(
            "refund",
            "approved",
            "state NOT IN ('pending', 'unknown', 'done')"
            " OR (approved_by IS NOT NULL AND approved_at IS NOT NULL)",
        ),
        app="SELECT, INSERT, UPDATE",
    )
    op.create_index("ix_refund_facility_id_payment", "refund", [FACILITY, "payment_id"])
    op.create_index("ix_refund_facility_id_intent", "refund", [FACILITY, "intent_id"])
    asked = text("next_ask_at IS NOT NULL")
    op.create_index(
        "ix_refund_asked",
        "refund",
        [FACILITY, "next_ask_at"],
        postgresql_where=asked,
        sqlite_where=asked,
    )


def downgrade() -> None:
    drop_tables("refund")
