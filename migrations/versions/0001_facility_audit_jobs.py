"""The facility first, then who did what (audit) and what is to be done (job)."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, PrimaryKeyConstraint

from payments.storage.columns import Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    append_only,
    create_reference_table,
    create_table,
    drop_tables,
    is_postgres,
    open_to_worker,
)

revision = "0001"
down_revision = None


def upgrade() -> None:
    if is_postgres():
        # The programs refuse a schema of another release, so they must be able to read which it is.
        op.execute("GRANT SELECT ON alembic_version TO vp_app, vp_worker, vp_report, vp_backup")
    create_reference_table(
        "installation",
        Column("id", Whole, nullable=False),
        Column("mode", Words, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        PrimaryKeyConstraint("id", name="pk_installation"),
        CheckConstraint("id = 1", name="ck_installation_single"),
        CheckConstraint("mode IN ('trial', 'production')", name="ck_installation_mode"),
    )
    create_reference_table(
        "facility_host",
        Column("host", Words, nullable=False),
        Column("facility_id", Whole, nullable=False),
        PrimaryKeyConstraint("host", name="pk_facility_host"),
    )
    create_table(
        "facility",
        Column("facility_id", Whole, nullable=False),
        Column("name", Words, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        PrimaryKeyConstraint("facility_id", name="pk_facility"),
        CheckConstraint("facility_id BETWEEN 1 AND 99999", name="ck_facility_code"),
        app="SELECT",
    )
    open_to_worker("facility")
    create_table(
        "audit_event",
        Column("facility_id", Whole, nullable=False),
        Column("id", Id, nullable=False),
        Column("at", UtcTime, nullable=False),
        Column("actor", Words, nullable=False),
        Column("request_id", Words, nullable=False),
        Column("kind", Words, nullable=False),
        Column("about", Words, nullable=False),
        Column("facts", Words, nullable=False),
        PrimaryKeyConstraint("facility_id", "id", name="pk_audit_event"),
        ForeignKeyConstraint(
            ["facility_id"], ["facility.facility_id"], name="fk_audit_event_facility_id_facility"
        ),
    )
    append_only("audit_event")
    create_table(
        "job",
        Column("facility_id", Whole, nullable=False),
        Column("id", Id, nullable=False),
        Column("kind", Words, nullable=False),
        Column("subject", Words, nullable=False),
        Column("run_at", UtcTime, nullable=False),
        Column("attempts", Whole, nullable=False),
        Column("state", Words, nullable=False),
        Column("last_error", Words, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        PrimaryKeyConstraint("facility_id", "id", name="pk_job"),
        ForeignKeyConstraint(
            ["facility_id"], ["facility.facility_id"], name="fk_job_facility_id_facility"
        ),
        CheckConstraint("state IN ('waiting', 'running', 'done', 'dead')", name="ck_job_state"),
        app="SELECT, INSERT",
        worker="SELECT, INSERT, UPDATE, DELETE",
    )
    open_to_worker("job")
    op.create_index("ix_job_facility_id_state_run_at", "job", ["facility_id", "state", "run_at"])


def downgrade() -> None:
    drop_tables("job", "audit_event", "facility", "facility_host", "installation")
