"""
A refused amount may become the patient's by two people's decision (P35), on the claim it was of.

The two tables of 0032 that kept refusals apart from claims go: no screen ever wrote to them. Three
rules are replaced by wider ones; each table is read through once, and no row can break them.
"""

from alembic import op
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, text

from payments.storage.columns import Dong, Id, UtcTime, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    change_check,
    check,
    create_table,
    drop_tables,
    facility_column,
    is_postgres,
    must,
    points_at,
)

revision = "0038"
down_revision = "0037"

_STATES = (
    "open", "explained", "appealed", "accepted", "upheld", "write_off_asked", "written_off",
)  # fmt: skip
_RULES = (
    (
        "claim",
        "refused",
        "won + written_off <= refused AND refused <= requested",
        "won + written_off + charged <= refused AND refused <= requested",
    ),
    (
        "refusal",
        "approved",
        "(state = 'written_off') = (approved_by IS NOT NULL)",
        "(state IN ('written_off', 'charged')) = (approved_by IS NOT NULL)",
    ),
)


def _state(states: tuple[str, ...]) -> str:
    return f"state IN ({', '.join(repr(one) for one in states)})"


_NOW = _state((*_STATES, "charge_asked", "charged"))


def upgrade() -> None:
    # Decisions point at refusals: without these there are none.
    if op.get_bind().execute(text("SELECT count(*) FROM fund_refusal")).scalar_one():
        raise RuntimeError("fund_refusal has rows, though no screen writes there: move them first")
    drop_tables("refusal_decision", "fund_refusal")
    whole = "BIGINT" if is_postgres() else "INTEGER"
    # A column with a constant default is added without touching a row, on both engines.
    op.execute(
        f"ALTER TABLE claim ADD COLUMN charged {whole} NOT NULL DEFAULT 0"
        " CONSTRAINT ck_claim_charged CHECK (charged >= 0)"
    )
    for table, name, before, after in _RULES:
        change_check(table, f"ck_{table}_{name}", before, after)
    change_check("refusal", "ck_refusal_state", _state(_STATES), _NOW)
    create_table(
        "refusal_charge",
        facility_column(),
        must("refusal_id", Id),
        must("invoice_id", Id),
        must("amount", Dong),
        must("reason", Words),
        must("legal_basis", Words),
        must("txn_id", Id),
        must("made_at", UtcTime),
        must("made_by", Words),
        PrimaryKeyConstraint(FACILITY, "refusal_id", name="pk_refusal_charge"),
        points_at("refusal_charge", "refusal_id", "id", "refusal"),
        points_at("refusal_charge", "invoice_id", "id", "invoice"),
        points_at("refusal_charge", "txn_id", "id", "ledger_txn"),
        check("refusal_charge", "amount", "amount >= 1"),
        check("refusal_charge", "basis", "legal_basis <> ''"),
    )
    op.create_index(
        "ix_refusal_charge_facility_id_invoice_id", "refusal_charge", [FACILITY, "invoice_id"]
    )
    append_only("refusal_charge")


def downgrade() -> None:
    """Fails by a check where a patient was charged since: that is not undone."""
    drop_tables("refusal_charge")
    change_check("refusal", "ck_refusal_state", _NOW, _state(_STATES))
    for table, name, before, after in _RULES:
        change_check(table, f"ck_{table}_{name}", after, before)
    op.execute("ALTER TABLE claim DROP COLUMN charged")
    _as_0032_made_them()


def _as_0032_made_them() -> None:
    create_table(
        "fund_refusal",
        facility_column(),
        must("id", Id),
        must("encounter_id", Id),
        must("amount", Dong),
        must("reason_code", Words),
        must("notice", Words),
        must("noted_at", UtcTime),
        must("noted_by", Words),
        must("txn_id", Id),
        must("idem_key", Words),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_fund_refusal"),
        UniqueConstraint(FACILITY, "idem_key", name="uq_fund_refusal_idem_key"),
        points_at("fund_refusal", "encounter_id", "encounter_id", "insured_visit"),
        points_at("fund_refusal", "txn_id", "id", "ledger_txn"),
        check("fund_refusal", "amount", "amount >= 1"),
    )
    create_table(
        "refusal_decision",
        facility_column(),
        must("id", Id),
        must("refusal_id", Id),
        must("bearer", Words),
        must("amount", Dong),
        must("reason", Words),
        must("legal_basis", Words),
        must("decided_at", UtcTime),
        must("decided_by", Words),
        must("txn_id", Id),
        must("idem_key", Words),
        PrimaryKeyConstraint(FACILITY, "id", name="pk_refusal_decision"),
        UniqueConstraint(FACILITY, "idem_key", name="uq_refusal_decision_idem_key"),
        points_at("refusal_decision", "refusal_id", "id", "fund_refusal"),
        points_at("refusal_decision", "txn_id", "id", "ledger_txn"),
        check("refusal_decision", "bearer", "bearer IN ('hospital', 'patient')"),
        check("refusal_decision", "amount", "amount >= 1"),
        check("refusal_decision", "basis", "bearer = 'hospital' OR legal_basis <> ''"),
    )
    for table in ("fund_refusal", "refusal_decision"):
        append_only(table)
