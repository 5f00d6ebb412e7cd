"""E-invoices: each of one to many receipts, and no receipt in two."""

from alembic import op
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, text

from payments.storage.columns import Blob, Dong, Flag, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    check,
    create_table,
    drop_tables,
    facility_column,
    may,
    must,
    points_at,
    refers,
)

revision = "0063"
down_revision = "0054"

_TABLE = "e_invoice"
_CHANGES = (
    "state, buyer_sealed, number, template, lookup_code, authority_code, told, attempts, next_at,"
    " dated_at, issued_at, is_trial"
)


def upgrade() -> None:
    create_table(
        _TABLE,
        facility_column(),
        must("id", Id),
        must("kind", Words),
        must("invoice_id", Id),
        must("root_id", Id),
        may("corrects_id", Id),
        must("state", Words),
        must("amount", Dong),
        must("buyer_sealed", Blob),
        must("reason", Words),
        may("number", Words),
        must("template", Words),
        must("lookup_code", Words),
        must("authority_code", Words),
        must("told", Words),
        must("attempts", Whole),
        must("next_at", UtcTime),
        may("dated_at", UtcTime),
        may("issued_at", UtcTime),
        must("is_trial", Flag),
        must("made_at", UtcTime),
        must("made_by", Words),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_e_invoice"),
        UniqueConstraint(FACILITY, "number", name="uq_e_invoice_facility_id_number"),
        points_at(_TABLE, "invoice_id", "id", "invoice"),
        points_at(_TABLE, "root_id", "id", _TABLE),
        points_at(_TABLE, "corrects_id", "id", _TABLE),
        check(_TABLE, "kind", "kind IN ('original', 'replacement', 'adjustment')"),
        check(_TABLE, "state", "state IN ('waiting', 'asking', 'issued', 'refused')"),
        check(
            _TABLE,
            "corrects",
            "(kind = 'original') = (corrects_id IS NULL) AND (kind = 'original') = (root_id = id)",
        ),
        check(_TABLE, "reason", "kind = 'original' OR reason <> ''"),
        check(
            _TABLE,
            "number",
            "(state = 'issued') = (number IS NOT NULL) AND (state = 'issued') ="
            " (issued_at IS NOT NULL) AND (state = 'waiting' OR dated_at IS NOT NULL)",
        ),
        check(
            _TABLE,
            "amount",
            "amount BETWEEN -1000000000000 AND 1000000000000"
            " AND CASE kind WHEN 'original' THEN amount > 0 WHEN 'replacement' THEN amount >= 0"
            " ELSE amount <> 0 END",
        ),
        app=f"SELECT, INSERT, UPDATE ({_CHANGES})",
    )
    due = text("state IN ('waiting', 'asking')")
    op.create_index(
        "ix_e_invoice_due",
        _TABLE,
        [FACILITY, "next_at"],
        postgresql_where=due,
        sqlite_where=due,
    )
    # One e-invoice takes the place of another, not two.
    is_replacement = text("kind = 'replacement'")
    op.create_index(
        "uq_e_invoice_replacement",
        _TABLE,
        [FACILITY, "corrects_id"],
        unique=True,
        postgresql_where=is_replacement,
        sqlite_where=is_replacement,
    )
    op.create_index("ix_e_invoice_facility_id_root_id", _TABLE, [FACILITY, "root_id"])
    op.create_index("ix_e_invoice_facility_id_made_at", _TABLE, [FACILITY, "made_at"])
    create_table(
        "e_invoice_source",
        facility_column(),
        must("payment_id", Id),
        must("e_invoice_id", Id),
        PrimaryKeyConstraint(FACILITY, "payment_id", name="pk_e_invoice_source"),
        # To the receipt, not to the payment: what has no number gets no e-invoice.
        refers("e_invoice_source", "payment_id", "receipt", ("payment_id", "payment_id")),
        points_at("e_invoice_source", "e_invoice_id", "id", _TABLE),
    )
    append_only("e_invoice_source")
    op.create_index(
        "ix_e_invoice_source_facility_id_e_invoice_id",
        "e_invoice_source",
        [FACILITY, "e_invoice_id"],
    )


def downgrade() -> None:
    drop_tables("e_invoice_source", _TABLE)
