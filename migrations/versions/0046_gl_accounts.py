"""Which account of the hospital's general ledger each account of ours is, with dates."""

from sqlalchemy import PrimaryKeyConstraint

from payments.storage.columns import Day, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    check,
    create_table,
    drop_tables,
    facility_column,
    must,
    of_facility,
)

revision = "0046"
down_revision = "0045"


def upgrade() -> None:
    create_table(
        "gl_account",
        facility_column(),
        must("code", Words),
        must("valid_from", Day),
        must("number", Whole),
        must("gl_account", Words),
        must("made_by", Words),
        must("made_at", UtcTime),
        PrimaryKeyConstraint(FACILITY, "code", "valid_from", "number", name="pk_gl_account"),
        of_facility("gl_account"),
        check("gl_account", "gl_account", "length(gl_account) BETWEEN 1 AND 20"),
    )


def downgrade() -> None:
    drop_tables("gl_account")
