"""Cash points, what is shown at each, and the screens that show it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Table

from payments.storage.columns import METADATA, Blob, Flag, Id, UtcTime, Whole, Words

CASH_POINT: Final = Table(
    "cash_point",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("code", Words, primary_key=True),
    #: As it stands over the window: Quầy 03.
    Column("name", Words, nullable=False),
    Column("department_code", Words, nullable=True),
    Column("is_active", Flag, nullable=False),
)
#: One for each cash point, from its making on; no code is shown where *intent_id* is None.
CASH_POINT_DISPLAY: Final = Table(
    "cash_point_display",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("cash_point", Words, primary_key=True),
    Column("version", Whole, nullable=False),
    Column("intent_id", Id, nullable=True),
)
#: Holds hashes only: who reads the table can neither be a screen nor pair one.
DISPLAY_DEVICE: Final = Table(
    "display_device",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("token_hash", Blob, nullable=False),
    Column("cash_point", Words, nullable=True),
    Column("code_hash", Blob, nullable=True),
    Column("code_ends_at", UtcTime, nullable=True),
    Column("code_tries", Whole, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("paired_at", UtcTime, nullable=True),
    Column("seen_at", UtcTime, nullable=False),
)
