"""Part payments that a person agreed on, for amounts that no transfer by QR carries."""

from sqlalchemy import PrimaryKeyConstraint

from payments.storage.columns import Dong, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    check,
    create_table,
    drop_tables,
    facility_column,
    must,
    points_at,
    refers,
)

revision = "0029a"
down_revision = "0029"


def upgrade() -> None:
    create_table(
        "payment_plan",
        facility_column(),
        must("invoice_id", Id),
        must("number", Whole),
        must("owed", Dong),
        must("refunded", Dong),
        must("agreed_by", Words),
        must("agreed_at", UtcTime),
        PrimaryKeyConstraint(FACILITY, "invoice_id", "number", name="pk_payment_plan"),
        points_at("payment_plan", "invoice_id", "id", "invoice"),
        check("payment_plan", "number", "number >= 1"),
        check("payment_plan", "amounts", "owed >= 0 AND refunded >= 0"),
    )
    append_only("payment_plan")
    create_table(
        "payment_plan_part",
        facility_column(),
        must("invoice_id", Id),
        must("plan", Whole),
        must("number", Whole),
        must("amount", Dong),
        PrimaryKeyConstraint(FACILITY, "invoice_id", "plan", "number", name="pk_payment_plan_part"),
        refers(
            "payment_plan_part",
            "plan",
            "payment_plan",
            ("invoice_id", "invoice_id"),
            ("plan", "number"),
        ),
        # What one transfer by QR carries.
        check("payment_plan_part", "amount", "amount BETWEEN 1 AND 499999999"),
    )
    append_only("payment_plan_part")


def downgrade() -> None:
    drop_tables("payment_plan_part", "payment_plan")
