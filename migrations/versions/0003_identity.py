"""Who works here and at which screen (staff, sessions, tries to sign in); forms sent twice."""

from alembic import op
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    UniqueConstraint,
)

from payments.storage.columns import Blob, Flag, Id, UtcTime, Whole, Words
from payments.storage.migrating import create_table, drop_tables

revision = "0003"
down_revision = "0002c"


def upgrade() -> None:
    _staff()
    _sign_in_try()
    _idempotency()


def downgrade() -> None:
    drop_tables("idempotency_request", "sign_in_try", "staff_session", "staff")


def _staff() -> None:
    create_table(
        "staff",
        Column("facility_id", Whole, nullable=False),
        Column("id", Id, nullable=False),
        Column("login", Words, nullable=False),
        Column("name", Words, nullable=False),
        Column("role", Words, nullable=False),
        Column("password_hash", Words, nullable=False),
        Column("disabled", Flag, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        Column("changed_at", UtcTime, nullable=False),
        PrimaryKeyConstraint("facility_id", "id", name="pk_staff"),
        UniqueConstraint("facility_id", "login", name="uq_staff_facility_id_login"),
        ForeignKeyConstraint(
            ["facility_id"], ["facility.facility_id"], name="fk_staff_facility_id_facility"
        ),
        CheckConstraint(
            "role IN ('cashier', 'head_cashier', 'accountant', 'chief_accountant',"
            " 'it_admin', 'security_officer', 'auditor')",
            name="ck_staff_role",
        ),
        app="SELECT, INSERT, UPDATE",
    )
    create_table(
        "staff_session",
        Column("facility_id", Whole, nullable=False),
        Column("id", Id, nullable=False),
        Column("staff_id", Id, nullable=False),
        Column("token_hash", Blob, nullable=False),
        Column("started_at", UtcTime, nullable=False),
        Column("seen_at", UtcTime, nullable=False),
        Column("expires_at", UtcTime, nullable=False),
        Column("revoked", Flag, nullable=False),
        PrimaryKeyConstraint("facility_id", "id", name="pk_staff_session"),
        UniqueConstraint(
            "facility_id", "token_hash", name="uq_staff_session_facility_id_token_hash"
        ),
        ForeignKeyConstraint(
            ["facility_id", "staff_id"],
            ["staff.facility_id", "staff.id"],
            name="fk_staff_session_facility_id_staff",
        ),
        app="SELECT, INSERT, UPDATE",
    )
    op.create_index(
        "ix_staff_session_facility_id_staff_id", "staff_session", ["facility_id", "staff_id"]
    )


def _sign_in_try() -> None:
    create_table(
        "sign_in_try",
        Column("facility_id", Whole, nullable=False),
        Column("id", Id, nullable=False),
        Column("subject", Blob, nullable=False),
        Column("at", UtcTime, nullable=False),
        PrimaryKeyConstraint("facility_id", "id", name="pk_sign_in_try"),
        ForeignKeyConstraint(
            ["facility_id"], ["facility.facility_id"], name="fk_sign_in_try_facility_id_facility"
        ),
        app="SELECT, INSERT, DELETE",
    )
    op.create_index(
        "ix_sign_in_try_facility_id_subject_at", "sign_in_try", ["facility_id", "subject", "at"]
    )


def _idempotency() -> None:
    create_table(
        "idempotency_request",
        Column("facility_id", Whole, nullable=False),
        Column("actor", Words, nullable=False),
        Column("route", Words, nullable=False),
        Column("key", Words, nullable=False),
        Column("fingerprint", Blob, nullable=False),
        Column("state", Words, nullable=False),
        Column("status", Whole, nullable=False),
        Column("resource", Words, nullable=False),
        Column("body", Blob, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        PrimaryKeyConstraint("facility_id", "actor", "route", "key", name="pk_idempotency_request"),
        ForeignKeyConstraint(
            ["facility_id"],
            ["facility.facility_id"],
            name="fk_idempotency_request_facility_id_facility",
        ),
        CheckConstraint("state IN ('running', 'done')", name="ck_idempotency_request_state"),
        app="SELECT, INSERT, UPDATE, DELETE",
    )
    op.create_index(
        "ix_idempotency_request_facility_id_made_at",
        "idempotency_request",
        ["facility_id", "made_at"],
    )
