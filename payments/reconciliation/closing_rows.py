"""Days and months that were closed, and the bank's balances that they were held against."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Blob, Day, Dong, Flag, UtcTime, Whole, Words

BOOK_CLOSE: Final = Table(
    "book_close",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    #: ``day`` or ``month``.
    Column("kind", Words, primary_key=True),
    Column("first_day", Day, primary_key=True),
    Column("last_day", Day, nullable=False),
    #: What it came to, as JSON, and the hash of these bytes.
    Column("facts", Words, nullable=False),
    Column("sha256", Blob, nullable=False),
    Column("closed_by", Words, nullable=False),
    Column("closed_at", UtcTime, nullable=False),
)
#: The bank's balance of an account at the end of a day, held against ours.
BALANCE_CHECK: Final = Table(
    "balance_check",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("account", Words, primary_key=True),
    Column("day", Day, primary_key=True),
    Column("bank_balance", Dong, nullable=False),
    Column("ledger_balance", Dong, nullable=False),
    #: What no line of the days explains; 0 in most cases.
    Column("unexplained", Dong, nullable=False),
    Column("reason", Words, nullable=False),
    Column("explained_by", Words, nullable=False),
    Column("is_closed", Flag, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "account"], ["bank_account.facility_id", "bank_account.account"]
    ),
)
