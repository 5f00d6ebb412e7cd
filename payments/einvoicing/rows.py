"""E-invoices, and which receipts they are made of."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Blob, Dong, Flag, Id, UtcTime, Whole, Words

E_INVOICE: Final = Table(
    "e_invoice",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    #: Also its name at the provider, who issues one of a name.
    Column("id", Id, primary_key=True),
    Column("kind", Words, nullable=False),
    Column("invoice_id", Id, nullable=False),
    Column("root_id", Id, nullable=False),
    Column("corrects_id", Id, nullable=True),
    Column("state", Words, nullable=False),
    Column("amount", Dong, nullable=False),
    Column("buyer_sealed", Blob, nullable=False),
    Column("reason", Words, nullable=False),
    #: With its series, as the provider gave it; empty until then.
    Column("number", Words, nullable=True),
    Column("template", Words, nullable=False),
    Column("lookup_code", Words, nullable=False),
    Column("authority_code", Words, nullable=False),
    #: What the provider said when it refused, or why there is no answer.
    Column("told", Words, nullable=False),
    Column("attempts", Whole, nullable=False),
    #: When it is due; while it is asked, when another worker may take it.
    Column("next_at", UtcTime, nullable=False),
    #: The date on it: that of the first time it was sent.
    Column("dated_at", UtcTime, nullable=True),
    Column("issued_at", UtcTime, nullable=True),
    Column("is_trial", Flag, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", Words, nullable=False),
    ForeignKeyConstraint(["facility_id", "invoice_id"], ["invoice.facility_id", "invoice.id"]),
    ForeignKeyConstraint(["facility_id", "root_id"], ["e_invoice.facility_id", "e_invoice.id"]),
    ForeignKeyConstraint(["facility_id", "corrects_id"], ["e_invoice.facility_id", "e_invoice.id"]),
)
#: The receipt is the key: no receipt is in two e-invoices.
E_INVOICE_SOURCE: Final = Table(
    "e_invoice_source",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("payment_id", Id, primary_key=True),
    Column("e_invoice_id", Id, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "payment_id"], ["receipt.facility_id", "receipt.payment_id"]
    ),
    ForeignKeyConstraint(
        ["facility_id", "e_invoice_id"], ["e_invoice.facility_id", "e_invoice.id"]
    ),
)
