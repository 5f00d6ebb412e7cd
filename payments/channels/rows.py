"""Accounts at gateways, with their sealed settings."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Blob, UtcTime, Whole, Words

CHANNEL: Final = Table(
    "channel",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("slug", Words, primary_key=True),
    Column("version", Whole, primary_key=True, autoincrement=False),
    Column("adapter", Words, nullable=False),
    Column("mode", Words, nullable=False),
    Column("account", Words, nullable=True),
    Column("notified_by", Words, nullable=False),
    Column("settings_sealed", Blob, nullable=False),
    Column("valid_from", UtcTime, nullable=False),
    Column("valid_to", UtcTime, nullable=True),
    ForeignKeyConstraint(
        ["facility_id", "account"], ["bank_account.facility_id", "bank_account.account"]
    ),
)
#: What was paused and opened; a channel without a row is open, and of several the newest counts.
CHANNEL_SWITCH: Final = Table(
    "channel_switch",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("slug", Words, primary_key=True),
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("state", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", Words, nullable=False),
)
