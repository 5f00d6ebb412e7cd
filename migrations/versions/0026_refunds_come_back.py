"""
A refund that was paid out may come back: it waits to be paid again, and keeps its former names.

PostgreSQL replaces two checks of ``refund``: a short exclusive lock, and the table is read once.
SQLite cannot, so the table is written anew; nothing points at it yet, and it has no trigger.
"""

from alembic import op
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, text

from payments.storage.columns import Dong, Flag, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    check,
    create_table,
    drop_tables,
    facility_column,
    is_postgres,
    may,
    must,
    points_at,
    refers,
)

revision = "0026"
down_revision = "0025"

_BEFORE = ("requested", "pending", "unknown", "done", "refused", "external")
_APPROVED = ("pending", "unknown", "done")


def upgrade() -> None:
    _allow((*_BEFORE, "bounced"), (*_APPROVED, "bounced"))
    create_table(
        "refund_bounce",
        facility_column(),
        must("refund_id", Id),
        must("attempt", Whole),
        must("key", Words),
        must("gateway_id", Words),
        must("txn_id", Id),
        must("returned_at", UtcTime),
        must("made_at", UtcTime),
        PrimaryKeyConstraint(FACILITY, "refund_id", "attempt", name="pk_refund_bounce"),
        UniqueConstraint(FACILITY, "key", name="uq_refund_bounce_facility_id_key"),
        points_at("refund_bounce", "refund_id", "id", "refund"),
        points_at("refund_bounce", "txn_id", "id", "ledger_txn"),
        check("refund_bounce", "attempt", "attempt >= 1"),
    )
    append_only("refund_bounce")


def downgrade() -> None:
    drop_tables("refund_bounce")
    _allow(_BEFORE, _APPROVED)


def _allow(states: tuple[str, ...], approved: tuple[str, ...]) -> None:
    if is_postgres():
        for name, rule in (("state", _state(states)), ("approved", _approved(approved))):
            op.execute(f"ALTER TABLE refund DROP CONSTRAINT ck_refund_{name}")
            op.execute(f"ALTER TABLE refund ADD CONSTRAINT ck_refund_{name} CHECK ({rule})")
        return
    for index in ("payment", "intent"):
        op.drop_index(f"ix_refund_facility_id_{index}", "refund")
    op.drop_index("ix_refund_asked", "refund")
    op.rename_table("refund", "refund_before")
    _create(states, approved)
    op.execute("INSERT INTO refund SELECT * FROM refund_before")
    op.drop_table("refund_before")
    for index in ("payment", "intent"):
        op.create_index(f"ix_refund_facility_id_{index}", "refund", [FACILITY, f"{index}_id"])
    op.create_index(
        "ix_refund_asked",
        "refund",
        [FACILITY, "next_ask_at"],
        sqlite_where=text("next_ask_at IS NOT NULL"),
    )


def _state(states: tuple[str, ...]) -> str:
    return f"state IN ({', '.join(repr(one) for one in states)})"


def _approved(states: tuple[str, ...]) -> str:
    listed = ", ".join(repr(one) for one in states)
    return f"state NOT IN ({listed}) OR (approved_by IS NOT NULL AND approved_at IS NOT NULL)"


def _create(states: tuple[str, ...], approved: tuple[str, ...]) -> None:
    """As 0022 made it, with other states."""
    op.create_table(
        "refund",
        facility_column(),
        must("id", Id),
        must("key", Words),
        must("payment_id", Id),
        must("intent_id", Id),
        must("channel", Words),
        must("amount", Dong),
        must("from_suspense", Dong),
        must("from_invoice", Dong),
        must("refunded_before", Dong),
        must("state", Words),
        must("reason", Words),
        must("requested_by", Words),
        must("requested_at", UtcTime),
        may("approved_by", Words),
        may("approved_at", UtcTime),
        must("approved_login", Words),
        must("gateway_id", Words),
        must("trouble", Words),
        must("must_send", Flag),
        must("asked", Whole),
        may("next_ask_at", UtcTime),
        may("suspense_txn_id", Id),
        may("invoice_txn_id", Id),
        may("ended_at", UtcTime),
        must("idem_key", Words),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_refund"),
        UniqueConstraint(FACILITY, "key", name="uq_refund_facility_id_key"),
        UniqueConstraint(FACILITY, "idem_key", name="uq_refund_facility_id_idem_key"),
        points_at("refund", "payment_id", "id", "payment"),
        points_at("refund", "intent_id", "id", "intent"),
        refers("refund", "suspense_txn_id", "ledger_txn", ("suspense_txn_id", "id")),
        refers("refund", "invoice_txn_id", "ledger_txn", ("invoice_txn_id", "id")),
        check("refund", "state", _state(states)),
        check("refund", "amount", "amount BETWEEN 1 AND 1000000000000"),
        check(
            "refund",
            "parts",
            "from_suspense >= 0 AND from_invoice >= 0 AND (state = 'external'"
            " OR amount = from_suspense + from_invoice)",
        ),
        check("refund", "two_people", "approved_by IS NULL OR approved_by <> requested_by"),
        check("refund", "approved", _approved(approved)),
        sqlite_strict=True,
    )
