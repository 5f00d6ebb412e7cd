"""The minimal identity of a patient, and the blind indexes by which it is found."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Blob, Id, Whole, Words

PATIENT: Final = Table(
    "patient",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("file_number", Words, nullable=False),
    Column("name_sealed", Blob, nullable=False),
    Column("birth_year", Whole, nullable=False),
    Column("birth_sealed", Blob, nullable=True),
    Column("identity_last4", Words, nullable=True),
    Column("card_sealed", Blob, nullable=True),
    Column("card_last4", Words, nullable=True),
    Column("phone_last4", Words, nullable=True),
    #: The record that counts, where this one turned out to be the same person.
    Column("merged_into", Id, nullable=True),
    #: The key under which the names stand in the index; empty where they do not yet.
    Column("index_key", Whole, nullable=True),
)
PATIENT_INDEX: Final = Table(
    "patient_index",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("kind", Words, primary_key=True),
    Column("key_id", Whole, primary_key=True, autoincrement=False),
    Column("hash", Blob, primary_key=True),
    Column("patient_id", Id, primary_key=True),
    ForeignKeyConstraint(["facility_id", "patient_id"], ["patient.facility_id", "patient.id"]),
)
