"""Money on our accounts, and who told us of it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Blob, Day, Dong, Id, UtcTime, Whole, Words

BANK_ACCOUNT: Final = Table(
    "bank_account",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("account", Words, primary_key=True),
    Column("bin", Words, nullable=False),
    Column("holder", Words, nullable=False),
)
BANK_CREDIT: Final = Table(
    "bank_credit",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("account", Words, nullable=False),
    Column("external_id", Words, nullable=False),
    Column("bank_reference", Words, nullable=False),
    Column("direction", Words, nullable=False),
    Column("amount", Dong, nullable=False),
    Column("bank_day", Day, nullable=False),
    Column("occurred_at", UtcTime, nullable=False),
    Column("code", Words, nullable=False),
    Column("memo_sealed", Blob, nullable=False),
    Column("state", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "account"], ["bank_account.facility_id", "bank_account.account"]
    ),
)
EVIDENCE: Final = Table(
    "evidence",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("credit_id", Id, nullable=False),
    Column("source", Words, nullable=False),
    Column("source_id", Words, nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "credit_id"], ["bank_credit.facility_id", "bank_credit.id"]
    ),
)
