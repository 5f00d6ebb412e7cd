"""Messages that were proven, and a count of those that were not."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Blob, Day, Id, UtcTime, Whole, Words

NOTIFICATION: Final = Table(
    "notification",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("channel", Words, nullable=False),
    Column("event_id", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("verdict", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("attempts", Whole, nullable=False),
    Column("facts_sealed", Blob, nullable=False),
    Column("raw_sealed", Blob, nullable=False),
    Column("raw_sha256", Blob, nullable=False),
    Column("received_at", UtcTime, nullable=False),
    Column("applied_at", UtcTime, nullable=True),
    Column("credit_id", Id, nullable=True),
    Column("waits_for", Words, nullable=True),
    ForeignKeyConstraint(
        ["facility_id", "credit_id"], ["bank_credit.facility_id", "bank_credit.id"]
    ),
)
REFUSED_MESSAGE: Final = Table(
    "refused_message",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("channel", Words, primary_key=True),
    Column("day", Day, primary_key=True),
    Column("reason", Words, primary_key=True),
    Column("count", Whole, nullable=False),
    Column("last_at", UtcTime, nullable=False),
)
