"""What is owed: departments, prices, patients, encounters, invoices, numbers."""

from alembic import op
from sqlalchemy import (
    CheckConstraint,
    Column,
    PrimaryKeyConstraint,
    UniqueConstraint,
)

from payments.storage.columns import Blob, Day, Dong, Flag, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    create_table,
    drop_tables,
    facility_column,
    of_facility,
    points_at,
)

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _catalogue()
    _people()
    _numbers()
    _invoices()


def _catalogue() -> None:
    create_table(
        "department",
        facility_column(),
        Column("code", Words, nullable=False),
        Column("name", Words, nullable=False),
        Column("is_active", Flag, nullable=False),
        PrimaryKeyConstraint(FACILITY, "code", name="pk_department"),
        of_facility("department"),
        app="SELECT, INSERT, UPDATE",
    )
    create_table(
        "service_item",
        facility_column(),
        Column("code", Words, nullable=False),
        Column("department_code", Words, nullable=False),
        Column("name", Words, nullable=False),
        Column("is_active", Flag, nullable=False),
        PrimaryKeyConstraint(FACILITY, "code", name="pk_service_item"),
        points_at("service_item", "department_code", "code", "department"),
        app="SELECT, INSERT, UPDATE",
    )
    create_table(
        "service_price",
        facility_column(),
        Column("service_code", Words, nullable=False),
        Column("valid_from", Day, nullable=False),
        Column("price", Dong, nullable=False),
        PrimaryKeyConstraint(FACILITY, "service_code", "valid_from", name="pk_service_price"),
        points_at("service_price", "service_code", "code", "service_item"),
        CheckConstraint("price BETWEEN 0 AND 10000000000", name="ck_service_price_price"),
    )


def _people() -> None:
    create_table(
        "patient",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("file_number", Words, nullable=False),
        Column("name_sealed", Blob, nullable=False),
        Column("birth_year", Whole, nullable=False),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_patient"),
        UniqueConstraint(FACILITY, "file_number", name="uq_patient_facility_id_file_number"),
        of_facility("patient"),
        app="SELECT, INSERT, UPDATE",
    )
    create_table(
        "encounter",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("patient_id", Id, nullable=False),
        Column("kind", Words, nullable=False),
        Column("state", Words, nullable=False),
        Column("opened_at", UtcTime, nullable=False),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_encounter"),
        points_at("encounter", "patient_id", "id", "patient"),
        CheckConstraint("kind IN ('visit', 'stay')", name="ck_encounter_kind"),
        CheckConstraint("state IN ('open', 'closed')", name="ck_encounter_state"),
        app="SELECT, INSERT, UPDATE",
    )
    op.create_index("ix_encounter_facility_id_patient", "encounter", [FACILITY, "patient_id"])


def _numbers() -> None:
    create_table(
        "number_series",
        facility_column(),
        Column("series", Words, nullable=False),
        Column("year", Whole, nullable=False),
        Column("last", Whole, nullable=False),
        PrimaryKeyConstraint(FACILITY, "series", "year", name="pk_number_series"),
        of_facility("number_series"),
        app="SELECT, INSERT, UPDATE",
    )
    create_table(
        "number_use",
        facility_column(),
        Column("series", Words, nullable=False),
        Column("year", Whole, nullable=False),
        Column("number", Whole, nullable=False),
        Column("state", Words, nullable=False),
        Column("subject", Words, nullable=False),
        Column("reason", Words, nullable=False),
        Column("at", UtcTime, nullable=False),
        PrimaryKeyConstraint(FACILITY, "series", "year", "number", name="pk_number_use"),
        UniqueConstraint(FACILITY, "series", "subject", name="uq_number_use_facility_id_subject"),
        CheckConstraint("state IN ('reserved', 'used', 'void')", name="ck_number_use_state"),
        CheckConstraint("number >= 1", name="ck_number_use_number"),
        app="SELECT, INSERT, UPDATE",
    )


