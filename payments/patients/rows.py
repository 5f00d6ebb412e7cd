"""The minimal identity of a patient."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Table

from payments.storage.columns import METADATA, Blob, Id, Whole, Words

PATIENT: Final = Table(
    "patient",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("file_number", Words, nullable=False),
    Column("name_sealed", Blob, nullable=False),
    Column("birth_year", Whole, nullable=False),
)
