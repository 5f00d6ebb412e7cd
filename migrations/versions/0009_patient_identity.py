"""
The minimal identity of a patient, and blind indexes by which sealed names are found.

Only adds: columns may be empty, so the former release goes on writing. The worker fills the indexes
of patients that were there before.
"""

from alembic import op
from sqlalchemy import CheckConstraint, Column, PrimaryKeyConstraint

from payments.storage.columns import Blob, Id, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    create_table,
    drop_tables,
    facility_column,
    points_at,
)

revision = "0009"
down_revision = "0008"

_ADDED = (
    ("birth_sealed", Blob),
    ("identity_last4", Words),
    ("card_sealed", Blob),
    ("card_last4", Words),
    ("phone_last4", Words),
    ("merged_into", Id),
    ("index_key", Whole),
)


def upgrade() -> None:
    for name, kind in _ADDED:
        op.add_column("patient", Column(name, kind, nullable=True))
    op.create_index(
        "ix_patient_facility_id_identity",
        "patient",
        [FACILITY, "birth_year", "identity_last4"],
    )
    op.create_index("ix_patient_facility_id_index_key", "patient", [FACILITY, "index_key"])
    create_table(
        "patient_index",
        facility_column(),
        Column("kind", Words, nullable=False),
        Column("key_id", Whole, nullable=False),
        Column("hash", Blob, nullable=False),
        Column("patient_id", Id, nullable=False),
        PrimaryKeyConstraint(
            FACILITY, "kind", "key_id", "hash", "patient_id", name="pk_patient_index"
        ),
        points_at("patient_index", "patient_id", "id", "patient"),
        CheckConstraint(
            "kind IN ('name', 'tail', 'given', 'identity', 'card', 'phone')",
            name="ck_patient_index_kind",
        ),
        app="SELECT, INSERT, DELETE",
    )
    op.create_index("ix_patient_index_facility_id_patient", "patient_index",
                    [FACILITY, "patient_id"])  # fmt: skip


def downgrade() -> None:
    drop_tables("patient_index")
    op.drop_index("ix_patient_facility_id_index_key", "patient")
    op.drop_index("ix_patient_facility_id_identity", "patient")
    for name, _ in reversed(_ADDED):
        op.drop_column("patient", name)
