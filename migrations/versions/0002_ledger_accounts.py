"""The ledger's days and accounts; its transactions, seals and roll-ups follow."""

from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint

from payments.storage.columns import Day, Flag, UtcTime, Whole, Words
from payments.storage.migrating import check, create_table, drop_tables, may, must, of_facility

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    create_table(
        "ledger_period",
        must("facility_id", Whole),
        must("id", Whole),
        must("starts_on", Day),
        must("ends_on", Day),
        must("state", Words),
        PrimaryKeyConstraint("facility_id", "id", name="pk_ledger_period"),
        of_facility("ledger_period"),
        check("ledger_period", "state", "state IN ('open', 'closing', 'closed')"),
        check("ledger_period", "days", "starts_on <= ends_on"),
        # Also to lock it FOR KEY SHARE PostgreSQL asks for the right to update a column.
        app="SELECT, INSERT, UPDATE (state)",
    )
    create_table(
        "ledger_account",
        must("facility_id", Whole),
        must("id", Whole),
        must("code", Words),
        must("name", Words),
        must("type", Words),
        must("normal_side", Words),
        must("currency", Words),
        may("parent_code", Words),
        may("adapter", Words),
        may("bank_account_ref", Words),
        may("department_id", Whole),
        may("gl_code", Words),
        must("guard", Words),
        may("subject_types", Words),
        must("is_active", Flag),
        must("created_at", UtcTime),
        PrimaryKeyConstraint("facility_id", "id", name="pk_ledger_account"),
        UniqueConstraint("facility_id", "code", name="uq_ledger_account_facility_id_code"),
        UniqueConstraint(
            "facility_id", "id", "currency", name="uq_ledger_account_facility_id_id_currency"
        ),
        of_facility("ledger_account"),
        check(
            "ledger_account",
            "type",
            "type IN ('asset', 'liability', 'equity', 'income', 'expense')",
        ),
        check("ledger_account", "normal_side", "normal_side IN ('D', 'C')"),
        check("ledger_account", "currency", "length(currency) = 3"),
        check("ledger_account", "guard", "guard IN ('none', 'subject_non_negative')"),
    )


def downgrade() -> None:
    drop_tables("ledger_account", "ledger_period")
