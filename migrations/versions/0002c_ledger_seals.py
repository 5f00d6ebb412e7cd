"""What the sealer makes of the transactions: their chain, the balances, the signed anchors."""

import sqlalchemy as sa
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint

from payments.storage.columns import Blob, Day, Dong, Id, UtcTime, Whole
from payments.storage.migrating import (
    append_only,
    check,
    create_table,
    drop_tables,
    must,
    of_facility,
    refers,
)

revision = "0002c"
down_revision = "0002b"

SMALL = sa.SmallInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _seals()
    _roll_ups()
    append_only("ledger_seal")


def downgrade() -> None:
    drop_tables(
        "ledger_anchor", "ledger_balance_day", "ledger_balance", "ledger_sealer", "ledger_seal"
    )


def _seals() -> None:
    create_table(
        "ledger_seal",
        must("facility_id", Whole),
        must("seq", Dong),
        must("txn_id", Id),
        must("body_version", SMALL),
        must("hash", Blob),
        must("sealed_at", UtcTime),
        PrimaryKeyConstraint("facility_id", "seq", name="pk_ledger_seal"),
        UniqueConstraint("facility_id", "txn_id", name="uq_ledger_seal_facility_id_txn_id"),
        refers("ledger_seal", "txn_id", "ledger_txn", ("txn_id", "id")),
        check("ledger_seal", "seq", "seq >= 1"),
        check("ledger_seal", "hash", "length(hash) = 32"),
        app="SELECT",
        worker="SELECT, INSERT",
    )
    create_table(
        "ledger_sealer",
        must("facility_id", Whole),
        PrimaryKeyConstraint("facility_id", name="pk_ledger_sealer"),
        of_facility("ledger_sealer"),
        app="SELECT",
        worker="SELECT, INSERT, UPDATE",
    )
    create_table(
        "ledger_anchor",
        must("facility_id", Whole),
        must("booked_on", Day),
        must("first_seq", Dong),
        must("last_seq", Dong),
        must("merkle_root", Blob),
        must("signature", Blob),
        must("exported_at", UtcTime),
        PrimaryKeyConstraint("facility_id", "first_seq", name="pk_ledger_anchor"),
        of_facility("ledger_anchor"),
        check("ledger_anchor", "range", "first_seq <= last_seq"),
    )


def _roll_ups() -> None:
    create_table(
        "ledger_balance",
        must("facility_id", Whole),
        must("account_id", Whole),
        must("seal_seq", Dong),
        must("debit", Dong),
        must("credit", Dong),
        PrimaryKeyConstraint("facility_id", "account_id", name="pk_ledger_balance"),
        refers("ledger_balance", "account_id", "ledger_account", ("account_id", "id")),
        app="SELECT",
        worker="SELECT, INSERT, UPDATE",
    )
    create_table(
        "ledger_balance_day",
        must("facility_id", Whole),
        must("account_id", Whole),
        must("booked_on", Day),
        must("debit", Dong),
        must("credit", Dong),
        must("count", Dong),
        PrimaryKeyConstraint(
            "facility_id", "account_id", "booked_on", name="pk_ledger_balance_day"
        ),
        refers("ledger_balance_day", "account_id", "ledger_account", ("account_id", "id")),
        app="SELECT",
        worker="SELECT, INSERT, UPDATE",
    )
