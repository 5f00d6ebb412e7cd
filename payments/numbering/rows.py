"""Series of numbers, and what became of every number."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Table

from payments.storage.columns import METADATA, UtcTime, Whole, Words

NUMBER_SERIES: Final = Table(
    "number_series",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("series", Words, primary_key=True),
    Column("year", Whole, primary_key=True, autoincrement=False),
    Column("last", Whole, nullable=False),
)
NUMBER_USE: Final = Table(
    "number_use",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("series", Words, primary_key=True),
    Column("year", Whole, primary_key=True, autoincrement=False),
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("state", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("at", UtcTime, nullable=False),
)
