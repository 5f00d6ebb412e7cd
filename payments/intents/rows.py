"""Attempts to collect."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Dong, Id, UtcTime, Whole, Words

INTENT: Final = Table(
    "intent",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("invoice_id", Id, nullable=False),
    Column("channel", Words, nullable=False),
    Column("account", Words, nullable=False),
    Column("code", Words, nullable=False),
    Column("amount", Dong, nullable=False),
    Column("state", Words, nullable=False),
    Column("payload", Words, nullable=False),
    Column("idem_key", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime, nullable=True),
    ForeignKeyConstraint(["facility_id", "invoice_id"], ["invoice.facility_id", "invoice.id"]),
)
