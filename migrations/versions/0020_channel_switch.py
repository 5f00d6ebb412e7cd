"""Channels that are paused and resumed: each change is kept, the newest counts."""

from sqlalchemy import CheckConstraint, Column, PrimaryKeyConstraint

from payments.storage.columns import UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    create_table,
    drop_tables,
    facility_column,
    of_facility,
)

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    create_table(
        "channel_switch",
        facility_column(),
        Column("slug", Words, nullable=False),
        Column("number", Whole, nullable=False),
        Column("state", Words, nullable=False),
        Column("reason", Words, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        Column("made_by", Words, nullable=False),
        PrimaryKeyConstraint(FACILITY, "slug", "number", name="pk_channel_switch"),
        of_facility("channel_switch"),
        CheckConstraint("state IN ('new', 'paused', 'open')", name="ck_channel_switch_state"),
    )
    append_only("channel_switch")


def downgrade() -> None:
    drop_tables("channel_switch")
