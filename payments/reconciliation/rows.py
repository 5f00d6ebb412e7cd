"""Statements as they were given to us, runs over a day, and what they found."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Blob, Day, Dong, Id, UtcTime, Whole, Words

STATEMENT_MAP: Final = Table(
    "statement_map",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("account", Words, primary_key=True),
    Column("columns", Words, nullable=False),
    Column("saved_at", UtcTime, nullable=False),
    Column("saved_by", Words, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "account"], ["bank_account.facility_id", "bank_account.account"]
    ),
)
STATEMENT_FILE: Final = Table(
    "statement_file",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("account", Words, nullable=False),
    Column("sha256", Blob, nullable=False),
    Column("state", Words, nullable=False),
    Column("first_day", Day, nullable=True),
    Column("last_day", Day, nullable=True),
    Column("opening", Dong, nullable=True),
    Column("closing", Dong, nullable=True),
    Column("lines", Whole, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", Words, nullable=False),
    Column("finished_at", UtcTime, nullable=True),
    ForeignKeyConstraint(
        ["facility_id", "account"], ["bank_account.facility_id", "bank_account.account"]
    ),
)
STATEMENT_LINE: Final = Table(
    "statement_line",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("file_id", Id, nullable=False),
    Column("line", Whole, nullable=False),
    Column("account", Words, nullable=False),
    Column("bank_day", Day, nullable=False),
    Column("name", Words, nullable=False),
    Column("copy", Whole, nullable=False),
    Column("amount", Dong, nullable=False),
    Column("occurred_at", UtcTime, nullable=False),
    Column("reference", Words, nullable=False),
    Column("memo_sealed", Blob, nullable=False),
    Column("state", Words, nullable=False),
    Column("effect", Words, nullable=False),
    Column("credit_id", Id, nullable=True),
    ForeignKeyConstraint(
        ["facility_id", "file_id"], ["statement_file.facility_id", "statement_file.id"]
    ),
    ForeignKeyConstraint(
        ["facility_id", "credit_id"], ["bank_credit.facility_id", "bank_credit.id"]
    ),
)
#: Lines of a file that have no place among the lines yet; nobody else looks here.
STATEMENT_STAGED: Final = Table(
    "statement_staged",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("file_id", Id, primary_key=True),
    Column("line", Whole, primary_key=True, autoincrement=False),
    Column("bank_day", Day, nullable=False),
    Column("name", Words, nullable=False),
    Column("nth", Whole, nullable=False),
    Column("amount", Dong, nullable=False),
    Column("occurred_at", UtcTime, nullable=False),
    Column("reference", Words, nullable=False),
    Column("memo_sealed", Blob, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "file_id"], ["statement_file.facility_id", "statement_file.id"]
    ),
)
RECONCILIATION_RUN: Final = Table(
    "reconciliation_run",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("account", Words, nullable=False),
    Column("day", Day, nullable=False),
    Column("input_sha256", Blob, nullable=False),
    Column("source", Words, nullable=False),
    Column("ledger_total", Dong, nullable=False),
    Column("bank_total", Dong, nullable=False),
    Column("counts", Words, nullable=False),
    Column("ran_at", UtcTime, nullable=False),
    Column("ran_by", Words, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "account"], ["bank_account.facility_id", "bank_account.account"]
    ),
)
FINDING: Final = Table(
    "finding",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("id", Id, primary_key=True),
    Column("account", Words, nullable=False),
    Column("day", Day, nullable=False),
    Column("name", Words, nullable=False),
    Column("verdict", Words, nullable=False),
    Column("ref", Words, nullable=False),
    Column("ledger_amount", Dong, nullable=True),
    Column("bank_amount", Dong, nullable=True),
    Column("state", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("explained_by", Words, nullable=False),
    Column("run_id", Id, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "run_id"], ["reconciliation_run.facility_id", "reconciliation_run.id"]
    ),
)
