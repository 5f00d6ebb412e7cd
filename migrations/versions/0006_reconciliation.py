"""Bank statements as they were given, runs over a day, and what they found."""

from alembic import op
from sqlalchemy import (
    CheckConstraint,
    Column,
    PrimaryKeyConstraint,
    UniqueConstraint,
)

from payments.storage.columns import Blob, Day, Dong, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    create_table,
    drop_tables,
    facility_column,
    points_at,
)

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    _statements()
    _staged()
    _runs()


def _statements() -> None:
    create_table(
        "statement_map",
        facility_column(),
        Column("account", Words, nullable=False),
        Column("columns", Words, nullable=False),
        Column("saved_at", UtcTime, nullable=False),
        Column("saved_by", Words, nullable=False),
        PrimaryKeyConstraint(FACILITY, "account", name="pk_statement_map"),
        points_at("statement_map", "account", "account", "bank_account"),
        app="SELECT, INSERT, UPDATE",
    )
    create_table(
        "statement_file",
        facility_column(),
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
        PrimaryKeyConstraint(FACILITY, "id", name="pk_statement_file"),
        UniqueConstraint(FACILITY, "sha256", name="uq_statement_file_facility_id_sha256"),
        points_at("statement_file", "account", "account", "bank_account"),
        CheckConstraint(
            "state IN ('storing', 'placing', 'importing', 'imported')",
            name="ck_statement_file_state",
        ),
        CheckConstraint("lines BETWEEN 0 AND 100000", name="ck_statement_file_lines"),
        app="SELECT, INSERT, UPDATE (state, finished_at)",
    )
    op.create_index(
        "ix_statement_file_facility_id_account_day",
        "statement_file",
        [FACILITY, "account", "first_day", "last_day"],
    )
    create_table(
        "statement_line",
        facility_column(),
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
        PrimaryKeyConstraint(FACILITY, "id", name="pk_statement_line"),
        # The same line of two files is one movement; its twin in one file has another copy.
        UniqueConstraint(
            FACILITY, "account", "name", "copy", name="uq_statement_line_facility_id_name"
        ),
        points_at("statement_line", "file_id", "id", "statement_file"),
        points_at("statement_line", "credit_id", "id", "bank_credit"),
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
        [FACILITY, "account", "bank_day"],
    )
    op.create_index(
        "ix_statement_line_facility_id_file_state",
        "statement_line",
        [FACILITY, "file_id", "state", "line"],
    )
    op.create_index(
        "ix_statement_line_facility_id_credit", "statement_line", [FACILITY, "credit_id"]
    )


def _staged() -> None:
    create_table(
        "statement_staged",
        facility_column(),
        Column("file_id", Id, nullable=False),
        Column("line", Whole, nullable=False),
        Column("bank_day", Day, nullable=False),
        Column("name", Words, nullable=False),
        Column("nth", Whole, nullable=False),
        Column("amount", Dong, nullable=False),
        Column("occurred_at", UtcTime, nullable=False),
        Column("reference", Words, nullable=False),
        Column("memo_sealed", Blob, nullable=False),
        PrimaryKeyConstraint(FACILITY, "file_id", "line", name="pk_statement_staged"),
        points_at("statement_staged", "file_id", "id", "statement_file"),
        app="SELECT, INSERT, DELETE",
    )


def _runs() -> None:
    create_table(
        "reconciliation_run",
        facility_column(),
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
        PrimaryKeyConstraint(FACILITY, "id", name="pk_reconciliation_run"),
        UniqueConstraint(
            FACILITY,
            "account",
            "day",
            "input_sha256",
            name="uq_reconciliation_run_facility_id_input",
        ),
        points_at("reconciliation_run", "account", "account", "bank_account"),
        CheckConstraint("source IN ('statement', 'feed')", name="ck_reconciliation_run_source"),
    )
    create_table(
        "finding",
        facility_column(),
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
        PrimaryKeyConstraint(FACILITY, "id", name="pk_finding"),
        UniqueConstraint(FACILITY, "account", "day", "name", name="uq_finding_facility_id_name"),
        points_at("finding", "run_id", "id", "reconciliation_run"),
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
        "finding",
        "reconciliation_run",
        "statement_staged",
        "statement_line",
        "statement_file",
        "statement_map",
    )
