"""
Money that cannot go back the way it came is paid to a bank account that its payee names by a link.

``suspense_match`` learns one more purpose. PostgreSQL replaces a check; SQLite writes it anew.
"""

from alembic import op
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint

from payments.storage.columns import Blob, Dong, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    check,
    create_table,
    drop_tables,
    facility_column,
    is_postgres,
    may,
    must,
    points_at,
    refers,
)

revision = "0027a"
down_revision = "0027"

_BEFORE = "purpose IN ('invoice', 'interest', 'income')"
_NOW = "purpose IN ('invoice', 'interest', 'income', 'refund')"
_COLUMNS = (
    "facility_id, id, credit_id, invoice_id, purpose, amount, reason, made_by, made_at, txn_id"
)


def upgrade() -> None:
    _allow(_NOW)
    create_table(
        "payback",
        facility_column(),
        must("id", Id),
        must("payment_id", Id),
        may("invoice_id", Id),
        must("part", Words),
        must("amount", Dong),
        must("state", Words),
        must("reason", Words),
        must("requested_by", Words),
        must("requested_at", UtcTime),
        may("approved_by", Words),
        may("approved_at", UtcTime),
        may("book_txn_id", Id),
        must("code", Words),
        may("token_hash", Blob),
        may("token_sealed", Blob),
        may("expires_at", UtcTime),
        must("named_times", Whole),
        may("named_at", UtcTime),
        must("bank", Words),
        may("account_sealed", Blob),
        may("account_hash", Blob),
        must("account_last4", Words),
        may("holder_sealed", Blob),
        may("checked_by", Words),
        may("ready_at", UtcTime),
        must("attempt", Whole),
        may("credit_id", Id),
        may("paid_txn_id", Id),
        may("ended_at", UtcTime),
        must("idem_key", Words),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_payback"),
        UniqueConstraint(FACILITY, "idem_key", name="uq_payback_facility_id_idem_key"),
        UniqueConstraint(FACILITY, "code", name="uq_payback_facility_id_code"),
        UniqueConstraint(FACILITY, "token_hash", name="uq_payback_facility_id_token_hash"),
        UniqueConstraint(FACILITY, "credit_id", name="uq_payback_facility_id_credit_id"),
        points_at("payback", "payment_id", "id", "payment"),
        points_at("payback", "invoice_id", "id", "invoice"),
        points_at("payback", "credit_id", "id", "bank_credit"),
        refers("payback", "book_txn_id", "ledger_txn", ("book_txn_id", "id")),
        refers("payback", "paid_txn_id", "ledger_txn", ("paid_txn_id", "id")),
        check("payback", "part", "part IN ('suspense', 'invoice')"),
        check(
            "payback",
            "state",
            "state IN ('requested', 'approved', 'named', 'ready', 'paid', 'refused')",
        ),
        check("payback", "amount", "amount BETWEEN 1 AND 1000000000000"),
        # Whoever asks neither approves nor lets the account pass, whatever the program says.
        check(
            "payback",
            "two_people",
            "(approved_by IS NULL OR approved_by <> requested_by)"
            " AND (checked_by IS NULL OR checked_by <> requested_by)",
        ),
        check(
            "payback",
            "booked",
            "state IN ('requested', 'refused')"
            " OR (approved_by IS NOT NULL AND book_txn_id IS NOT NULL AND token_hash IS NOT NULL)",
        ),
        check(
            "payback",
            "account",
            "state NOT IN ('named', 'ready', 'paid')"
            " OR (account_sealed IS NOT NULL AND account_hash IS NOT NULL)",
        ),
        check(
            "payback",
            "ready",
            "state NOT IN ('ready', 'paid') OR (checked_by IS NOT NULL AND ready_at IS NOT NULL)",
        ),
        check("payback", "paid", "(state = 'paid') = (paid_txn_id IS NOT NULL)"),
        app="SELECT, INSERT, UPDATE",
    )
    op.create_index("ix_payback_facility_id_payment", "payback", [FACILITY, "payment_id"])
    op.create_index("ix_payback_facility_id_invoice", "payback", [FACILITY, "invoice_id"])
    op.create_index("ix_payback_facility_id_account", "payback", [FACILITY, "account_hash"])


def downgrade() -> None:
    """Fails by a check where money was paid back since: that is not undone."""
    drop_tables("payback")
    _allow(_BEFORE)


def _allow(purposes: str) -> None:
    if is_postgres():
        op.execute("ALTER TABLE suspense_match DROP CONSTRAINT ck_suspense_match_purpose")
        op.execute(
            "ALTER TABLE suspense_match"
            f" ADD CONSTRAINT ck_suspense_match_purpose CHECK ({purposes})"
        )
        return
    op.execute("CREATE TABLE old_match AS SELECT * FROM suspense_match")
    drop_tables("suspense_match")
    create_table(
        "suspense_match",
        facility_column(),
        must("id", Id),
        must("credit_id", Id),
        may("invoice_id", Id),
        must("purpose", Words),
        must("amount", Dong),
        must("reason", Words),
        must("made_by", Words),
        must("made_at", UtcTime),
        must("txn_id", Id),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_suspense_match"),
        points_at("suspense_match", "credit_id", "id", "bank_credit"),
        points_at("suspense_match", "invoice_id", "id", "invoice"),
        check("suspense_match", "amount", "amount >= 1"),
        check("suspense_match", "purpose", purposes),
        check("suspense_match", "owner", "(purpose = 'invoice') = (invoice_id IS NOT NULL)"),
    )
    op.execute(f"INSERT INTO suspense_match ({_COLUMNS}) SELECT {_COLUMNS} FROM old_match")  # noqa: S608
    drop_tables("old_match")
    op.create_index(
        "ix_suspense_match_facility_id_credit_id", "suspense_match", [FACILITY, "credit_id"]
    )
    append_only("suspense_match")
