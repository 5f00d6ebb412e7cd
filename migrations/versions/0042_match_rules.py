"""Rules that match what came in, by version; each decision as evidence; a match taken back."""

from alembic import op
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, text

from payments.storage.columns import Day, Dong, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    check,
    create_table,
    drop_tables,
    facility_column,
    may,
    must,
    of_facility,
    points_at,
)

revision = "0042"
down_revision = "0040"

_EFFECT = "effect IN ('invoice', 'interest', 'income', 'bank_fee')"
_FITS = (
    "(found_by IN ('reference', 'amount_time') AND effect = 'invoice')"
    " OR (found_by IN ('account', 'memo') AND effect <> 'invoice')"
)


def upgrade() -> None:
    create_table(
        "match_rule",
        facility_column(),
        must("id", Id),
        must("name", Words),
        must("version", Whole),
        must("found_by", Words),
        must("effect", Words),
        must("account", Words),
        must("pattern", Words),
        must("window_minutes", Whole),
        must("tolerance", Dong),
        must("first_day", Day),
        may("last_day", Day),
        must("made_at", UtcTime),
        must("made_by", Words),
        may("tried_on", Day),
        may("tried_matches", Whole),
        may("on_at", UtcTime),
        may("on_by", Words),
        may("off_at", UtcTime),
        may("off_by", Words),
        must("off_reason", Words),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_match_rule"),
        UniqueConstraint(FACILITY, "name", "version", name="uq_match_rule_facility_id_name"),
        of_facility("match_rule"),
        check("match_rule", "found_by", "found_by IN ('reference','amount_time','account','memo')"),
        check("match_rule", "effect", _EFFECT),
        check("match_rule", "fits", _FITS),
        check("match_rule", "days", "last_day IS NULL OR last_day >= first_day"),
        check("match_rule", "amounts", "tolerance >= 0 AND window_minutes >= 0 AND version >= 1"),
        # Who wrote a rule does not switch it on, and nobody does untried.
        check("match_rule", "two_people", "on_by IS NULL OR on_by <> made_by"),
        check("match_rule", "tried", "on_at IS NULL OR (tried_on IS NOT NULL AND on_by <> '')"),
        check("match_rule", "off", "(off_at IS NULL) = (off_by IS NULL)"),
        app="SELECT, INSERT, UPDATE",
    )
    # The database, too, lets one version of a rule be on at a time.
    running = "on_at IS NOT NULL AND off_at IS NULL"
    op.create_index(
        "uq_match_rule_facility_id_running",
        "match_rule",
        [FACILITY, "name"],
        unique=True,
        postgresql_where=text(running),
        sqlite_where=text(running),
    )
    create_table(
        "match_decision",
        facility_column(),
        must("id", Id),
        must("credit_id", Id),
        may("invoice_id", Id),
        must("effect", Words),
        must("amount", Dong),
        may("rule_id", Id),
        may("score", Whole),
        must("why", Words),
        must("decided_at", UtcTime),
        must("decided_by", Words),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_match_decision"),
        points_at("match_decision", "credit_id", "id", "bank_credit"),
        points_at("match_decision", "invoice_id", "id", "invoice"),
        points_at("match_decision", "rule_id", "id", "match_rule"),
        check("match_decision", "effect", _EFFECT),
        check("match_decision", "invoice", "(invoice_id IS NOT NULL) = (effect = 'invoice')"),
        check("match_decision", "amount", "amount > 0"),
        check("match_decision", "why", "why <> ''"),
    )
    append_only("match_decision")
    op.create_index(
        "ix_match_decision_facility_id_credit_id", "match_decision", [FACILITY, "credit_id"]
    )
    create_table(
        "suspense_unmatch",
        facility_column(),
        must("match_id", Id),
        must("txn_id", Id),
        must("reason", Words),
        must("made_at", UtcTime),
        must("made_by", Words),
        PrimaryKeyConstraint(FACILITY, "match_id", name="pk_suspense_unmatch"),
        points_at("suspense_unmatch", "match_id", "id", "suspense_match"),
        check("suspense_unmatch", "reason", "reason <> ''"),
    )
    append_only("suspense_unmatch")


def downgrade() -> None:
    drop_tables("suspense_unmatch", "match_decision", "match_rule")
