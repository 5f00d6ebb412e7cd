"""Money received once, its paper, and what was matched later."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Dong, Id, UtcTime, Whole, Words

PAYMENT: Final = Table(
    "payment",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("method", Words, nullable=False),
    Column("credit_id", Id, nullable=True),
    Column("invoice_id", Id, nullable=True),
    Column("intent_id", Id, nullable=True),
    Column("received", Dong, nullable=False),
    Column("applied", Dong, nullable=False),
    Column("suspense", Dong, nullable=False),
    Column("flags", Words, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("txn_id", Id, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "credit_id"], ["bank_credit.facility_id", "bank_credit.id"]
    ),
    ForeignKeyConstraint(["facility_id", "invoice_id"], ["invoice.facility_id", "invoice.id"]),
    ForeignKeyConstraint(["facility_id", "intent_id"], ["intent.facility_id", "intent.id"]),
    ForeignKeyConstraint(["facility_id", "txn_id"], ["ledger_txn.facility_id", "ledger_txn.id"]),
)
CASH_PAYMENT: Final = Table(
    "cash_payment",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("payment_id", Id, primary_key=True),
    Column("shift_id", Id, nullable=False),
    Column("tendered", Dong, nullable=False),
    Column("change", Dong, nullable=False),
    Column("idem_key", Words, nullable=False),
    ForeignKeyConstraint(["facility_id", "payment_id"], ["payment.facility_id", "payment.id"]),
    ForeignKeyConstraint(["facility_id", "shift_id"], ["shift.facility_id", "shift.id"]),
)
RECEIPT: Final = Table(
    "receipt",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("payment_id", Id, primary_key=True),
    Column("series", Words, nullable=False),
    Column("number", Words, nullable=False),
    Column("issued_at", UtcTime, nullable=False),
    ForeignKeyConstraint(["facility_id", "payment_id"], ["payment.facility_id", "payment.id"]),
)
RECEIPT_PRINT: Final = Table(
    "receipt_print",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("payment_id", Id, primary_key=True),
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("reason", Words, nullable=False),
    Column("printed_by", Words, nullable=False),
    Column("printed_at", UtcTime, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "payment_id"], ["receipt.facility_id", "receipt.payment_id"]
    ),
)
SUSPENSE_MATCH: Final = Table(
    "suspense_match",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("credit_id", Id, nullable=False),
    Column("invoice_id", Id, nullable=True),
    Column("purpose", Words, nullable=False),
    Column("amount", Dong, nullable=False),
    Column("reason", Words, nullable=False),
    Column("made_by", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("txn_id", Id, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "credit_id"], ["bank_credit.facility_id", "bank_credit.id"]
    ),
    ForeignKeyConstraint(["facility_id", "invoice_id"], ["invoice.facility_id", "invoice.id"]),
)
#: A match that a person took back, in the ledger's transaction *txn*; it stays listed.
SUSPENSE_UNMATCH: Final = Table(
    "suspense_unmatch",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("match_id", Id, primary_key=True),
    Column("txn_id", Id, nullable=False),
    Column("reason", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", Words, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "match_id"], ["suspense_match.facility_id", "suspense_match.id"]
    ),
)
