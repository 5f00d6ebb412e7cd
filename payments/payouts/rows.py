"""Batches that gateways pay out, and the lines of their reports."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Day, Dong, Id, UtcTime, Whole, Words

PAYOUT: Final = Table(
    "payout",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("channel", Words, nullable=False),
    Column("batch", Words, nullable=False),
    Column("settle_date", Day, nullable=False),
    Column("account", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", Words, nullable=False),
    Column("credit_id", Id, nullable=True),
    Column("credited_at", UtcTime, nullable=True),
    Column("credited_by", Words, nullable=True),
    ForeignKeyConstraint(
        ["facility_id", "account"], ["bank_account.facility_id", "bank_account.account"]
    ),
    ForeignKeyConstraint(
        ["facility_id", "credit_id"], ["bank_credit.facility_id", "bank_credit.id"]
    ),
)
PAYOUT_LINE: Final = Table(
    "payout_line",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("payout_id", Id, primary_key=True),
    Column("number", Whole, primary_key=True),
    Column("name", Words, nullable=False),
    Column("copy", Whole, nullable=False),
    Column("kind", Words, nullable=False),
    Column("reference", Words, nullable=False),
    Column("transaction", Words, nullable=False),
    Column("gross", Dong, nullable=False),
    Column("fee", Dong, nullable=False),
    Column("tax", Dong, nullable=False),
    Column("net", Dong, nullable=False),
    Column("occurred_at", UtcTime, nullable=False),
    Column("verdict", Words, nullable=False),
    Column("payment_id", Id, nullable=True),
    Column("txn_id", Id, nullable=True),
    Column("reason", Words, nullable=False),
    Column("decided_by", Words, nullable=True),
    ForeignKeyConstraint(["facility_id", "payout_id"], ["payout.facility_id", "payout.id"]),
    ForeignKeyConstraint(["facility_id", "payment_id"], ["payment.facility_id", "payment.id"]),
    ForeignKeyConstraint(["facility_id", "txn_id"], ["ledger_txn.facility_id", "ledger_txn.id"]),
)
#: Monthly fee bills; *month* is its first day.
FEE_BILL: Final = Table(
    "fee_bill",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("channel", Words, nullable=False),
    Column("number", Words, nullable=False),
    Column("month", Day, nullable=False),
    Column("amount", Dong, nullable=False),
    Column("accrued", Dong, nullable=False),
    Column("reason", Words, nullable=False),
    Column("made_by", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("txn_id", Id, nullable=False),
    Column("credit_id", Id, nullable=True),
    Column("paid_by", Words, nullable=True),
    Column("paid_at", UtcTime, nullable=True),
    Column("paid_txn_id", Id, nullable=True),
    ForeignKeyConstraint(
        ["facility_id", "credit_id"], ["bank_credit.facility_id", "bank_credit.id"]
    ),
    ForeignKeyConstraint(["facility_id", "txn_id"], ["ledger_txn.facility_id", "ledger_txn.id"]),
    ForeignKeyConstraint(
        ["facility_id", "paid_txn_id"], ["ledger_txn.facility_id", "ledger_txn.id"]
    ),
)
