"""Notes that one person hands to another: change for a cash point, takings for the safe."""

from alembic import op
from sqlalchemy import Column, PrimaryKeyConstraint, UniqueConstraint, text

from payments.storage.columns import Dong, Flag, Id, UtcTime, Words
from payments.storage.migrating import (
    FACILITY,
    check,
    create_table,
    drop_tables,
    facility_column,
    must,
    points_at,
    refers,
)

revision = "0053"
down_revision = "0052"

_TABLE = "handover"
_CHANGES = "state, counted, reason, answered_at, answered_by, to_shift, opens, txn_id"


def upgrade() -> None:
    create_table(
        _TABLE,
        facility_column(),
        must("id", Id),
        must("shift_id", Id),
        must("kind", Words),
        must("cash_point", Words),
        must("slip", Words),
        must("bag", Words),
        must("amount", Dong),
        must("made_at", UtcTime),
        must("made_by", Words),
        must("idem_key", Words),
        must("state", Words),
        must("reason", Words),
        must("opens", Flag),
        Column("counted", Dong, nullable=True),
        Column("answered_at", UtcTime, nullable=True),
        Column("answered_by", Words, nullable=True),
        Column("to_shift", Id, nullable=True),
        Column("txn_id", Id, nullable=True),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_handover"),
        UniqueConstraint(FACILITY, "idem_key", name="uq_handover_facility_id_idem_key"),
        UniqueConstraint(FACILITY, "slip", name="uq_handover_facility_id_slip"),
        points_at(_TABLE, "shift_id", "id", "shift"),
        points_at(_TABLE, "to_shift", "id", "shift"),
        refers(_TABLE, "txn_id", "ledger_txn", ("txn_id", "id")),
        check(_TABLE, "kind", "kind IN ('float', 'safe')"),
        check(_TABLE, "state", "state IN ('waiting', 'accepted', 'refused', 'withdrawn')"),
        check(_TABLE, "amount", "amount BETWEEN 1 AND 1000000000000"),
        check(_TABLE, "answered", "(state = 'waiting') = (answered_at IS NULL)"),
        check(
            _TABLE,
            "two_people",
            "CASE state WHEN 'waiting' THEN answered_by IS NULL"
            " WHEN 'withdrawn' THEN answered_by = made_by ELSE answered_by <> made_by END",
        ),
        check(_TABLE, "counted", "state <> 'accepted' OR counted = amount"),
        check(_TABLE, "refused", "state <> 'refused' OR (counted IS NOT NULL AND reason <> '')"),
        check(
            _TABLE,
            "taken",
            "(to_shift IS NOT NULL) = (state = 'accepted' AND kind = 'float')"
            " AND (txn_id IS NOT NULL) = (state = 'accepted' AND kind = 'safe')",
        ),
        app=f"SELECT, INSERT, UPDATE ({_CHANGES})",
    )
    waits = text("state = 'waiting'")
    op.create_index(
        "uq_handover_waiting",
        _TABLE,
        [FACILITY, "shift_id", "kind"],
        unique=True,
        postgresql_where=waits,
        sqlite_where=waits,
    )
    op.create_index(
        "uq_handover_float",
        _TABLE,
        [FACILITY, "cash_point"],
        unique=True,
        postgresql_where=text("state = 'waiting' AND kind = 'float'"),
        sqlite_where=text("state = 'waiting' AND kind = 'float'"),
    )
    op.create_index("ix_handover_facility_id_to_shift", _TABLE, [FACILITY, "to_shift"])


def downgrade() -> None:
    drop_tables(_TABLE)
