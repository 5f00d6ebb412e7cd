"""Stop switches: each change is a row, the newest one counts."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Table

from payments.storage.columns import METADATA, UtcTime, Whole, Words

STOP_SWITCH: Final = Table(
    "stop_switch",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("kind", Words, primary_key=True),
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("state", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", Words, nullable=False),
)
