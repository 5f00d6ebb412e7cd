"""Files that were sent to the insurer's portal, and the number by which it knows each."""

from alembic import op
from sqlalchemy import PrimaryKeyConstraint

from payments.storage.columns import Blob, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    check,
    create_table,
    drop_tables,
    facility_column,
    may,
    must,
)

revision = "0031a"
down_revision = "0031"


def upgrade() -> None:
    create_table(
        "dossier_sending",
        facility_column(),
        must("id", Id),
        must("call", Words),
        must("standard", Words),
        must("file_hash", Blob),
        must("size", Whole),
        must("state", Words),
        must("code", Words),
        must("transaction_no", Words),
        must("received_at", Words),
        may("raw_hash", Blob),
        may("raw_sealed", Blob),
        must("sent_at", UtcTime),
        must("sent_by", Words),
        may("answered_at", UtcTime),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_dossier_sending"),
        check("dossier_sending", "call", "call IN ('submit', 'check_in')"),
        # What was sent and not answered may have come: never "not sent".
        check("dossier_sending", "state", "state IN ('sent', 'answered', 'not_sent')"),
        check("dossier_sending", "answered", "(state = 'answered') = (code <> '')"),
        app="SELECT, INSERT, UPDATE",
    )
    op.create_index("ix_dossier_sending_file", "dossier_sending", [FACILITY, "file_hash"])


def downgrade() -> None:
    drop_tables("dossier_sending")
