"""Shifts of the cash points."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Table

from payments.storage.columns import METADATA, Dong, Id, UtcTime, Whole, Words

SHIFT: Final = Table(
    "shift",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("cash_point", Words, nullable=False),
    Column("cashier", Words, nullable=False),
    Column("opening_float", Dong, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime, nullable=True),
)
