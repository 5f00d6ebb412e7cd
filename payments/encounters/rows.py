"""Visits and stays."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Id, UtcTime, Whole, Words

ENCOUNTER: Final = Table(
    "encounter",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("patient_id", Id, nullable=False),
    Column("kind", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    ForeignKeyConstraint(["facility_id", "patient_id"], ["patient.facility_id", "patient.id"]),
)
