"""
Money that a person attaches to an invoice is a payment of it; suspense may be income.

A payment that received nothing applies what had been received before: the sums of *received* stay
the bank's. PostgreSQL takes a short exclusive lock on ``payment`` to change its checks; SQLite
writes two tables anew.
"""

from alembic import op
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    UniqueConstraint,
    text,
)

from payments.storage.columns import Dong, Id, UtcTime, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    create_table,
    drop_tables,
    facility_column,
    is_postgres,
    points_at,
)

revision = "0007"
down_revision = "0006"

_SIGNS = "received >= 0 AND applied >= 0 AND suspense >= 0"
_WHOLE = (
    "(received >= 1 AND received = applied + suspense)"
    " OR (received = 0 AND suspense = 0 AND applied >= 1"
    " AND credit_id IS NOT NULL AND invoice_id IS NOT NULL)"
)
_PURPOSE = "purpose IN ('invoice', 'interest', 'income')"
_PURPOSE_OWNER = "(purpose = 'invoice') = (invoice_id IS NOT NULL)"
_OLD_SIGNS = "received >= 1 AND applied >= 0 AND suspense >= 0"
_OLD_WHOLE = "received = applied + suspense"

_PAYMENT = (
    "facility_id, id, method, credit_id, invoice_id, intent_id, received, applied, suspense,"
    " flags, received_at, txn_id, made_at"
)
_MATCH = "facility_id, id, credit_id, invoice_id, amount, reason, made_by, made_at, txn_id"


def upgrade() -> None:
    if is_postgres():
        _change_payment(signs=_SIGNS, whole=_WHOLE)
        op.execute("ALTER TABLE payment DROP CONSTRAINT uq_payment_facility_id_credit_id")
        op.execute("ALTER TABLE suspense_match ALTER COLUMN invoice_id DROP NOT NULL")
        op.execute("ALTER TABLE suspense_match ADD COLUMN purpose text NOT NULL DEFAULT 'invoice'")
        op.execute("ALTER TABLE suspense_match ALTER COLUMN purpose DROP DEFAULT")
        for name, rule in (("purpose", _PURPOSE), ("owner", _PURPOSE_OWNER)):
            op.execute(
                f"ALTER TABLE suspense_match ADD CONSTRAINT ck_suspense_match_{name} CHECK ({rule})"
            )
    else:
        _anew("payment", _PAYMENT, lambda: _payment(signs=_SIGNS, whole=_WHOLE))
        _anew("suspense_match", _MATCH, _suspense_match, more=", purpose", values=", 'invoice'")
    _index_credits()
    _pay_what_was_matched()


def _change_payment(*, signs: str, whole: str) -> None:
    for name, rule in (("signs", signs), ("whole", whole)):
        op.execute(f"ALTER TABLE payment DROP CONSTRAINT ck_payment_{name}")
        op.execute(f"ALTER TABLE payment ADD CONSTRAINT ck_payment_{name} CHECK ({rule})")


def _anew(name, columns, create, *, more="", values="") -> None:  # type: ignore[no-untyped-def]
    """Write a table of SQLite anew, which cannot change a check in place; all in one commit."""
    # Rows that point here are looked at when the commit comes: then their targets are back.
    op.execute("PRAGMA defer_foreign_keys = ON")
    op.execute(f"CREATE TABLE old_{name} AS SELECT * FROM {name}")  # noqa: S608
    drop_tables(name)
    create()
    op.execute(
        f"INSERT INTO {name} ({columns}{more}) SELECT {columns}{values} FROM old_{name}"  # noqa: S608
    )
    drop_tables(f"old_{name}")


