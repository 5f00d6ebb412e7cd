"""Stop switches: read-only, no refunds, nobody new signs in; who, why and until when."""

from sqlalchemy import PrimaryKeyConstraint

from payments.storage.columns import UtcTime, Whole, Words
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

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    create_table(
        "stop_switch",
        facility_column(),
        must("kind", Words),
        must("number", Whole),
        must("state", Words),
        must("reason", Words),
        must("until", UtcTime),
        must("made_at", UtcTime),
        must("made_by", Words),
        PrimaryKeyConstraint(FACILITY, "kind", "number", name="pk_stop_switch"),
        of_facility("stop_switch"),
        check("stop_switch", "kind", "kind IN ('read_only', 'no_refunds', 'no_sign_in')"),
        check("stop_switch", "state", "state IN ('on', 'lift_asked', 'off')"),
    )
    append_only("stop_switch")


def downgrade() -> None:
    drop_tables("stop_switch")
