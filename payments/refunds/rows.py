"""Refunds; each is one object with a name of its own at the gateway."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Blob, Dong, Flag, Id, UtcTime, Whole, Words

REFUND: Final = Table(
    "refund",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("key", Words, nullable=False),
    Column("payment_id", Id, nullable=False),
    Column("intent_id", Id, nullable=False),
    Column("channel", Words, nullable=False),
    Column("amount", Dong, nullable=False),
    Column("from_suspense", Dong, nullable=False),
    Column("from_invoice", Dong, nullable=False),
    Column("refunded_before", Dong, nullable=False),
    Column("state", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("requested_by", Words, nullable=False),
    Column("requested_at", UtcTime, nullable=False),
    Column("approved_by", Words, nullable=True),
    Column("approved_at", UtcTime, nullable=True),
    Column("approved_login", Words, nullable=False),
    Column("gateway_id", Words, nullable=False),
    Column("trouble", Words, nullable=False),
    Column("must_send", Flag, nullable=False),
    Column("asked", Whole, nullable=False),
    Column("next_ask_at", UtcTime, nullable=True),
    Column("suspense_txn_id", Id, nullable=True),
    Column("invoice_txn_id", Id, nullable=True),
    Column("ended_at", UtcTime, nullable=True),
    Column("idem_key", Words, nullable=False),
    ForeignKeyConstraint(["facility_id", "payment_id"], ["payment.facility_id", "payment.id"]),
    ForeignKeyConstraint(["facility_id", "intent_id"], ["intent.facility_id", "intent.id"]),
    ForeignKeyConstraint(
        ["facility_id", "suspense_txn_id"], ["ledger_txn.facility_id", "ledger_txn.id"]
    ),
    ForeignKeyConstraint(
        ["facility_id", "invoice_txn_id"], ["ledger_txn.facility_id", "ledger_txn.id"]
    ),
)
#: What a gateway took back without being asked; the ledger's subject of 1210.
DISPUTE: Final = Table(
    "dispute",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("channel", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("payment_id", Id, nullable=False),
    Column("intent_id", Id, nullable=False),
    Column("invoice_id", Id, nullable=False),
    Column("amount", Dong, nullable=False),
    Column("from_suspense", Dong, nullable=False),
    Column("from_invoice", Dong, nullable=False),
    Column("state", Words, nullable=False),
    Column("told_at", UtcTime, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime, nullable=True),
    Column("open_txn_id", Id, nullable=True),
    Column("end_txn_id", Id, nullable=True),
    Column("seen_by", Words, nullable=True),
    Column("seen_at", UtcTime, nullable=True),
    ForeignKeyConstraint(["facility_id", "payment_id"], ["payment.facility_id", "payment.id"]),
    ForeignKeyConstraint(["facility_id", "intent_id"], ["intent.facility_id", "intent.id"]),
    ForeignKeyConstraint(["facility_id", "invoice_id"], ["invoice.facility_id", "invoice.id"]),
    ForeignKeyConstraint(
        ["facility_id", "open_txn_id"], ["ledger_txn.facility_id", "ledger_txn.id"]
    ),
    ForeignKeyConstraint(
        ["facility_id", "end_txn_id"], ["ledger_txn.facility_id", "ledger_txn.id"]
    ),
)
#: A refund that came back after it was paid out, with the names of the order that carried it.
REFUND_BOUNCE: Final = Table(
    "refund_bounce",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("refund_id", Id, primary_key=True),
    Column("attempt", Whole, primary_key=True, autoincrement=False),
    Column("key", Words, nullable=False),
    Column("gateway_id", Words, nullable=False),
    Column("txn_id", Id, nullable=False),
    Column("returned_at", UtcTime, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    ForeignKeyConstraint(["facility_id", "refund_id"], ["refund.facility_id", "refund.id"]),
    ForeignKeyConstraint(["facility_id", "txn_id"], ["ledger_txn.facility_id", "ledger_txn.id"]),
)
#: What is over of a payment, asked for to pay another invoice of the same patient.
OVERPAID_MOVE: Final = Table(
    "overpaid_move",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("payment_id", Id, nullable=False),
    Column("from_invoice_id", Id, nullable=False),
    Column("to_invoice_id", Id, nullable=False),
    Column("part", Words, nullable=False),
    Column("amount", Dong, nullable=False),
    Column("state", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("requested_by", Words, nullable=False),
    Column("requested_at", UtcTime, nullable=False),
    Column("approved_by", Words, nullable=True),
    Column("ended_at", UtcTime, nullable=True),
    Column("txn_id", Id, nullable=True),
    Column("idem_key", Words, nullable=False),
    ForeignKeyConstraint(["facility_id", "payment_id"], ["payment.facility_id", "payment.id"]),
    ForeignKeyConstraint(["facility_id", "from_invoice_id"], ["invoice.facility_id", "invoice.id"]),
    ForeignKeyConstraint(["facility_id", "to_invoice_id"], ["invoice.facility_id", "invoice.id"]),
    ForeignKeyConstraint(["facility_id", "txn_id"], ["ledger_txn.facility_id", "ledger_txn.id"]),
)
#: Money that is paid back to a bank account that its payee names by a link.
PAYBACK: Final = Table(
    "payback",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("payment_id", Id, nullable=False),
    Column("invoice_id", Id, nullable=True),
    Column("part", Words, nullable=False),
    Column("amount", Dong, nullable=False),
    Column("state", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("requested_by", Words, nullable=False),
    Column("requested_at", UtcTime, nullable=False),
    Column("approved_by", Words, nullable=True),
    Column("approved_at", UtcTime, nullable=True),
    Column("book_txn_id", Id, nullable=True),
    Column("code", Words, nullable=False),
    Column("token_hash", Blob, nullable=True),
    Column("token_sealed", Blob, nullable=True),
    Column("expires_at", UtcTime, nullable=True),
    Column("named_times", Whole, nullable=False),
    Column("named_at", UtcTime, nullable=True),
    Column("bank", Words, nullable=False),
    Column("account_sealed", Blob, nullable=True),
    Column("account_hash", Blob, nullable=True),
    Column("account_last4", Words, nullable=False),
    Column("holder_sealed", Blob, nullable=True),
    Column("checked_by", Words, nullable=True),
    Column("ready_at", UtcTime, nullable=True),
    Column("attempt", Whole, nullable=False),
    Column("credit_id", Id, nullable=True),
    Column("paid_txn_id", Id, nullable=True),
    Column("ended_at", UtcTime, nullable=True),
    Column("idem_key", Words, nullable=False),
    ForeignKeyConstraint(["facility_id", "payment_id"], ["payment.facility_id", "payment.id"]),
    ForeignKeyConstraint(["facility_id", "invoice_id"], ["invoice.facility_id", "invoice.id"]),
    ForeignKeyConstraint(
        ["facility_id", "credit_id"], ["bank_credit.facility_id", "bank_credit.id"]
    ),
    ForeignKeyConstraint(
        ["facility_id", "book_txn_id"], ["ledger_txn.facility_id", "ledger_txn.id"]
    ),
    ForeignKeyConstraint(
        ["facility_id", "paid_txn_id"], ["ledger_txn.facility_id", "ledger_txn.id"]
    ),
)
#: A list for the bank, with the bytes that its copies have too.
PAYBACK_FILE: Final = Table(
    "payback_file",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("number", Whole, nullable=False),
    Column("sha256", Words, nullable=False),
    Column("content_sealed", Blob, nullable=False),
    Column("lines", Whole, nullable=False),
    Column("total", Dong, nullable=False),
    Column("made_by", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("downloads", Whole, nullable=False),
)
PAYBACK_FILE_LINE: Final = Table(
    "payback_file_line",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("file_id", Id, primary_key=True),
    Column("payback_id", Id, primary_key=True),
    Column("attempt", Whole, nullable=False),
    Column("amount", Dong, nullable=False),
    Column("listed_by", Words, nullable=False),
    Column("taken_out_by", Words, nullable=True),
    Column("taken_out_at", UtcTime, nullable=True),
    Column("reason", Words, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "file_id"], ["payback_file.facility_id", "payback_file.id"]
    ),
    ForeignKeyConstraint(["facility_id", "payback_id"], ["payback.facility_id", "payback.id"]),
)
#: Notes that go back of an advance: asked for, approved by another, paid out of a drawer.
CASH_RETURN: Final = Table(
    "cash_return",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("payment_id", Id, nullable=False),
    Column("encounter_id", Id, nullable=False),
    Column("amount", Dong, nullable=False),
    Column("state", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("requested_by", Words, nullable=False),
    Column("requested_at", UtcTime, nullable=False),
    Column("approved_by", Words, nullable=True),
    Column("paid_at", UtcTime, nullable=True),
    Column("shift_id", Id, nullable=True),
    Column("txn_id", Id, nullable=True),
    ForeignKeyConstraint(["facility_id", "payment_id"], ["payment.facility_id", "payment.id"]),
    ForeignKeyConstraint(
        ["facility_id", "encounter_id"], ["encounter.facility_id", "encounter.id"]
    ),
    ForeignKeyConstraint(["facility_id", "shift_id"], ["shift.facility_id", "shift.id"]),
    ForeignKeyConstraint(["facility_id", "txn_id"], ["ledger_txn.facility_id", "ledger_txn.id"]),
)