def _invoices() -> None:
    create_table(
        "invoice",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("encounter_id", Id, nullable=False),
        Column("number", Words, nullable=False),
        Column("document", Words, nullable=False),
        Column("version", Whole, nullable=False),
        Column("total", Dong, nullable=False),
        Column("credited", Dong, nullable=False),
        Column("paid", Dong, nullable=False),
        Column("refunded", Dong, nullable=False),
        Column("pay_token", Words, nullable=False),
        Column("idem_key", Words, nullable=False),
        Column("request_sha256", Blob, nullable=False),
        Column("issued_at", UtcTime, nullable=True),
        Column("issue_txn_id", Id, nullable=True),
        Column("cancel_reason", Words, nullable=False),
        Column("made_by", Words, nullable=False),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_invoice"),
        UniqueConstraint(FACILITY, "number", name="uq_invoice_facility_id_number"),
        UniqueConstraint(FACILITY, "pay_token", name="uq_invoice_facility_id_pay_token"),
        UniqueConstraint(FACILITY, "idem_key", name="uq_invoice_facility_id_idem_key"),
        points_at("invoice", "encounter_id", "id", "encounter"),
        CheckConstraint("document IN ('draft', 'issued', 'cancelled')", name="ck_invoice_document"),
        CheckConstraint("total BETWEEN 0 AND 1000000000000", name="ck_invoice_total"),
        CheckConstraint("credited BETWEEN 0 AND total", name="ck_invoice_credited"),
        CheckConstraint("paid BETWEEN 0 AND total", name="ck_invoice_paid"),
        CheckConstraint("refunded BETWEEN 0 AND paid", name="ck_invoice_refunded"),
        CheckConstraint("document <> 'cancelled' OR paid = 0", name="ck_invoice_cancelled_unpaid"),
        app="SELECT, INSERT, UPDATE",
    )
    op.create_index("ix_invoice_facility_id_encounter", "invoice", [FACILITY, "encounter_id"])
    op.create_index("ix_invoice_facility_id_issued_at", "invoice", [FACILITY, "issued_at"])
    create_table(
        "invoice_line",
        facility_column(),
        Column("invoice_id", Id, nullable=False),
        Column("line", Whole, nullable=False),
        Column("service_code", Words, nullable=False),
        Column("description", Words, nullable=False),
        Column("department_code", Words, nullable=False),
        Column("quantity", Whole, nullable=False),
        Column("unit_price", Dong, nullable=False),
        Column("amount", Dong, nullable=False),
        PrimaryKeyConstraint(FACILITY, "invoice_id", "line", name="pk_invoice_line"),
        points_at("invoice_line", "invoice_id", "id", "invoice"),
        points_at("invoice_line", "service_code", "code", "service_item"),
        points_at("invoice_line", "department_code", "code", "department"),
        CheckConstraint("quantity BETWEEN 1 AND 999", name="ck_invoice_line_quantity"),
        CheckConstraint("amount = quantity * unit_price", name="ck_invoice_line_amount"),
    )
    create_table(
        "credit_note",
        facility_column(),
        Column("id", Id, nullable=False),
        Column("invoice_id", Id, nullable=False),
        Column("number", Words, nullable=False),
        Column("amount", Dong, nullable=False),
        Column("reason", Words, nullable=False),
        Column("txn_id", Id, nullable=False),
        Column("made_at", UtcTime, nullable=False),
        Column("made_by", Words, nullable=False),
        Column("idem_key", Words, nullable=False),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_credit_note"),
        UniqueConstraint(FACILITY, "number", name="uq_credit_note_facility_id_number"),
        UniqueConstraint(FACILITY, "idem_key", name="uq_credit_note_facility_id_idem_key"),
        points_at("credit_note", "invoice_id", "id", "invoice"),
        CheckConstraint("amount >= 1", name="ck_credit_note_amount"),
    )
    create_table(
        "credit_note_line",
        facility_column(),
        Column("credit_note_id", Id, nullable=False),
        Column("line", Whole, nullable=False),
        Column("department_code", Words, nullable=False),
        Column("amount", Dong, nullable=False),
        PrimaryKeyConstraint(FACILITY, "credit_note_id", "line", name="pk_credit_note_line"),
        points_at("credit_note_line", "credit_note_id", "id", "credit_note"),
        CheckConstraint("amount >= 1", name="ck_credit_note_line_amount"),
    )
    for table in ("credit_note", "credit_note_line", "invoice_line"):
        append_only(table)


def downgrade() -> None:
    drop_tables(
        "credit_note_line",
        "credit_note",
        "invoice_line",
        "invoice",
        "number_use",
        "number_series",
        "encounter",
        "patient",
        "service_price",
        "service_item",
        "department",
    )
