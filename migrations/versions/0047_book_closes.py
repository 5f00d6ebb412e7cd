"""Days and months that were closed, with what they came to, and the bank's balances."""

from sqlalchemy import PrimaryKeyConstraint

from payments.storage.columns import Blob, Day, Dong, Flag, UtcTime, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    check,
    create_table,
    drop_tables,
    facility_column,
    must,
    of_facility,
    points_at,
)

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    create_table(
        "book_close",
        facility_column(),
        must("kind", Words),
        must("first_day", Day),
        must("last_day", Day),
        must("facts", Words),
        must("sha256", Blob),
        must("closed_by", Words),
        must("closed_at", UtcTime),
        PrimaryKeyConstraint(FACILITY, "kind", "first_day", name="pk_book_close"),
        of_facility("book_close"),
        check("book_close", "kind", "kind IN ('day', 'month')"),
    )
    # What a day or month was closed with is never written anew.
    append_only("book_close")
    create_table(
        "balance_check",
        facility_column(),
        must("account", Words),
        must("day", Day),
        must("bank_balance", Dong),
        must("ledger_balance", Dong),
        must("unexplained", Dong),
        must("reason", Words),
        must("explained_by", Words),
        must("is_closed", Flag),
        must("made_at", UtcTime),
        PrimaryKeyConstraint(FACILITY, "account", "day", name="pk_balance_check"),
        # A day is closed over a balance that agrees, or of which a person has said why not.
        check("balance_check", "closed", "unexplained = 0 OR reason <> '' OR NOT is_closed"),
        points_at("balance_check", "account", "account", "bank_account"),
        app="SELECT, INSERT, UPDATE",
    )


def downgrade() -> None:
    drop_tables("balance_check", "book_close")
