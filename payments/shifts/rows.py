"""Shifts of the cash points."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Dong, Flag, Id, UtcTime, Whole, Words

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
SHIFT_COUNT: Final = Table(
    "shift_count",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("shift_id", Id, primary_key=True),
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("counted", Dong, nullable=False),
    Column("expected", Dong, nullable=False),
    Column("reason", Words, nullable=False),
    Column("counted_at", UtcTime, nullable=False),
    Column("closes", Flag, nullable=False),
    Column("txn_id", Id, nullable=True),
    ForeignKeyConstraint(["facility_id", "shift_id"], ["shift.facility_id", "shift.id"]),
    ForeignKeyConstraint(["facility_id", "txn_id"], ["ledger_txn.facility_id", "ledger_txn.id"]),
)
HANDOVER: Final = Table(
    "handover",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("shift_id", Id, nullable=False),
    Column("kind", Words, nullable=False),
    Column("cash_point", Words, nullable=False),
    Column("slip", Words, nullable=False),
    Column("bag", Words, nullable=False),
    Column("amount", Dong, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", Words, nullable=False),
    Column("idem_key", Words, nullable=False),
    Column("state", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("opens", Flag, nullable=False),
    Column("counted", Dong, nullable=True),
    Column("answered_at", UtcTime, nullable=True),
    Column("answered_by", Words, nullable=True),
    Column("to_shift", Id, nullable=True),
    Column("txn_id", Id, nullable=True),
    ForeignKeyConstraint(["facility_id", "shift_id"], ["shift.facility_id", "shift.id"]),
    ForeignKeyConstraint(["facility_id", "to_shift"], ["shift.facility_id", "shift.id"]),
    ForeignKeyConstraint(["facility_id", "txn_id"], ["ledger_txn.facility_id", "ledger_txn.id"]),
)
