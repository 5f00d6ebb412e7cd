"""A visit may have a second card: both are valid, or one was changed for the other meanwhile."""

from alembic import op
from sqlalchemy import PrimaryKeyConstraint

from payments.storage.columns import Blob, Day, Id, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    check,
    create_table,
    drop_tables,
    facility_column,
    must,
    refers,
)

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    create_table(
        "visit_fact_card",
        facility_column(),
        must("encounter_id", Id),
        must("version", Whole),
        must("card_sealed", Blob),
        must("card_hash", Blob),
        must("card_key", Whole),
        must("card_last4", Words),
        must("benefit_code", Words),
        must("valid_from", Day),
        must("valid_to", Day),
        must("registered_at", Words),
        PrimaryKeyConstraint(FACILITY, "encounter_id", "version", name="pk_visit_fact_card"),
        refers(
            "visit_fact_card",
            "version",
            "visit_fact",
            ("encounter_id", "encounter_id"),
            ("version", "version"),
        ),
        check("visit_fact_card", "days", "valid_to >= valid_from"),
    )
    op.create_index(
        "ix_visit_fact_card_facility_id_card_hash", "visit_fact_card", [FACILITY, "card_hash"]
    )
    append_only("visit_fact_card")


def downgrade() -> None:
    drop_tables("visit_fact_card")
