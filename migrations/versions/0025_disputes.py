"""Money that gateways take back without being asked: refunds at their portals, disputes."""

from alembic import op
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint

from payments.storage.columns import Dong, Id, UtcTime, Words
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

revision = "0025"
down_revision = "0023"


def upgrade() -> None:
    create_table(
        "dispute",
        facility_column(),
        must("id", Id),
        must("channel", Words),
        must("name", Words),
        must("kind", Words),
        must("payment_id", Id),
        must("intent_id", Id),
        must("invoice_id", Id),
        must("amount", Dong),
        must("from_suspense", Dong),
        must("from_invoice", Dong),
        must("state", Words),
        must("told_at", UtcTime),
        must("made_at", UtcTime),
        may("ended_at", UtcTime),
        may("open_txn_id", Id),
        may("end_txn_id", Id),
        may("seen_by", Words),
        may("seen_at", UtcTime),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_dispute"),
        # However often it is told, and by whomever, it is one.
        UniqueConstraint(FACILITY, "channel", "name", name="uq_dispute_facility_id_channel"),
        points_at("dispute", "payment_id", "id", "payment"),
        points_at("dispute", "intent_id", "id", "intent"),
        points_at("dispute", "invoice_id", "id", "invoice"),
        refers("dispute", "open_txn_id", "ledger_txn", ("open_txn_id", "id")),
        refers("dispute", "end_txn_id", "ledger_txn", ("end_txn_id", "id")),
        check("dispute", "kind", "kind IN ('refund', 'reversal', 'dispute')"),
        check("dispute", "state", "state IN ('open', 'won', 'lost')"),
        check("dispute", "amount", "amount BETWEEN 1 AND 1000000000000"),
        # What was won before it was held moved nothing.
        check(
            "dispute",
            "parts",
            "from_suspense >= 0 AND from_invoice >= 0 AND (amount = from_suspense + from_invoice"
            " OR (state = 'won' AND open_txn_id IS NULL))",
        ),
        check("dispute", "booked", "state = 'won' OR open_txn_id IS NOT NULL"),
        check("dispute", "ended", "(state = 'open') = (ended_at IS NULL)"),
        check("dispute", "seen", "(seen_by IS NULL) = (seen_at IS NULL)"),
        app="SELECT, INSERT, UPDATE",
    )
    op.create_index("ix_dispute_facility_id_payment", "dispute", [FACILITY, "payment_id"])
    op.create_index("ix_dispute_facility_id_invoice", "dispute", [FACILITY, "invoice_id"])


def downgrade() -> None:
    drop_tables("dispute")
