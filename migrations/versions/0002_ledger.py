"""The ledger: accounts, transactions, postings, the sealer's queue, seals, roll-ups, anchors."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column, ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint

from payments.storage.columns import Blob, Day, Dong, Flag, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    append_only,
    create_table,
    drop_tables,
    is_postgres,
    open_to_worker,
)

revision = "0002"
down_revision = "0001"

SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
SUBJECTS = (
    "'invoice', 'encounter', 'payment', 'refund', 'claim', 'claim_period', 'bank_credit',"
    " 'settlement', 'dispute', 'shift'"
)


def upgrade() -> None:
    _periods_and_accounts()
    _transactions()
    _postings()
    _seals()
    _roll_ups()
    _entry_view()
    for name in ("ledger_txn", "ledger_posting", "ledger_seal"):
        append_only(name)
    _completeness()


def downgrade() -> None:
    op.execute("DROP VIEW ledger_entry")
    drop_tables(
        "ledger_anchor",
        "ledger_balance_day",
        "ledger_balance",
        "ledger_sealer",
        "ledger_seal",
        "ledger_outbox",
        "ledger_posting",
        "ledger_txn",
        "ledger_account",
        "ledger_period",
    )
    if is_postgres():
        op.execute("DROP FUNCTION vienphi_ledger_complete()")


def _must(name: str, type_: Any) -> Column[Any]:
    return Column(name, type_, nullable=False)


def _may(name: str, type_: Any) -> Column[Any]:
    return Column(name, type_, nullable=True)


def _check(table: str, name: str, rule: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(rule, name=f"ck_{table}_{name}")


def _facility(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["facility_id"], ["facility.facility_id"], name=f"fk_{table}_facility_id_facility"
    )


def _refers(table: str, name: str, to: str, *pairs: tuple[str, str]) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["facility_id", *(mine for mine, _ in pairs)],
        [f"{to}.facility_id", *(f"{to}.{theirs}" for _, theirs in pairs)],
        name=f"fk_{table}_{name}_{to}",
    )


def _periods_and_accounts() -> None:
    create_table(
        "ledger_period",
        _must("facility_id", Whole),
        _must("id", Whole),
        _must("starts_on", Day),
        _must("ends_on", Day),
        _must("state", Words),
        PrimaryKeyConstraint("facility_id", "id", name="pk_ledger_period"),
        _facility("ledger_period"),
        _check("ledger_period", "state", "state IN ('open', 'closing', 'closed')"),
        _check("ledger_period", "days", "starts_on <= ends_on"),
        # Also to lock it FOR KEY SHARE PostgreSQL asks for the right to update a column.
        app="SELECT, INSERT, UPDATE (state)",
    )
    create_table(
        "ledger_account",
        _must("facility_id", Whole),
        _must("id", Whole),
        _must("code", Words),
        _must("name", Words),
        _must("type", Words),
        _must("normal_side", Words),
        _must("currency", Words),
        _may("parent_code", Words),
        _may("adapter", Words),
        _may("bank_account_ref", Words),
        _may("department_id", Whole),
        _may("gl_code", Words),
        _must("guard", Words),
        _may("subject_types", Words),
        _must("is_active", Flag),
        _must("created_at", UtcTime),
        PrimaryKeyConstraint("facility_id", "id", name="pk_ledger_account"),
        UniqueConstraint("facility_id", "code", name="uq_ledger_account_facility_id_code"),
        UniqueConstraint(
            "facility_id", "id", "currency", name="uq_ledger_account_facility_id_id_currency"
        ),
        _facility("ledger_account"),
        _check(
            "ledger_account",
            "type",
            "type IN ('asset', 'liability', 'equity', 'income', 'expense')",
        ),
        _check("ledger_account", "normal_side", "normal_side IN ('D', 'C')"),
        _check("ledger_account", "currency", "length(currency) = 3"),
        _check("ledger_account", "guard", "guard IN ('none', 'subject_non_negative')"),
    )


def _transactions() -> None:
    create_table(
        "ledger_txn",
        _must("facility_id", Whole),
        _must("id", Id),
        _must("idem_key", Words),
        _must("fingerprint", Blob),
        _must("kind", Words),
        _must("posting_count", SMALL),
        _must("effective_at", UtcTime),
        _must("booked_on", Day),
        _must("period_id", Whole),
        _must("created_at", UtcTime),
        _must("actor_id", Words),
        _must("source", Words),
        _must("request_id", Words),
        _may("reverses_id", Id),
        _may("reason_code", Words),
        _must("memo", Words),
        PrimaryKeyConstraint("facility_id", "id", name="pk_ledger_txn"),
        UniqueConstraint("facility_id", "idem_key", name="uq_ledger_txn_facility_id_idem_key"),
        UniqueConstraint(
            "facility_id", "reverses_id", name="uq_ledger_txn_facility_id_reverses_id"
        ),
        UniqueConstraint(
            "facility_id", "id", "posting_count", name="uq_ledger_txn_facility_id_id_posting_count"
        ),
        _refers("ledger_txn", "reverses_id", "ledger_txn", ("reverses_id", "id")),
        _refers("ledger_txn", "period_id", "ledger_period", ("period_id", "id")),
        _check("ledger_txn", "reverses_other", "reverses_id <> id"),
        _check("ledger_txn", "idem_key", "length(idem_key) BETWEEN 1 AND 200"),
        _check("ledger_txn", "fingerprint", "length(fingerprint) = 32"),
        _check("ledger_txn", "posting_count", "posting_count BETWEEN 1 AND 200"),
        _check(
            "ledger_txn",
            "source",
            "source IN ('cashier', 'webhook', 'statement', 'job', 'migration', 'finance')",
        ),
        _check("ledger_txn", "memo", "length(memo) <= 200"),
    )
    op.create_index(
        "ix_ledger_txn_facility_id_booked_on",
        "ledger_txn",
        ["facility_id", "booked_on"],
        # Days come in the order of the rows: a block range index finds them and costs a payment
        # next to nothing.
        postgresql_using="brin",
        postgresql_with={"autosummarize": "on"},
    )
    create_table(
        "ledger_outbox",
        _must("facility_id", Whole),
        _must("txn_id", Id),
        _must("created_at", UtcTime),
        PrimaryKeyConstraint("facility_id", "txn_id", name="pk_ledger_outbox"),
        worker="SELECT, INSERT, DELETE",
    )
    open_to_worker("ledger_outbox")


def _postings() -> None:
    sides = ("debit", "credit")
    create_table(
        "ledger_posting",
        _must("facility_id", Whole),
        _must("txn_id", Id),
        _must("line", SMALL),
        _must("posting_count", SMALL),
        _must("debit_account_id", Whole),
        _must("credit_account_id", Whole),
        _must("currency", Words),
        _must("amount", Dong),
        *(_may(f"{side}_subject_{part}", type_) for side in sides for part, type_ in _SUBJECT),
        _may("department_id", Whole),
        PrimaryKeyConstraint("facility_id", "txn_id", "line", name="pk_ledger_posting"),
        _refers(
            "ledger_posting",
            "txn_id",
            "ledger_txn",
            ("txn_id", "id"),
            ("posting_count", "posting_count"),
        ),
        *(
            _refers(
                "ledger_posting",
                f"{side}_account_id",
                "ledger_account",
                (f"{side}_account_id", "id"),
                ("currency", "currency"),
            )
            for side in sides
        ),
        _check("ledger_posting", "amount", "amount BETWEEN 1 AND 1000000000000000"),
        _check("ledger_posting", "two_accounts", "debit_account_id <> credit_account_id"),
        _check("ledger_posting", "line", "line BETWEEN 1 AND posting_count"),
        *(
            _check(
                "ledger_posting",
                f"{side}_subject",
                f"({side}_subject_type IS NULL) = ({side}_subject_id IS NULL)",
            )
            for side in sides
        ),
        *(
            _check(
                "ledger_posting",
                f"{side}_subject_type",
                f"{side}_subject_type IS NULL OR {side}_subject_type IN ({SUBJECTS})",
            )
            for side in sides
        ),
    )
    for side in sides:
        op.create_index(
            f"ix_ledger_posting_facility_id_{side}_account_id_txn_id",
            "ledger_posting",
            ["facility_id", f"{side}_account_id", "txn_id"],
        )
        given = sa.text(f"{side}_subject_id IS NOT NULL")
        op.create_index(
            f"ix_ledger_posting_facility_id_{side}_subject",
            "ledger_posting",
            ["facility_id", f"{side}_subject_type", f"{side}_subject_id"],
            postgresql_where=given,
            sqlite_where=given,
        )


_SUBJECT = (("type", Words), ("id", Id))


def _seals() -> None:
    create_table(
        "ledger_seal",
        _must("facility_id", Whole),
        _must("seq", Dong),
        _must("txn_id", Id),
        _must("body_version", SMALL),
        _must("hash", Blob),
        _must("sealed_at", UtcTime),
        PrimaryKeyConstraint("facility_id", "seq", name="pk_ledger_seal"),
        UniqueConstraint("facility_id", "txn_id", name="uq_ledger_seal_facility_id_txn_id"),
        _refers("ledger_seal", "txn_id", "ledger_txn", ("txn_id", "id")),
        _check("ledger_seal", "seq", "seq >= 1"),
        _check("ledger_seal", "hash", "length(hash) = 32"),
        app="SELECT",
        worker="SELECT, INSERT",
    )
    create_table(
        "ledger_sealer",
        _must("facility_id", Whole),
        PrimaryKeyConstraint("facility_id", name="pk_ledger_sealer"),
        _facility("ledger_sealer"),
        app="SELECT",
        worker="SELECT, INSERT, UPDATE",
    )
    create_table(
        "ledger_anchor",
        _must("facility_id", Whole),
        _must("booked_on", Day),
        _must("first_seq", Dong),
        _must("last_seq", Dong),
        _must("merkle_root", Blob),
        _must("signature", Blob),
        _must("exported_at", UtcTime),
        PrimaryKeyConstraint("facility_id", "first_seq", name="pk_ledger_anchor"),
        _facility("ledger_anchor"),
        _check("ledger_anchor", "range", "first_seq <= last_seq"),
    )


def _roll_ups() -> None:
    create_table(
        "ledger_balance",
        _must("facility_id", Whole),
        _must("account_id", Whole),
        _must("seal_seq", Dong),
        _must("debit", Dong),
        _must("credit", Dong),
        PrimaryKeyConstraint("facility_id", "account_id", name="pk_ledger_balance"),
        _refers("ledger_balance", "account_id", "ledger_account", ("account_id", "id")),
        app="SELECT",
        worker="SELECT, INSERT, UPDATE",
    )
    create_table(
        "ledger_balance_day",
        _must("facility_id", Whole),
        _must("account_id", Whole),
        _must("booked_on", Day),
        _must("debit", Dong),
        _must("credit", Dong),
        _must("count", Dong),
        PrimaryKeyConstraint(
            "facility_id", "account_id", "booked_on", name="pk_ledger_balance_day"
        ),
        _refers("ledger_balance_day", "account_id", "ledger_account", ("account_id", "id")),
        app="SELECT",
        worker="SELECT, INSERT, UPDATE",
    )


def _entry_view() -> None:
    # Without security_invoker the view would read as its owner, past the policies of its tables.
    options = " WITH (security_invoker = true)" if is_postgres() else ""
    side = (
        "SELECT facility_id, txn_id, line, {side}_account_id AS account_id, {sign}amount AS amount,"
        " currency, {side}_subject_type AS subject_type, {side}_subject_id AS subject_id,"
        " department_id FROM ledger_posting"
    )
    op.execute(
        f"CREATE VIEW ledger_entry{options} AS {side.format(side='debit', sign='')}"
        f" UNION ALL {side.format(side='credit', sign='-')}"
    )
    if is_postgres():
        op.execute("GRANT SELECT ON ledger_entry TO vp_app, vp_worker, vp_report, vp_backup")


def _completeness() -> None:
    """Refuse a transaction that lacks a line (I3): at the commit, or as the outbox is written."""
    if not is_postgres():
        op.execute(
            "CREATE TRIGGER ledger_outbox_complete BEFORE INSERT ON ledger_outbox"
            " WHEN (SELECT count(*) FROM ledger_posting WHERE facility_id = NEW.facility_id"
            " AND txn_id = NEW.txn_id) IS NOT (SELECT posting_count FROM ledger_txn"
            " WHERE facility_id = NEW.facility_id AND id = NEW.txn_id)"
            " BEGIN SELECT RAISE(ABORT, 'ledger transaction is incomplete'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION vienphi_ledger_complete() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN IF (SELECT count(*) FROM ledger_posting WHERE facility_id = NEW.facility_id"
        " AND txn_id = NEW.id) <> NEW.posting_count THEN"
        " RAISE EXCEPTION 'ledger transaction % is incomplete', NEW.id"
        " USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER ledger_txn_complete AFTER INSERT ON ledger_txn"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION vienphi_ledger_complete()"
    )