def _payment(*, signs: str, whole: str, more: tuple[UniqueConstraint, ...] = ()) -> None:
    create_table(
        "payment",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("method", Words, nullable=False),
        Column("credit_id", Id, nullable=True),
        Column("invoice_id", Id, nullable=True),
        Column("intent_id", Id, nullable=True),
        Column("received", Dong, nullable=False),
        Column("applied", Dong, nullable=False),
        Column("suspense", Dong, nullable=False),
        Column("flags", Words, nullable=False),
        Column("received_at", UtcTime, nullable=False),
        Column("txn_id", Id, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_payment"),
        UniqueConstraint(FACILITY, "txn_id", name="uq_payment_facility_id_txn_id"),
        *more,
        points_at("payment", "credit_id", "id", "bank_credit"),
        points_at("payment", "invoice_id", "id", "invoice"),
        points_at("payment", "intent_id", "id", "intent"),
        ForeignKeyConstraint(
            [FACILITY, "txn_id"],
            [f"ledger_txn.{FACILITY}", "ledger_txn.id"],
            name="fk_payment_txn_id_ledger_txn",
        ),
        CheckConstraint("method IN ('bank', 'cash', 'gateway')", name="ck_payment_method"),
        CheckConstraint(signs, name="ck_payment_signs"),
        CheckConstraint(whole, name="ck_payment_whole"),
    )
    op.create_index("ix_payment_facility_id_invoice", "payment", [FACILITY, "invoice_id"])
    op.create_index("ix_payment_facility_id_received_at", "payment", [FACILITY, "received_at"])
    append_only("payment")


def _suspense_match() -> None:
    create_table(
        "suspense_match",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("credit_id", Id, nullable=False),
        Column("invoice_id", Id, nullable=True),
        Column("purpose", Words, nullable=False),
        *_match_columns(),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_suspense_match"),
        points_at("suspense_match", "credit_id", "id", "bank_credit"),
        points_at("suspense_match", "invoice_id", "id", "invoice"),
        CheckConstraint("amount >= 1", name="ck_suspense_match_amount"),
        CheckConstraint(_PURPOSE, name="ck_suspense_match_purpose"),
        CheckConstraint(_PURPOSE_OWNER, name="ck_suspense_match_owner"),
    )
    append_only("suspense_match")


def _old_suspense_match() -> None:
    create_table(
        "suspense_match",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("credit_id", Id, nullable=False),
        Column("invoice_id", Id, nullable=False),
        *_match_columns(),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_suspense_match"),
        points_at("suspense_match", "credit_id", "id", "bank_credit"),
        points_at("suspense_match", "invoice_id", "id", "invoice"),
        CheckConstraint("amount >= 1", name="ck_suspense_match_amount"),
    )
    append_only("suspense_match")


def _match_columns() -> tuple[Column[object], ...]:
    return (
        Column("amount", Dong, nullable=False),
        Column("reason", Words, nullable=False),
        Column("made_by", Words, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        Column("txn_id", Id, nullable=False),
    )


def _index_credits() -> None:
    """A bank credit is received once, whatever is attached of it afterwards."""
    received = text("received > 0")
    op.create_index(
        "uq_payment_facility_id_credit_id",
        "payment",
        [FACILITY, "credit_id"],
        unique=True,
        postgresql_where=received,
        sqlite_where=received,
    )
    op.create_index(
        "ix_suspense_match_facility_id_credit_id", "suspense_match", [FACILITY, "credit_id"]
    )


def _pay_what_was_matched() -> None:
    """Give what was attached before this release its payment, and a job that numbers the paper."""
    op.execute(
        f"INSERT INTO payment ({_PAYMENT})"  # noqa: S608
        " SELECT m.facility_id, m.id, 'bank', m.credit_id, m.invoice_id, NULL, 0, m.amount, 0,"
        " 'attached', c.occurred_at, m.txn_id, m.made_at FROM suspense_match m"
        " JOIN bank_credit c ON c.facility_id = m.facility_id AND c.id = m.credit_id"
    )
    subject = "m.id::text" if is_postgres() else "m.id"
    op.execute(
        "INSERT INTO job (facility_id, id, kind, subject, run_at, attempts, state, last_error,"  # noqa: S608
        f" made_at) SELECT m.facility_id, m.id, 'receipt.number', {subject}, m.made_at, 0,"
        " 'waiting', '', m.made_at FROM suspense_match m"
    )


def downgrade() -> None:
    """Fails by a check where money was attached or taken as income since: that is not undone."""
    op.execute("DROP INDEX uq_payment_facility_id_credit_id")
    op.execute("DROP INDEX ix_suspense_match_facility_id_credit_id")
    unique = UniqueConstraint(FACILITY, "credit_id", name="uq_payment_facility_id_credit_id")
    if not is_postgres():
        _anew(
            "payment",
            _PAYMENT,
            lambda: _payment(signs=_OLD_SIGNS, whole=_OLD_WHOLE, more=(unique,)),
        )
        _anew("suspense_match", _MATCH, _old_suspense_match)
        return
    _change_payment(signs=_OLD_SIGNS, whole=_OLD_WHOLE)
    op.create_unique_constraint(
        "uq_payment_facility_id_credit_id", "payment", [FACILITY, "credit_id"]
    )
    op.execute("ALTER TABLE suspense_match ALTER COLUMN invoice_id SET NOT NULL")
    op.execute("ALTER TABLE suspense_match DROP COLUMN purpose CASCADE")
