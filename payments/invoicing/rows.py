"""Invoices, their lines, and what was credited."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Blob, Dong, Id, UtcTime, Whole, Words

INVOICE: Final = Table(
    "invoice",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("encounter_id", Id, nullable=False),
    Column("number", Words, nullable=False),
    Column("document", Words, nullable=False),
    Column("version", Whole, nullable=False),
    Column("total", Dong, nullable=False),
    Column("credited", Dong, nullable=False),
    Column("paid", Dong, nullable=False),
    Column("refunded", Dong, nullable=False),
    Column("pay_token", Words, nullable=False),
    Column("idem_key", Words, nullable=False),
    Column("request_sha256", Blob, nullable=False),
    Column("issued_at", UtcTime, nullable=True),
    Column("issue_txn_id", Id, nullable=True),
    Column("cancel_reason", Words, nullable=False),
    Column("made_by", Words, nullable=False),
    #: What of the total is not the patient's: the fund's part and other payers', and rounding.
    Column("covered", Dong, nullable=False, server_default="0"),
    ForeignKeyConstraint(
        ["facility_id", "encounter_id"], ["encounter.facility_id", "encounter.id"]
    ),
)
INVOICE_LINE: Final = Table(
    "invoice_line",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("invoice_id", Id, primary_key=True),
    Column("line", Whole, primary_key=True, autoincrement=False),
    Column("service_code", Words, nullable=False),
    Column("description", Words, nullable=False),
    Column("department_code", Words, nullable=False),
    Column("quantity", Whole, nullable=False),
    Column("unit_price", Dong, nullable=False),
    Column("amount", Dong, nullable=False),
    ForeignKeyConstraint(["facility_id", "invoice_id"], ["invoice.facility_id", "invoice.id"]),
    ForeignKeyConstraint(
        ["facility_id", "service_code"], ["service_item.facility_id", "service_item.code"]
    ),
    ForeignKeyConstraint(
        ["facility_id", "department_code"], ["department.facility_id", "department.code"]
    ),
)
CREDIT_NOTE: Final = Table(
    "credit_note",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("invoice_id", Id, nullable=False),
    Column("number", Words, nullable=False),
    Column("amount", Dong, nullable=False),
    Column("reason", Words, nullable=False),
    Column("txn_id", Id, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", Words, nullable=False),
    Column("idem_key", Words, nullable=False),
    ForeignKeyConstraint(["facility_id", "invoice_id"], ["invoice.facility_id", "invoice.id"]),
)
CREDIT_NOTE_LINE: Final = Table(
    "credit_note_line",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("credit_note_id", Id, primary_key=True),
    Column("line", Whole, primary_key=True, autoincrement=False),
    Column("department_code", Words, nullable=False),
    Column("amount", Dong, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "credit_note_id"], ["credit_note.facility_id", "credit_note.id"]
    ),
)
#: Somebody without the link named an invoice and did not know what goes with it. *subject* is a
#: keyed hash of the number that was typed, or of the address: neither stands in the table.
LOOK_UP_TRY: Final = Table(
    "look_up_try",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("subject", Blob, nullable=False),
    Column("at", UtcTime, nullable=False),
)
EXEMPTION: Final = Table(
    "exemption",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("invoice_id", Id, nullable=False),
    Column("programme", Words, nullable=False),
    Column("amount", Dong, nullable=False),
    Column("reason", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", Words, nullable=False),
    Column("idem_key", Words, nullable=False),
    Column("txn_id", Id, nullable=False),
    ForeignKeyConstraint(["facility_id", "invoice_id"], ["invoice.facility_id", "invoice.id"]),
    ForeignKeyConstraint(["facility_id", "txn_id"], ["ledger_txn.facility_id", "ledger_txn.id"]),
)
