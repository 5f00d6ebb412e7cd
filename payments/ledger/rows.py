"""Tables of the ledger. Only ``service`` writes postings, only ``sealing`` seals and roll-ups."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Table,
    UniqueConstraint,
    column,
    table,
)

from payments.storage.columns import METADATA, Blob, Day, Dong, Flag, Id, UtcTime, Whole, Words

Small: Final = SmallInteger().with_variant(Integer(), "sqlite")


def _key(name: str, type_: Any = Whole) -> Column[Any]:
    return Column(name, type_, primary_key=True, autoincrement=False)


def _must(name: str, type_: Any) -> Column[Any]:
    return Column(name, type_, nullable=False)


PERIOD: Final = Table(
    "ledger_period",
    METADATA,
    _key("facility_id"),
    _key("id"),
    _must("starts_on", Day),
    _must("ends_on", Day),
    _must("state", Words),
    ForeignKeyConstraint(["facility_id"], ["facility.facility_id"]),
)
ACCOUNT: Final = Table(
    "ledger_account",
    METADATA,
    _key("facility_id"),
    _key("id"),
    _must("code", Words),
    _must("name", Words),
    _must("type", Words),
    _must("normal_side", Words),
    _must("currency", Words),
    Column("parent_code", Words),
    Column("adapter", Words),
    Column("bank_account_ref", Words),
    Column("department_id", Whole),
    Column("gl_code", Words),
    _must("guard", Words),
    Column("subject_types", Words),
    _must("is_active", Flag),
    _must("created_at", UtcTime),
    UniqueConstraint("facility_id", "code"),
    UniqueConstraint("facility_id", "id", "currency"),
    ForeignKeyConstraint(["facility_id"], ["facility.facility_id"]),
)
TXN: Final = Table(
    "ledger_txn",
    METADATA,
    _key("facility_id"),
    _key("id", Id),
    _must("idem_key", Words),
    _must("fingerprint", Blob),
    _must("kind", Words),
    _must("posting_count", Small),
    _must("effective_at", UtcTime),
    _must("booked_on", Day),
    _must("period_id", Whole),
    _must("created_at", UtcTime),
    _must("actor_id", Words),
    _must("source", Words),
    _must("request_id", Words),
    Column("reverses_id", Id),
    Column("reason_code", Words),
    _must("memo", Words),
    UniqueConstraint("facility_id", "idem_key"),
    UniqueConstraint("facility_id", "reverses_id"),
    UniqueConstraint("facility_id", "id", "posting_count"),
    ForeignKeyConstraint(
        ["facility_id", "reverses_id"], ["ledger_txn.facility_id", "ledger_txn.id"]
    ),
    ForeignKeyConstraint(
        ["facility_id", "period_id"], ["ledger_period.facility_id", "ledger_period.id"]
    ),
    Index(
        "ix_ledger_txn_facility_id_booked_on", "facility_id", "booked_on", postgresql_using="brin"
    ),
)
POSTING: Final = Table(
    "ledger_posting",
    METADATA,
    _key("facility_id"),
    _key("txn_id", Id),
    _key("line", Small),
    _must("posting_count", Small),
    _must("debit_account_id", Whole),
    _must("credit_account_id", Whole),
    _must("currency", Words),
    _must("amount", Dong),
    Column("debit_subject_type", Words),
    Column("debit_subject_id", Id),
    Column("credit_subject_type", Words),
    Column("credit_subject_id", Id),
    Column("department_id", Whole),
    ForeignKeyConstraint(
        ["facility_id", "txn_id", "posting_count"],
        ["ledger_txn.facility_id", "ledger_txn.id", "ledger_txn.posting_count"],
    ),
    ForeignKeyConstraint(
        ["facility_id", "debit_account_id", "currency"],
        ["ledger_account.facility_id", "ledger_account.id", "ledger_account.currency"],
    ),
    ForeignKeyConstraint(
        ["facility_id", "credit_account_id", "currency"],
        ["ledger_account.facility_id", "ledger_account.id", "ledger_account.currency"],
    ),
)
OUTBOX: Final = Table(
    "ledger_outbox", METADATA, _key("facility_id"), _key("txn_id", Id), _must("created_at", UtcTime)
)
# No foreign key, for it is on the path of every payment; yet it is written last: on SQLite its row
# is where the completeness of the transaction is checked.
OUTBOX.add_is_dependent_on(POSTING)
SEAL: Final = Table(
    "ledger_seal",
    METADATA,
    _key("facility_id"),
    _key("seq", Dong),
    _must("txn_id", Id),
    _must("body_version", Small),
    _must("hash", Blob),
    _must("sealed_at", UtcTime),
    UniqueConstraint("facility_id", "txn_id"),
    ForeignKeyConstraint(["facility_id", "txn_id"], ["ledger_txn.facility_id", "ledger_txn.id"]),
)
#: One row per facility: who holds it seals.
SEALER: Final = Table(
    "ledger_sealer",
    METADATA,
    _key("facility_id"),
    ForeignKeyConstraint(["facility_id"], ["facility.facility_id"]),
)
BALANCE: Final = Table(
    "ledger_balance",
    METADATA,
    _key("facility_id"),
    _key("account_id"),
    _must("seal_seq", Dong),
    _must("debit", Dong),
    _must("credit", Dong),
    ForeignKeyConstraint(
        ["facility_id", "account_id"], ["ledger_account.facility_id", "ledger_account.id"]
    ),
)
BALANCE_DAY: Final = Table(
    "ledger_balance_day",
    METADATA,
    _key("facility_id"),
    _key("account_id"),
    _key("booked_on", Day),
    _must("debit", Dong),
    _must("credit", Dong),
    _must("count", Dong),
    ForeignKeyConstraint(
        ["facility_id", "account_id"], ["ledger_account.facility_id", "ledger_account.id"]
    ),
)
ANCHOR: Final = Table(
    "ledger_anchor",
    METADATA,
    _key("facility_id"),
    _must("booked_on", Day),
    _key("first_seq", Dong),
    _must("last_seq", Dong),
    _must("merkle_root", Blob),
    _must("signature", Blob),
    _must("public_key", Blob),
    _must("exported_at", UtcTime),
    ForeignKeyConstraint(["facility_id"], ["facility.facility_id"]),
)
#: The view: two rows per posting, debit positive and credit negative.
ENTRY: Final = table(
    "ledger_entry",
    column("facility_id", Whole),
    column("txn_id", Id),
    column("line", Whole),
    column("account_id", Whole),
    column("amount", Dong),
    column("currency", Words),
    column("subject_type", Words),
    column("subject_id", Id),
    column("department_id", Whole),
)
