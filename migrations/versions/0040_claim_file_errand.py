"""Files that a person wants at the insurer's portal, until the worker has sent them."""

from alembic import op
from sqlalchemy import PrimaryKeyConstraint, text

from payments.storage.columns import Flag, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    check,
    create_table,
    drop_tables,
    facility_column,
    may,
    must,
    points_at,
)

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    create_table(
        "claim_file_errand",
        facility_column(),
        must("id", Id),
        must("file_id", Id),
        must("is_again", Flag),
        must("state", Words),
        must("problem", Words),
        must("attempts", Whole),
        must("next_at", UtcTime),
        must("asked_at", UtcTime),
        must("asked_by", Words),
        may("done_at", UtcTime),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_claim_file_errand"),
        points_at("claim_file_errand", "file_id", "id", "claim_file"),
        check("claim_file_errand", "state", "state IN ('waiting', 'done')"),
        check("claim_file_errand", "done", "(state = 'done') = (done_at IS NOT NULL)"),
        app="SELECT, INSERT, UPDATE",
    )
    # A file waits once, however often the button is pressed.
    op.create_index(
        "uq_claim_file_errand_waiting",
        "claim_file_errand",
        [FACILITY, "file_id"],
        unique=True,
        postgresql_where=text("state = 'waiting'"),
        sqlite_where=text("state = 'waiting'"),
    )


def downgrade() -> None:
    drop_tables("claim_file_errand")
