"""Order lines in their newest version, what was billed of them, and changes that wait."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Blob, Day, Dong, Flag, Id, UtcTime, Whole, Words

ORDER_LINE: Final = Table(
    "order_line",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("source", Words, nullable=False),
    Column("number", Words, nullable=False),
    Column("line", Whole, nullable=False),
    Column("version", Whole, nullable=False),
    Column("content_sha256", Blob, nullable=False),
    Column("patient_id", Id, nullable=False),
    Column("service_code", Words, nullable=False),
    Column("quantity", Whole, nullable=False),
    Column("unit_price", Dong, nullable=False),
    Column("ordered_on", Day, nullable=False),
    Column("is_cancelled", Flag, nullable=False),
    Column("invoice_id", Id, nullable=True),
    Column("issues", Whole, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    ForeignKeyConstraint(["facility_id", "patient_id"], ["patient.facility_id", "patient.id"]),
    ForeignKeyConstraint(
        ["facility_id", "service_code"], ["service_item.facility_id", "service_item.code"]
    ),
    ForeignKeyConstraint(["facility_id", "invoice_id"], ["invoice.facility_id", "invoice.id"]),
)
ORDER_BILL: Final = Table(
    "order_bill",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("order_id", Id, nullable=False),
    Column("invoice_id", Id, nullable=False),
    Column("service_code", Words, nullable=False),
    Column("department_code", Words, nullable=False),
    Column("unit_price", Dong, nullable=False),
    Column("quantity", Whole, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    ForeignKeyConstraint(["facility_id", "order_id"], ["order_line.facility_id", "order_line.id"]),
    ForeignKeyConstraint(["facility_id", "invoice_id"], ["invoice.facility_id", "invoice.id"]),
)
ORDER_CHANGE: Final = Table(
    "order_change",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("order_id", Id, nullable=False),
    Column("version", Whole, nullable=False),
    Column("kind", Words, nullable=False),
    Column("invoice_id", Id, nullable=True),
    Column("service_code", Words, nullable=False),
    Column("department_code", Words, nullable=False),
    Column("unit_price", Dong, nullable=False),
    Column("quantity", Whole, nullable=False),
    Column("state", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("decided_at", UtcTime, nullable=True),
    Column("decided_by", Words, nullable=False),
    ForeignKeyConstraint(["facility_id", "order_id"], ["order_line.facility_id", "order_line.id"]),
)
