"""Stays and advances (tạm ứng): slips, codes, what a stay costs so far, and who was told."""

from alembic import op
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, text

from payments.storage.columns import Dong, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    check,
    create_table,
    drop_tables,
    facility_column,
    may,
    must,
    points_at,
)

revision = "0050"
down_revision = "0047"


def upgrade() -> None:
    create_table(
        "stay",
        facility_column(),
        must("encounter_id", Id),
        must("patient_id", Id),
        must("number", Words),
        must("department", Words),
        must("external_id", Words),
        must("admitted_at", UtcTime),
        must("admitted_by", Words),
        must("state", Words),
        must("watch_level", Whole),
        must("token", Words),
        may("closed_at", UtcTime),
        may("closed_by", Words),
        must("heir_document", Words),
        must("idem_key", Words),
        PrimaryKeyConstraint(FACILITY, "encounter_id", name="pk_stay"),
        UniqueConstraint(FACILITY, "number", name="uq_stay_facility_id_number"),
        UniqueConstraint(FACILITY, "token", name="uq_stay_facility_id_token"),
        UniqueConstraint(FACILITY, "idem_key", name="uq_stay_facility_id_idem_key"),
        points_at("stay", "encounter_id", "id", "encounter"),
        points_at("stay", "patient_id", "id", "patient"),
        check("stay", "state", "state IN ('open', 'discharged', 'closed_deceased')"),
        check("stay", "closed", "(state = 'open') = (closed_at IS NULL)"),
        check("stay", "watch", "watch_level IN (0, 80, 100)"),
        app="SELECT, INSERT, UPDATE",
    )
    # The database, too, lets a patient lie in one bed.
    op.create_index(
        "uq_stay_facility_id_patient_open",
        "stay",
        [FACILITY, "patient_id"],
        unique=True,
        postgresql_where=text("state = 'open'"),
        sqlite_where=text("state = 'open'"),
    )
    op.create_index(
        "uq_stay_facility_id_external",
        "stay",
        [FACILITY, "external_id"],
        unique=True,
        postgresql_where=text("external_id <> ''"),
        sqlite_where=text("external_id <> ''"),
    )
    _deposits()
    _watch()


def _deposits() -> None:
    create_table(
        "deposit",
        facility_column(),
        must("payment_id", Id),
        must("encounter_id", Id),
        may("code_id", Id),
        must("amount", Dong),
        must("made_by", Words),
        PrimaryKeyConstraint(FACILITY, "payment_id", name="pk_deposit"),
        points_at("deposit", "payment_id", "id", "payment"),
        points_at("deposit", "encounter_id", "id", "encounter"),
        check("deposit", "amount", "amount BETWEEN 1 AND 1000000000000"),
        # An advance follows its patient from the visit to the stay; nothing else of it changes.
        app="SELECT, INSERT, UPDATE (encounter_id)",
    )
    op.create_index("ix_deposit_facility_id_encounter", "deposit", [FACILITY, "encounter_id"])
    create_table(
        "deposit_code",
        facility_column(),
        must("id", Id),
        must("encounter_id", Id),
        must("channel", Words),
        must("account", Words),
        must("code", Words),
        may("amount", Dong),
        must("payload", Words),
        must("made_at", UtcTime),
        must("made_by", Words),
        must("expires_at", UtcTime),
        must("idem_key", Words),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_deposit_code"),
        UniqueConstraint(FACILITY, "code", name="uq_deposit_code_facility_id_code"),
        UniqueConstraint(FACILITY, "idem_key", name="uq_deposit_code_facility_id_idem_key"),
        points_at("deposit_code", "encounter_id", "id", "encounter"),
        check("deposit_code", "amount", "amount IS NULL OR amount BETWEEN 1 AND 1000000000000"),
    )
    op.create_index(
        "ix_deposit_code_facility_id_encounter", "deposit_code", [FACILITY, "encounter_id"]
    )
    append_only("deposit_code")


def _watch() -> None:
    create_table(
        "stay_cost",
        facility_column(),
        must("encounter_id", Id),
        must("number", Whole),
        must("total", Dong),
        must("own", Dong),
        must("told_at", UtcTime),
        must("kept_at", UtcTime),
        must("source", Words),
        PrimaryKeyConstraint(FACILITY, "encounter_id", "number", name="pk_stay_cost"),
        points_at("stay_cost", "encounter_id", "encounter_id", "stay"),
        check("stay_cost", "parts", "own BETWEEN 0 AND total"),
    )
    append_only("stay_cost")
    create_table(
        "stay_alert",
        facility_column(),
        must("encounter_id", Id),
        must("number", Whole),
        must("level", Whole),
        must("own", Dong),
        must("deposit", Dong),
        must("raised_at", UtcTime),
        may("told_by", Words),
        may("told_at", UtcTime),
        PrimaryKeyConstraint(FACILITY, "encounter_id", "number", name="pk_stay_alert"),
        points_at("stay_alert", "encounter_id", "encounter_id", "stay"),
        check("stay_alert", "level", "level IN (80, 100)"),
        check("stay_alert", "told", "(told_by IS NULL) = (told_at IS NULL)"),
        app="SELECT, INSERT, UPDATE (told_by, told_at)",
    )


def downgrade() -> None:
    drop_tables("stay_alert", "stay_cost", "deposit_code", "deposit", "stay")
