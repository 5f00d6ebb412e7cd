"""Departments with dates, prices that end, and the lists that were read in."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, PrimaryKeyConstraint, UniqueConstraint, text

from payments.storage.columns import Blob, Day, Flag, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    create_table,
    drop_tables,
    facility_column,
    is_postgres,
    of_facility,
)

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    _no = text("false" if is_postgres() else "0")
    # What was there before dates were kept counts from the first day that the ledger knows.
    op.add_column(
        "department",
        Column("valid_from", Day, nullable=False, server_default=text("'2000-01-01'")),
    )
    op.add_column("department", Column("valid_to", Day, nullable=True))
    # A row that ends a service says so: prices stay append-only, and their history is whole.
    op.add_column("service_price", Column("ends", Flag, nullable=False, server_default=_no))
    create_table(
        "price_list",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("sha256", Blob, nullable=False),
        Column("valid_from", Day, nullable=False),
        Column("is_whole", Flag, nullable=False),
        Column("entries", Blob, nullable=False),
        Column("lines", Whole, nullable=False),
        Column("state", Words, nullable=False),
        Column("added", Whole, nullable=False),
        Column("changed", Whole, nullable=False),
        Column("ended", Whole, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        Column("made_by", Words, nullable=False),
        Column("applied_at", UtcTime, nullable=True),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_price_list"),
        UniqueConstraint(
            FACILITY, "sha256", "valid_from", "is_whole", name="uq_price_list_facility_id_sha256"
        ),
        of_facility("price_list"),
        CheckConstraint("state IN ('shown', 'applied')", name="ck_price_list_state"),
        CheckConstraint("lines BETWEEN 1 AND 20000", name="ck_price_list_lines"),
        app="SELECT, INSERT, UPDATE, DELETE",
    )


def downgrade() -> None:
    drop_tables("price_list")
    op.drop_column("service_price", "ends")
    op.drop_column("department", "valid_to")
    op.drop_column("department", "valid_from")
