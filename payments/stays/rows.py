"""Stays, their advances and codes, what they cost so far, and what was told of it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Dong, Id, UtcTime, Whole, Words

_STAY: Final = (["facility_id", "encounter_id"], ["stay.facility_id", "stay.encounter_id"])
_ENCOUNTER: Final = (["facility_id", "encounter_id"], ["encounter.facility_id", "encounter.id"])
STAY: Final = Table(
    "stay",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("encounter_id", Id, primary_key=True),
    Column("patient_id", Id, nullable=False),
    Column("number", Words, nullable=False),
    Column("department", Words, nullable=False),
    Column("external_id", Words, nullable=False),
    Column("admitted_at", UtcTime, nullable=False),
    Column("admitted_by", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("watch_level", Whole, nullable=False),
    Column("token", Words, nullable=False),
    Column("closed_at", UtcTime, nullable=True),
    Column("closed_by", Words, nullable=True),
    Column("heir_document", Words, nullable=False),
    Column("idem_key", Words, nullable=False),
    ForeignKeyConstraint(*_ENCOUNTER),
    ForeignKeyConstraint(["facility_id", "patient_id"], ["patient.facility_id", "patient.id"]),
)
#: What a payment is where it pays no invoice: the advance of an encounter.
DEPOSIT: Final = Table(
    "deposit",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("payment_id", Id, primary_key=True),
    Column("encounter_id", Id, nullable=False),
    Column("code_id", Id, nullable=True),
    Column("amount", Dong, nullable=False),
    Column("made_by", Words, nullable=False),
    ForeignKeyConstraint(*_ENCOUNTER),
    ForeignKeyConstraint(["facility_id", "payment_id"], ["payment.facility_id", "payment.id"]),
)
#: A code for an advance; without an amount the payer chooses it.
DEPOSIT_CODE: Final = Table(
    "deposit_code",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("encounter_id", Id, nullable=False),
    Column("channel", Words, nullable=False),
    Column("account", Words, nullable=False),
    Column("code", Words, nullable=False),
    Column("amount", Dong, nullable=True),
    Column("payload", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", Words, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("idem_key", Words, nullable=False),
    ForeignKeyConstraint(*_ENCOUNTER),
)
STAY_COST: Final = Table(
    "stay_cost",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("encounter_id", Id, primary_key=True),
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("total", Dong, nullable=False),
    Column("own", Dong, nullable=False),
    Column("told_at", UtcTime, nullable=False),
    Column("kept_at", UtcTime, nullable=False),
    Column("source", Words, nullable=False),
    ForeignKeyConstraint(*_STAY),
)
#: Each time that the cost reached a level of the advance, once per crossing.
STAY_ALERT: Final = Table(
    "stay_alert",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("encounter_id", Id, primary_key=True),
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("level", Whole, nullable=False),
    Column("own", Dong, nullable=False),
    Column("deposit", Dong, nullable=False),
    Column("raised_at", UtcTime, nullable=False),
    Column("told_by", Words, nullable=True),
    Column("told_at", UtcTime, nullable=True),
    ForeignKeyConstraint(*_STAY),
)
