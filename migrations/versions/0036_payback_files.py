"""A list for the bank is a file with a number; a payback is in one file at most."""

from alembic import op
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, text

from payments.storage.columns import Blob, Dong, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    change_check,
    check,
    create_table,
    drop_tables,
    facility_column,
    may,
    must,
    points_at,
)

revision = "0036"
down_revision = "0035"

_STATE = "state IN ('requested', 'approved', 'named', 'ready', 'paid', 'refused')"
_ACCOUNT = (
    "state NOT IN ('named', 'ready', 'paid')"
    " OR (account_sealed IS NOT NULL AND account_hash IS NOT NULL)"
)
_READY = "state NOT IN ('ready', 'paid') OR (checked_by IS NOT NULL AND ready_at IS NOT NULL)"
_RULES = {"state": _STATE, "account": _ACCOUNT, "ready": _READY}


def upgrade() -> None:
    for name, before in _RULES.items():
        change_check("payback", f"ck_payback_{name}", before, _listed(before))
    create_table(
        "payback_file",
        facility_column(),
        must("id", Id),
        must("number", Whole),
        must("sha256", Words),
        must("content_sealed", Blob),
        must("lines", Whole),
        must("total", Dong),
        must("made_by", Words),
        must("made_at", UtcTime),
        must("downloads", Whole),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_payback_file"),
        UniqueConstraint(FACILITY, "number", name="uq_payback_file_facility_id_number"),
        check("payback_file", "lines", "lines >= 1"),
        check("payback_file", "downloads", "downloads >= 0"),
        app="SELECT, INSERT, UPDATE",
    )
    create_table(
        "payback_file_line",
        facility_column(),
        must("file_id", Id),
        must("payback_id", Id),
        must("attempt", Whole),
        must("amount", Dong),
        must("listed_by", Words),
        may("taken_out_by", Words),
        may("taken_out_at", UtcTime),
        must("reason", Words),
        PrimaryKeyConstraint(FACILITY, "file_id", "payback_id", name="pk_payback_file_line"),
        points_at("payback_file_line", "file_id", "id", "payback_file"),
        points_at("payback_file_line", "payback_id", "id", "payback"),
        # Whoever made a file takes nothing out of it, whatever the program says.
        check(
            "payback_file_line",
            "two_people",
            "taken_out_by IS NULL OR (taken_out_by <> listed_by AND length(reason) > 2)",
        ),
        check("payback_file_line", "taken_out", "(taken_out_by IS NULL) = (taken_out_at IS NULL)"),
        app="SELECT, INSERT, UPDATE",
    )
    # The database, too, lets what is owed stand in one file.
    op.create_index(
        "uq_payback_file_line_facility_id_payback_id",
        "payback_file_line",
        [FACILITY, "payback_id", "attempt"],
        unique=True,
        postgresql_where=text("taken_out_at IS NULL"),
        sqlite_where=text("taken_out_at IS NULL"),
    )


def downgrade() -> None:
    op.execute("UPDATE payback SET state = 'ready' WHERE state = 'listed'")
    drop_tables("payback_file_line", "payback_file")
    for name, before in _RULES.items():
        change_check("payback", f"ck_payback_{name}", _listed(before), before)


def _listed(rule: str) -> str:
    return rule.replace("'ready', ", "'ready', 'listed', ")
