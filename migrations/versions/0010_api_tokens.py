"""Tokens of programs, and the requests that each took of a minute."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, PrimaryKeyConstraint

from payments.storage.columns import Blob, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    create_table,
    drop_tables,
    facility_column,
    of_facility,
    points_at,
)

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    create_table(
        "api_token",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("name", Words, nullable=False),
        Column("scopes", Words, nullable=False),
        Column("per_minute", Whole, nullable=False),
        Column("key_number", Whole, nullable=False),
        Column("secret_hash", Blob, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        Column("made_by", Words, nullable=False),
        Column("valid_to", UtcTime, nullable=False),
        Column("used_at", UtcTime, nullable=True),
        Column("revoked_at", UtcTime, nullable=True),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_api_token"),
        of_facility("api_token"),
        CheckConstraint("per_minute BETWEEN 1 AND 60000", name="ck_api_token_per_minute"),
        CheckConstraint("length(secret_hash) = 32", name="ck_api_token_secret_hash"),
        # What a token may do and until when is fixed: another need is another token.
        app="SELECT, INSERT, UPDATE (used_at, revoked_at)",
    )
    create_table(
        "api_token_minute",
        facility_column(),
        Column("token_id", Id, nullable=False),
        Column("minute", Whole, nullable=False),
        Column("taken", Whole, nullable=False),
        PrimaryKeyConstraint(FACILITY, "token_id", "minute", name="pk_api_token_minute"),
        points_at("api_token_minute", "token_id", "id", "api_token"),
        CheckConstraint("taken BETWEEN 0 AND 60000", name="ck_api_token_minute_taken"),
        app="SELECT, INSERT, UPDATE, DELETE",
    )
    op.create_index("ix_invoice_facility_id_issued_at_id", "invoice", [FACILITY, "issued_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_invoice_facility_id_issued_at_id", "invoice")
    drop_tables("api_token_minute", "api_token")
