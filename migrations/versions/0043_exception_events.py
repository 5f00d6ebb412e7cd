"""Who takes care of an exception, and why one was put away: what happened, never changed."""

from alembic import op
from sqlalchemy import PrimaryKeyConstraint

from payments.storage.columns import Id, UtcTime, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    check,
    create_table,
    drop_tables,
    facility_column,
    must,
    of_facility,
)

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    create_table(
        "exception_event",
        facility_column(),
        must("id", Id),
        must("kind", Words),
        must("subject", Words),
        must("event", Words),
        must("owner", Words),
        must("reason", Words),
        must("made_at", UtcTime),
        must("made_by", Words),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_exception_event"),
        of_facility("exception_event"),
        check("exception_event", "event", "event IN ('assigned', 'closed')"),
        check("exception_event", "owner", "(event = 'assigned') = (owner <> '')"),
        check("exception_event", "reason", "event <> 'closed' OR reason <> ''"),
        # Money is never put away by a word; only what had no effect is.
        check("exception_event", "closed", "event <> 'closed' OR kind IN ('message', 'line')"),
    )
    append_only("exception_event")
    op.create_index(
        "ix_exception_event_facility_id_kind_subject",
        "exception_event",
        [FACILITY, "kind", "subject"],
    )


def downgrade() -> None:
    drop_tables("exception_event")
