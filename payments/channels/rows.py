"""Accounts at gateways, with their sealed settings."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Blob, Day, Dong, UtcTime, Whole, Words

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
#: What a channel costs and takes from a day on; of a day what was said last counts.
CHANNEL_FEE: Final = Table(
    "channel_fee",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("channel", Words, primary_key=True),
    Column("valid_from", Day, primary_key=True),
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("fixed", Dong, nullable=False),
    Column("per_million", Whole, nullable=False),
    Column("least_fee", Dong, nullable=True),
    Column("most_fee", Dong, nullable=True),
    Column("amount_min", Dong, nullable=True),
    Column("amount_max", Dong, nullable=True),
    Column("basis", Words, nullable=False),
    Column("made_by", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
)
#: Whether a gateway answers: failures in a row, since when and until when it is not asked.
CHANNEL_BREAKER: Final = Table(
    "channel_breaker",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("channel", Words, primary_key=True),
    Column("failures", Whole, nullable=False),
    Column("open_until", UtcTime, nullable=True),
    Column("changed_at", UtcTime, nullable=False),
    Column("down_since", UtcTime, nullable=True),
)
