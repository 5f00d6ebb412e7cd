"""A chain over what was noted: an event that is edited, taken away or put in later is found."""

from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint

from payments.storage.columns import Blob, Dong, Id, UtcTime, Whole
from payments.storage.migrating import append_only, check, create_table, drop_tables, must, refers

revision = "0008"
down_revision = "0007a"


def upgrade() -> None:
    create_table(
        "audit_seal",
        must("facility_id", Whole),
        must("seq", Dong),
        must("event_id", Id),
        must("body_version", Whole),
        must("hash", Blob),
        must("sealed_at", UtcTime),
        PrimaryKeyConstraint("facility_id", "seq", name="pk_audit_seal"),
        UniqueConstraint("facility_id", "event_id", name="uq_audit_seal_facility_id_event_id"),
        refers("audit_seal", "event_id", "audit_event", ("event_id", "id")),
        check("audit_seal", "seq", "seq >= 1"),
        check("audit_seal", "hash", "length(hash) = 32"),
        app="SELECT",
        worker="SELECT, INSERT",
    )
    append_only("audit_seal")


def downgrade() -> None:
    drop_tables("audit_seal")
