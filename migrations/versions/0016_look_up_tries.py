"""Failed look-ups of invoices by people without a link, counted across all workers."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, PrimaryKeyConstraint

from payments.storage.columns import Blob, Id, UtcTime
from payments.storage.migrating import (
    FACILITY,
    create_table,
    drop_tables,
    facility_column,
    of_facility,
)

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    create_table(
        "look_up_try",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("subject", Blob, nullable=False),
        Column("at", UtcTime, nullable=False),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_look_up_try"),
        of_facility("look_up_try"),
        CheckConstraint("length(subject) = 32", name="ck_look_up_try_subject"),
        app="SELECT, INSERT, DELETE",
    )
    op.create_index(
        "ix_look_up_try_facility_id_subject_at", "look_up_try", [FACILITY, "subject", "at"]
    )


def downgrade() -> None:
    op.drop_index("ix_look_up_try_facility_id_subject_at", "look_up_try")
    drop_tables("look_up_try")
