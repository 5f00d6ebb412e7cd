"""Files that finance takes out: what was asked for, their sealed parts, and what is made daily."""

from alembic import op
from sqlalchemy import PrimaryKeyConstraint, text

from payments.storage.columns import Blob, Day, Dong, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    check,
    create_table,
    drop_tables,
    facility_column,
    may,
    must,
    of_facility,
    points_at,
)

revision = "0045"
down_revision = "0043"


def upgrade() -> None:
    create_table(
        "export_plan",
        facility_column(),
        must("id", Id),
        must("file", Words),
        must("form", Words),
        must("every", Words),
        must("made_by", Words),
        must("made_at", UtcTime),
        may("ended_by", Words),
        may("ended_at", UtcTime),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_export_plan"),
        of_facility("export_plan"),
        check("export_plan", "every", "every IN ('daily', 'monthly')"),
        check("export_plan", "ended", "(ended_by IS NULL) = (ended_at IS NULL)"),
        app="SELECT, INSERT, UPDATE",
    )
    create_table(
        "export_order",
        facility_column(),
        must("id", Id),
        must("file", Words),
        must("form", Words),
        must("first_day", Day),
        must("last_day", Day),
        must("state", Words),
        must("attempt", Whole),
        must("rows", Dong),
        must("sums", Words),
        must("size", Dong),
        may("sha256", Blob),
        must("failure", Words),
        may("plan_id", Id),
        must("made_by", Words),
        must("made_at", UtcTime),
        may("begun_at", UtcTime),
        may("ended_at", UtcTime),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_export_order"),
        of_facility("export_order"),
        points_at("export_order", "plan_id", "id", "export_plan"),
        check(
            "export_order",
            "state",
            "state IN ('waiting', 'making', 'ready', 'failed', 'gone')",
        ),
        check("export_order", "days", "last_day >= first_day"),
        check("export_order", "ready", "state <> 'ready' OR sha256 IS NOT NULL"),
        app="SELECT, INSERT, UPDATE",
    )
    planned = text("plan_id IS NOT NULL")
    # A plan makes each of its files once, however many workers look.
    op.create_index(
        "uq_export_order_plan",
        "export_order",
        [FACILITY, "plan_id", "first_day"],
        unique=True,
        postgresql_where=planned,
        sqlite_where=planned,
    )
    waiting = text("state IN ('waiting', 'making')")
    op.create_index(
        "ix_export_order_waiting",
        "export_order",
        [FACILITY, "made_at"],
        postgresql_where=waiting,
        sqlite_where=waiting,
    )
    create_table(
        "export_part",
        facility_column(),
        must("order_id", Id),
        must("attempt", Whole),
        must("number", Whole),
        must("content_sealed", Blob),
        PrimaryKeyConstraint(FACILITY, "order_id", "attempt", "number", name="pk_export_part"),
        points_at("export_part", "order_id", "id", "export_order"),
        app="SELECT, INSERT, DELETE",
    )


def downgrade() -> None:
    drop_tables("export_part", "export_order", "export_plan")
