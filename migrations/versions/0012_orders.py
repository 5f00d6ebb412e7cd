"""Orders of a hospital information system, what was billed of them, changes after the bill."""

from alembic import op
from sqlalchemy import CheckConstraint, Column, PrimaryKeyConstraint, UniqueConstraint, text

from payments.storage.columns import Blob, Day, Dong, Flag, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    create_table,
    drop_tables,
    facility_column,
    points_at,
)

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    _lines()
    _bills()
    _changes()


def _lines() -> None:
    create_table(
        "order_line",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("source", Words, nullable=False),
        Column("number", Words, nullable=False),
        Column("line", Whole, nullable=False),
        Column("version", Whole, nullable=False),
        Column("content_sha256", Blob, nullable=False),
        Column("patient_id", Id, nullable=False),
        Column("service_code", Words, nullable=False),
        Column("quantity", Whole, nullable=False),
        Column("unit_price", Dong, nullable=False),
        Column("ordered_on", Day, nullable=False),
        Column("is_cancelled", Flag, nullable=False),
        Column("invoice_id", Id, nullable=True),
        Column("issues", Whole, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        Column("changed_at", UtcTime, nullable=False),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_order_line"),
        UniqueConstraint(
            FACILITY, "source", "number", "line", name="uq_order_line_facility_id_number"
        ),
        points_at("order_line", "patient_id", "id", "patient"),
        points_at("order_line", "service_code", "code", "service_item"),
        points_at("order_line", "invoice_id", "id", "invoice"),
        CheckConstraint("quantity BETWEEN 1 AND 999", name="ck_order_line_quantity"),
        CheckConstraint("unit_price >= 0", name="ck_order_line_unit_price"),
        app="SELECT, INSERT, UPDATE",
    )
    op.create_index("ix_order_line_facility_id_patient", "order_line", [FACILITY, "patient_id"])
    op.create_index("ix_order_line_facility_id_invoice", "order_line", [FACILITY, "invoice_id"])


def _bills() -> None:
    create_table(
        "order_bill",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("order_id", Id, nullable=False),
        Column("invoice_id", Id, nullable=False),
        Column("service_code", Words, nullable=False),
        Column("department_code", Words, nullable=False),
        Column("unit_price", Dong, nullable=False),
        Column("quantity", Whole, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_order_bill"),
        points_at("order_bill", "order_id", "id", "order_line"),
        points_at("order_bill", "invoice_id", "id", "invoice"),
        CheckConstraint("quantity <> 0", name="ck_order_bill_quantity"),
    )
    op.create_index("ix_order_bill_facility_id_order", "order_bill", [FACILITY, "order_id"])


def _changes() -> None:
    create_table(
        "order_change",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("order_id", Id, nullable=False),
        Column("version", Whole, nullable=False),
        Column("kind", Words, nullable=False),
        Column("invoice_id", Id, nullable=True),
        Column("service_code", Words, nullable=False),
        Column("department_code", Words, nullable=False),
        Column("unit_price", Dong, nullable=False),
        Column("quantity", Whole, nullable=False),
        Column("state", Words, nullable=False),
        Column("reason", Words, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        Column("decided_at", UtcTime, nullable=True),
        Column("decided_by", Words, nullable=False),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_order_change"),
        # No key to the invoice: it is held while a change is confirmed, and a key would wait.
        points_at("order_change", "order_id", "id", "order_line"),
        CheckConstraint("kind IN ('credit', 'supplement')", name="ck_order_change_kind"),
        CheckConstraint(
            "(kind = 'credit') = (invoice_id IS NOT NULL)", name="ck_order_change_invoice"
        ),
        CheckConstraint(
            "state IN ('draft', 'confirmed', 'dismissed', 'superseded')",
            name="ck_order_change_state",
        ),
        CheckConstraint("quantity >= 1", name="ck_order_change_quantity"),
        app="SELECT, INSERT, UPDATE (state, reason, decided_at, decided_by)",
    )
    draft = text("state = 'draft'")
    op.create_index(
        "ix_order_change_facility_id_draft",
        "order_change",
        [FACILITY, "order_id"],
        postgresql_where=draft,
        sqlite_where=draft,
    )


def downgrade() -> None:
    drop_tables("order_change", "order_bill", "order_line")
