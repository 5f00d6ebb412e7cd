"""Bank statements as they were given, runs over a day, and what they found."""

from alembic import op
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    UniqueConstraint,
)

from payments.storage.columns import Blob, Day, Dong, Id, UtcTime, Whole, Words
from payments.storage.migrating import create_table, drop_tables

revision = "0006"
down_revision = "0005"

_FACILITY = "facility_id"


def _facility() -> Column:
    return Column(_FACILITY, Whole, nullable=False)


def _to(table: str, column: str, name: str, target: str) -> ForeignKeyConstraint:
    """A foreign key that shares the facility column, so that it cannot leave the facility."""
    return ForeignKeyConstraint(
        [_FACILITY, column],
        [f"{target}.{_FACILITY}", f"{target}.{name}"],
        name=f"fk_{table}_{column}_{target}",
    )


def upgrade() -> None:
    _statements()
    _runs()


def _statements() -> None:
    create_table(
        "statement_map",
        _facility(),
        Column("account", Words, nullable=False),
        Column("columns", Words, nullable=False),
        Column("saved_at", UtcTime, nullable=False),
        Column("saved_by", Words, nullable=False),
        PrimaryKeyConstraint(_FACILITY, "account", name="pk_statement_map"),
        _to("statement_map", "account", "account", "bank_account"),
        app="SELECT, INSERT, UPDATE",
    )
    create_table(
        "statement_file",
        _facility(),
        Column("id", Id, nullable=False),
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
        PrimaryKeyConstraint(_FACILITY, "id", name="pk_statement_file"),
        UniqueConstraint(_FACILITY, "sha256", name="uq_statement_file_facility_id_sha256"),
        _to("statement_file", "account", "account", "bank_account"),
        CheckConstraint("state IN ('importing', 'imported')", name="ck_statement_file_state"),
        CheckConstraint("lines BETWEEN 0 AND 100000", name="ck_statement_file_lines"),
        app="SELECT, INSERT, UPDATE (state, finished_at)",
    )
    op.create_index(
        "ix_statement_file_facility_id_account_day",
        "statement_file",
        [_FACILITY, "account", "first_day", "last_day"],
    )
    create_table(
        "statement_line",
        _facility(),
        Column("id", Id, nullable=False),
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
        PrimaryKeyConstraint(_FACILITY, "id", name="pk_statement_line"),
        # The same line of two files is one movement; its twin in one file has another copy.
        UniqueConstraint(
            _FACILITY, "account", "name", "copy", name="uq_statement_line_facility_id_name"
        ),
        _to("statement_line", "file_id", "id", "statement_file"),
        _to("statement_line", "credit_id", "id", "bank_credit"),
        CheckConstraint("amount <> 0", name="ck_statement_line_amount"),
        CheckConstraint("copy >= 1", name="ck_statement_line_copy"),
        CheckConstraint("state IN ('waiting', 'applied', 'kept')", name="ck_statement_line_state"),
        CheckConstraint(
            "state <> 'applied' OR credit_id IS NOT NULL", name="ck_statement_line_credit"
        ),
        app="SELECT, INSERT, UPDATE (state, effect, credit_id)",
    )
    op.create_index(
        "ix_statement_line_facility_id_account_day",
        "statement_line",
        [_FACILITY, "account", "bank_day"],
    )
    op.create_index(
        "ix_statement_line_facility_id_file_state",
        "statement_line",
        [_FACILITY, "file_id", "state", "line"],
    )
    op.create_index(
        "ix_statement_line_facility_id_credit", "statement_line", [_FACILITY, "credit_id"]
    )


def _runs() -> None:
    create_table(
        "reconciliation_run",
        _facility(),
        Column("id", Id, nullable=False),
        Column("account", Words, nullable=False),
        Column("day", Day, nullable=False),
        Column("input_sha256", Blob, nullable=False),
        Column("source", Words, nullable=False),
        Column("ledger_total", Dong, nullable=False),
        Column("bank_total", Dong, nullable=False),
        Column("counts", Words, nullable=False),
        Column("ran_at", UtcTime, nullable=False),
        Column("ran_by", Words, nullable=False),
        PrimaryKeyConstraint(_FACILITY, "id", name="pk_reconciliation_run"),
        UniqueConstraint(
            _FACILITY,
            "account",
            "day",
            "input_sha256",
            name="uq_reconciliation_run_facility_id_input",
        ),
        _to("reconciliation_run", "account", "account", "bank_account"),
        CheckConstraint("source IN ('statement', 'feed')", name="ck_reconciliation_run_source"),
    )
    create_table(
        "finding",
        _facility(),
        Column("id", Id, nullable=False),
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
        PrimaryKeyConstraint(_FACILITY, "id", name="pk_finding"),
        UniqueConstraint(_FACILITY, "account", "day", "name", name="uq_finding_facility_id_name"),
        _to("finding", "run_id", "id", "reconciliation_run"),
        CheckConstraint("state IN ('open', 'explained', 'gone')", name="ck_finding_state"),
        CheckConstraint(
            "verdict IN ('within_tolerance', 'amount_differs', 'missing_here', 'missing_there',"
            " 'duplicate_here', 'duplicate_there')",
            name="ck_finding_verdict",
        ),
        app="SELECT, INSERT, UPDATE (state, reason, explained_by, run_id)",
    )


def downgrade() -> None:
    drop_tables(
        "finding", "reconciliation_run", "statement_line", "statement_file", "statement_map"
    )
