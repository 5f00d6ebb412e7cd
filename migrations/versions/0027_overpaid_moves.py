"""
What is over of a payment may pay another invoice of the same patient.

The payment that it makes received nothing, and need not come from a bank. PostgreSQL takes a short
exclusive lock on ``payment`` to change its check and reads it once; SQLite writes the table anew.
"""

from alembic import op
from sqlalchemy import Column, PrimaryKeyConstraint, UniqueConstraint, text

from payments.storage.columns import Dong, Id, UtcTime, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    check,
    create_table,
    drop_tables,
    facility_column,
    is_postgres,
    may,
    must,
    points_at,
    refers,
)

revision = "0027"
down_revision = "0026"

_RECEIVED = "(received >= 1 AND received = applied + suspense)"
_PLACED = "(received = 0 AND suspense = 0 AND applied >= 1 AND invoice_id IS NOT NULL)"
_FROM_BANK = (
    "(received = 0 AND suspense = 0 AND applied >= 1"
    " AND credit_id IS NOT NULL AND invoice_id IS NOT NULL)"
)
_COLUMNS = (
    "facility_id, id, method, credit_id, invoice_id, intent_id, received, applied, suspense,"
    " flags, received_at, txn_id, made_at"
)


def upgrade() -> None:
    _change_payment(f"{_RECEIVED} OR {_PLACED}")
    create_table(
        "overpaid_move",
        facility_column(),
        must("id", Id),
        must("payment_id", Id),
        must("from_invoice_id", Id),
        must("to_invoice_id", Id),
        must("part", Words),
        must("amount", Dong),
        must("state", Words),
        must("reason", Words),
        must("requested_by", Words),
        must("requested_at", UtcTime),
        may("approved_by", Words),
        may("ended_at", UtcTime),
        may("txn_id", Id),
        must("idem_key", Words),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_overpaid_move"),
        UniqueConstraint(FACILITY, "idem_key", name="uq_overpaid_move_facility_id_idem_key"),
        points_at("overpaid_move", "payment_id", "id", "payment"),
        refers("overpaid_move", "from_invoice_id", "invoice", ("from_invoice_id", "id")),
        refers("overpaid_move", "to_invoice_id", "invoice", ("to_invoice_id", "id")),
        refers("overpaid_move", "txn_id", "ledger_txn", ("txn_id", "id")),
        check("overpaid_move", "part", "part IN ('suspense', 'invoice')"),
        check("overpaid_move", "state", "state IN ('requested', 'done', 'refused')"),
        check("overpaid_move", "amount", "amount BETWEEN 1 AND 1000000000000"),
        check("overpaid_move", "two_invoices", "from_invoice_id <> to_invoice_id"),
        # Whoever asks never approves; the program says so in words, this says so in any case.
        check("overpaid_move", "two_people", "approved_by IS NULL OR approved_by <> requested_by"),
        check(
            "overpaid_move",
            "done",
            "(state = 'done') = (txn_id IS NOT NULL AND approved_by IS NOT NULL)",
        ),
        check("overpaid_move", "ended", "(state = 'requested') = (ended_at IS NULL)"),
        app="SELECT, INSERT, UPDATE",
    )
    for index, column in (
        ("payment", "payment_id"),
        ("from", "from_invoice_id"),
        ("to", "to_invoice_id"),
    ):
        op.create_index(
            f"ix_overpaid_move_facility_id_{index}", "overpaid_move", [FACILITY, column]
        )


def downgrade() -> None:
    """Fails by a check where money was moved since: that is not undone."""
    drop_tables("overpaid_move")
    _change_payment(f"{_RECEIVED} OR {_FROM_BANK}")


def _change_payment(rule: str) -> None:
    if is_postgres():
        op.execute("ALTER TABLE payment DROP CONSTRAINT ck_payment_whole")
        op.execute(f"ALTER TABLE payment ADD CONSTRAINT ck_payment_whole CHECK ({rule})")
        return
    # Rows that point here are looked at when the commit comes: then their targets are back.
    op.execute("PRAGMA defer_foreign_keys = ON")
    op.execute("CREATE TABLE old_payment AS SELECT * FROM payment")
    drop_tables("payment")
    _payment(rule)
    op.execute(f"INSERT INTO payment ({_COLUMNS}) SELECT {_COLUMNS} FROM old_payment")  # noqa: S608
    drop_tables("old_payment")


def _payment(rule: str) -> None:
    """As 0007 made it, with another rule."""
    create_table(
        "payment",
        facility_column(),
        must("id", Id),
        must("method", Words),
        may("credit_id", Id),
        may("invoice_id", Id),
        Column("intent_id", Id, nullable=True),
        must("received", Dong),
        must("applied", Dong),
        must("suspense", Dong),
        must("flags", Words),
        must("received_at", UtcTime),
        must("txn_id", Id),
        must("made_at", UtcTime),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_payment"),
        UniqueConstraint(FACILITY, "txn_id", name="uq_payment_facility_id_txn_id"),
        points_at("payment", "credit_id", "id", "bank_credit"),
        points_at("payment", "invoice_id", "id", "invoice"),
        points_at("payment", "intent_id", "id", "intent"),
        points_at("payment", "txn_id", "id", "ledger_txn"),
        check("payment", "method", "method IN ('bank', 'cash', 'gateway')"),
        check("payment", "signs", "received >= 0 AND applied >= 0 AND suspense >= 0"),
        check("payment", "whole", rule),
    )
    op.create_index("ix_payment_facility_id_invoice", "payment", [FACILITY, "invoice_id"])
    op.create_index("ix_payment_facility_id_received_at", "payment", [FACILITY, "received_at"])
    received = text("received > 0")
    op.create_index(
        "uq_payment_facility_id_credit_id",
        "payment",
        [FACILITY, "credit_id"],
        unique=True,
        sqlite_where=received,
    )
    append_only("payment")
