"""Transactions and their postings: balanced by construction, append-only, whole or refused."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint

from payments.storage.columns import Blob, Day, Dong, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    append_only,
    check,
    create_table,
    drop_tables,
    is_postgres,
    may,
    must,
    open_to_worker,
    refers,
)

revision = "0002b"
down_revision = "0002"

SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")
SUBJECTS = (
    "'invoice', 'encounter', 'payment', 'refund', 'claim', 'claim_period', 'bank_credit',"
    " 'settlement', 'dispute', 'shift'"
)
_SUBJECT = (("type", Words), ("id", Id))


def upgrade() -> None:
    _transactions()
    _postings()
    _entry_view()
    for name in ("ledger_txn", "ledger_posting"):
        append_only(name)
    _completeness()


def downgrade() -> None:
    op.execute("DROP VIEW ledger_entry")
    drop_tables("ledger_outbox", "ledger_posting", "ledger_txn")
    if is_postgres():
        op.execute("DROP FUNCTION vienphi_ledger_complete()")


def _transactions() -> None:
    create_table(
        "ledger_txn",
        must("facility_id", Whole),
        must("id", Id),
        must("idem_key", Words),
        must("fingerprint", Blob),
        must("kind", Words),
        must("posting_count", SMALL),
        must("effective_at", UtcTime),
        must("booked_on", Day),
        must("period_id", Whole),
        must("created_at", UtcTime),
        must("actor_id", Words),
        must("source", Words),
        must("request_id", Words),
        may("reverses_id", Id),
        may("reason_code", Words),
        must("memo", Words),
        PrimaryKeyConstraint("facility_id", "id", name="pk_ledger_txn"),
        UniqueConstraint("facility_id", "idem_key", name="uq_ledger_txn_facility_id_idem_key"),
        UniqueConstraint(
            "facility_id", "reverses_id", name="uq_ledger_txn_facility_id_reverses_id"
        ),
        UniqueConstraint(
            "facility_id", "id", "posting_count", name="uq_ledger_txn_facility_id_id_posting_count"
        ),
        refers("ledger_txn", "reverses_id", "ledger_txn", ("reverses_id", "id")),
        refers("ledger_txn", "period_id", "ledger_period", ("period_id", "id")),
        check("ledger_txn", "reverses_other", "reverses_id <> id"),
        check("ledger_txn", "idem_key", "length(idem_key) BETWEEN 1 AND 200"),
        check("ledger_txn", "fingerprint", "length(fingerprint) = 32"),
        check("ledger_txn", "posting_count", "posting_count BETWEEN 1 AND 200"),
        check(
            "ledger_txn",
            "source",
            "source IN ('cashier', 'webhook', 'statement', 'job', 'migration', 'finance')",
        ),
        check("ledger_txn", "memo", "length(memo) <= 200"),
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
        must("facility_id", Whole),
        must("txn_id", Id),
        must("created_at", UtcTime),
        PrimaryKeyConstraint("facility_id", "txn_id", name="pk_ledger_outbox"),
        worker="SELECT, INSERT, DELETE",
    )
    open_to_worker("ledger_outbox")


def _postings() -> None:
    sides = ("debit", "credit")
    create_table(
        "ledger_posting",
        must("facility_id", Whole),
        must("txn_id", Id),
        must("line", SMALL),
        must("posting_count", SMALL),
        must("debit_account_id", Whole),
        must("credit_account_id", Whole),
        must("currency", Words),
        must("amount", Dong),
        *(may(f"{side}_subject_{part}", type_) for side in sides for part, type_ in _SUBJECT),
        may("department_id", Whole),
        PrimaryKeyConstraint("facility_id", "txn_id", "line", name="pk_ledger_posting"),
        refers(
            "ledger_posting",
            "txn_id",
            "ledger_txn",
            ("txn_id", "id"),
            ("posting_count", "posting_count"),
        ),
        *(
            refers(
                "ledger_posting",
                f"{side}_account_id",
                "ledger_account",
                (f"{side}_account_id", "id"),
                ("currency", "currency"),
            )
            for side in sides
        ),
        check("ledger_posting", "amount", "amount BETWEEN 1 AND 1000000000000000"),
        check("ledger_posting", "two_accounts", "debit_account_id <> credit_account_id"),
        check("ledger_posting", "line", "line BETWEEN 1 AND posting_count"),
        *(
            check(
                "ledger_posting",
                f"{side}_subject",
                f"({side}_subject_type IS NULL) = ({side}_subject_id IS NULL)",
            )
            for side in sides
        ),
        *(
            check(
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
