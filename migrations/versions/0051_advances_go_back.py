"""What is left of an advance goes back: in notes by two people, or by the link of a payback."""

from alembic import op
from sqlalchemy import PrimaryKeyConstraint

from payments.storage.columns import Dong, Id, UtcTime, Words
from payments.storage.migrating import (
    FACILITY,
    change_check,
    check,
    create_table,
    drop_tables,
    facility_column,
    may,
    must,
    points_at,
    refers,
)

revision = "0051"
down_revision = "0050"

_BEFORE = "part IN ('suspense', 'invoice')"
_NOW = "part IN ('suspense', 'invoice', 'deposit')"


def upgrade() -> None:
    change_check("payback", "ck_payback_part", _BEFORE, _NOW)
    create_table(
        "cash_return",
        facility_column(),
        must("id", Id),
        must("payment_id", Id),
        must("encounter_id", Id),
        must("amount", Dong),
        must("state", Words),
        must("reason", Words),
        must("requested_by", Words),
        must("requested_at", UtcTime),
        may("approved_by", Words),
        may("paid_at", UtcTime),
        may("shift_id", Id),
        may("txn_id", Id),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_cash_return"),
        points_at("cash_return", "payment_id", "id", "payment"),
        points_at("cash_return", "encounter_id", "id", "encounter"),
        points_at("cash_return", "shift_id", "id", "shift"),
        refers("cash_return", "txn_id", "ledger_txn", ("txn_id", "id")),
        check("cash_return", "state", "state IN ('requested', 'approved', 'paid', 'refused')"),
        check("cash_return", "amount", "amount BETWEEN 1 AND 1000000000000"),
        # Whoever asks does not approve, whatever the program says.
        check("cash_return", "two_people", "approved_by IS NULL OR approved_by <> requested_by"),
        check(
            "cash_return",
            "booked",
            "state IN ('requested', 'refused') OR (approved_by IS NOT NULL AND txn_id IS NOT NULL)",
        ),
        check("cash_return", "paid", "(state = 'paid') = (paid_at IS NOT NULL)"),
        check("cash_return", "drawer", "(paid_at IS NULL) = (shift_id IS NULL)"),
        app="SELECT, INSERT, UPDATE",
    )
    op.create_index(
        "ix_cash_return_facility_id_encounter", "cash_return", [FACILITY, "encounter_id"]
    )


def downgrade() -> None:
    """Fails by a check where an advance was paid back since: that is not undone."""
    drop_tables("cash_return")
    change_check("payback", "ck_payback_part", _NOW, _BEFORE)
