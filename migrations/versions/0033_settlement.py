"""
Claims to the insurer as they were sent, assessed, refused, settled and paid.

``suspense_match`` learns two more purposes: an advance of the fund, and its payment. Its rows are
only read for it.
"""

from typing import Any

from alembic import op
from sqlalchemy import ForeignKeyConstraint, PrimaryKeyConstraint, UniqueConstraint

from payments.storage.columns import Blob, Day, Dong, Flag, Id, UtcTime, Whole, Words
from payments.storage.migrating import (
    FACILITY,
    append_only,
    change_check,
    check,
    create_table,
    drop_tables,
    facility_column,
    may,
    must,
    points_at,
)

revision = "0033"
down_revision = "0032"

_BEFORE = "purpose IN ('invoice', 'interest', 'income', 'refund')"
_NOW = "purpose IN ('invoice', 'interest', 'income', 'refund', 'bhyt_advance', 'bhyt_paid')"
_CHANGES = "SELECT, INSERT, UPDATE"
_TABLES = (
    "claim_period", "claim_file", "claim", "claim_version", "claim_line", "claim_step",
    "assessment_map", "assessment_batch", "assessment_line", "assessment_orphan", "refusal",
    "fund_advance", "settlement_notice", "settlement_line", "fund_receipt", "fund_receipt_line",
    "advance_move",
)  # fmt: skip
_EVIDENCE = (
    "claim_file", "claim_version", "claim_line", "claim_step", "assessment_batch",
    "assessment_line", "fund_advance", "settlement_notice", "settlement_line", "fund_receipt",
    "fund_receipt_line", "advance_move",
)  # fmt: skip


def upgrade() -> None:
    # The table is read through once; no row can break a wider rule.
    change_check("suspense_match", "ck_suspense_match_purpose", _BEFORE, _NOW)
    _periods()
    _claims()
    _assessments()
    _refusals()
    _money()
    for table in _EVIDENCE:
        append_only(table)


def downgrade() -> None:
    """Fails by a check where the fund has paid since: that is not undone."""
    drop_tables(*reversed(_TABLES))
    change_check("suspense_match", "ck_suspense_match_purpose", _NOW, _BEFORE)


def _key(table: str, *columns: str) -> PrimaryKeyConstraint:
    return PrimaryKeyConstraint(FACILITY, *columns, name=f"pk_{table}")


def _once(table: str, *columns: str) -> UniqueConstraint:
    name = f"uq_{table}_{FACILITY}_{'_'.join(columns)}"
    return UniqueConstraint(FACILITY, *columns, name=name)


def _made() -> tuple[Any, Any]:
    return must("made_at", UtcTime), must("made_by", Words)


def _one_of(table: str, column: str, *values: str) -> Any:
    return check(table, column, f"{column} IN ({', '.join(repr(one) for one in values)})")


def _period() -> Any:
    return must("period_id", Id)


def _periods() -> None:
    create_table(
        "claim_period",
        facility_column(),
        must("id", Id),
        must("agency", Words),
        must("kind", Words),
        must("name", Words),
        may("quarter_id", Id),
        must("state", Words),
        may("reported_on", Day),
        may("form_fund", Dong),
        _key("claim_period", "id"),
        _once("claim_period", "agency", "name"),
        points_at("claim_period", "quarter_id", "id", "claim_period"),
        _one_of("claim_period", "kind", "month", "quarter"),
        _one_of("claim_period", "state", "open", "reported", "noticed"),
        check("claim_period", "of_quarter", "(kind = 'month') = (quarter_id IS NOT NULL)"),
        check("claim_period", "form", "(reported_on IS NULL) = (form_fund IS NULL)"),
        app=_CHANGES,
    )


def _claims() -> None:
    create_table(
        "claim_file",
        facility_column(),
        must("id", Id),
        must("sha256", Blob),
        must("content_sealed", Blob),
        must("size_bytes", Whole),
        must("verdict", Words),
        must("findings_sealed", Blob),
        must("rules_version", Words),
        must("purpose", Words),
        *_made(),
        _key("claim_file", "id"),
        _once("claim_file", "sha256", "purpose"),
        _one_of("claim_file", "verdict", "accept", "accept_with_findings", "reject"),
        _one_of("claim_file", "purpose", "new", "replacement"),
    )
    parts = ("fund", "requested", "refused", "won", "written_off", "settled", "set_off", "paid")
    create_table(
        "claim",
        facility_column(),
        must("id", Id),
        must("ma_lk", Words),
        _period(),
        must("agency", Words),
        must("version", Whole),
        must("state", Words),
        must("fund", Dong),
        must("requested", Dong),
        must("rounding", Dong),
        must("refused", Dong),
        must("won", Dong),
        must("written_off", Dong),
        must("settled", Dong),
        must("set_off", Dong),
        must("paid", Dong),
        must("submissions", Whole),
        must("is_booked_here", Flag),
        must("portal_number", Words),
        may("encounter_id", Id),
        may("sent_on", Day),
        may("assessed_on", Day),
        _key("claim", "id"),
        _once("claim", "ma_lk"),
        points_at("claim", "period_id", "id", "claim_period"),
        points_at("claim", "encounter_id", "id", "encounter"),
        _one_of(
            "claim", "state", "validated", "sent", "received", "returned", "assessed", "settled",
            "paid", "withdrawn",
        ),
        check("claim", "parts", " AND ".join(f"{part} >= 0" for part in parts)),
        check("claim", "refused", "won + written_off <= refused AND refused <= requested"),
        check(
            "claim",
            "settled",
            "settled <= requested + rounding - refused + won AND set_off + paid <= settled",
        ),
        app=_CHANGES,
    )  # fmt: skip
    op.create_index("ix_claim_facility_id_period_id", "claim", [FACILITY, "period_id", "state"])
    create_table(
        "claim_version",
        facility_column(),
        must("claim_id", Id),
        must("version", Whole),
        must("file_id", Id),
        must("place", Whole),
        must("totals", Words),
        must("reason", Words),
        *_made(),
        _key("claim_version", "claim_id", "version"),
        points_at("claim_version", "claim_id", "id", "claim"),
        points_at("claim_version", "file_id", "id", "claim_file"),
        check("claim_version", "reason", "version = 1 OR reason <> ''"),
    )
    create_table(
        "claim_line",
        facility_column(),
        must("claim_id", Id),
        must("version", Whole),
        must("table_name", Words),
        must("stt", Whole),
        must("code", Words),
        must("asked", Dong),
        _key("claim_line", "claim_id", "version", "table_name", "stt"),
        ForeignKeyConstraint(
            [FACILITY, "claim_id", "version"],
            [f"claim_version.{FACILITY}", "claim_version.claim_id", "claim_version.version"],
            name="fk_claim_line_version_claim_version",
        ),
        check("claim_line", "asked", "asked >= 0"),
    )
    create_table(
        "claim_step",
        facility_column(),
        must("id", Id),
        must("claim_id", Id),
        must("event", Words),
        must("amount", Dong),
        must("reason", Words),
        may("txn_id", Id),
        *_made(),
        _key("claim_step", "id"),
        points_at("claim_step", "claim_id", "id", "claim"),
        points_at("claim_step", "txn_id", "id", "ledger_txn"),
    )
    op.create_index("ix_claim_step_facility_id_claim_id", "claim_step", [FACILITY, "claim_id"])


def _assessments() -> None:
    create_table(
        "assessment_map",
        facility_column(),
        must("name", Words),
        must("columns", Words),
        must("saved_at", UtcTime),
        must("saved_by", Words),
        _key("assessment_map", "name"),
        app=_CHANGES,
    )
    create_table(
        "assessment_batch",
        facility_column(),
        must("id", Id),
        _period(),
        must("sha256", Blob),
        must("content_sealed", Blob),
        must("columns", Words),
        must("reach", Words),
        must("received_on", Day),
        must("lines", Whole),
        *_made(),
        _key("assessment_batch", "id"),
        _once("assessment_batch", "period_id", "sha256"),
        points_at("assessment_batch", "period_id", "id", "claim_period"),
        _one_of("assessment_batch", "reach", "listed", "month"),
    )
    create_table(
        "assessment_line",
        facility_column(),
        must("batch_id", Id),
        must("line", Whole),
        must("ma_lk", Words),
        may("claim_id", Id),
        must("table_name", Words),
        must("stt", Whole),
        must("portal_xml1_id", Words),
        must("portal_cost_id", Words),
        must("status", Words),
        must("reason_code", Words),
        must("asked", Dong),
        must("accepted", Dong),
        must("refused", Dong),
        must("texts_sealed", Blob),
        _key("assessment_line", "batch_id", "line"),
        points_at("assessment_line", "batch_id", "id", "assessment_batch"),
        points_at("assessment_line", "claim_id", "id", "claim"),
        _one_of(
            "assessment_line", "status", "accepted", "reduced", "refused", "warning",
            "need_document",
        ),
        check("assessment_line", "parts", "asked = accepted + refused AND accepted >= 0"),
        check("assessment_line", "refused", "refused >= 0"),
    )  # fmt: skip
    op.create_index(
        "ix_assessment_line_facility_id_claim_id", "assessment_line", [FACILITY, "claim_id"]
    )


def _refusals() -> None:
    create_table(
        "assessment_orphan",
        facility_column(),
        must("batch_id", Id),
        must("line", Whole),
        must("owner", Words),
        must("deadline", Day),
        must("state", Words),
        must("reason", Words),
        may("closed_by", Words),
        _key("assessment_orphan", "batch_id", "line"),
        _of_line("assessment_orphan"),
        _one_of("assessment_orphan", "state", "open", "closed"),
        check("assessment_orphan", "closed", "(state = 'closed') = (closed_by IS NOT NULL)"),
        app=_CHANGES,
    )
    create_table(
        "refusal",
        facility_column(),
        must("id", Id),
        must("claim_id", Id),
        must("batch_id", Id),
        must("line", Whole),
        must("table_name", Words),
        must("stt", Whole),
        must("reason_code", Words),
        must("amount", Dong),
        must("won", Dong),
        must("state", Words),
        must("owner", Words),
        must("deadline", Day),
        must("refused_on", Day),
        must("note", Words),
        may("asked_by", Words),
        may("approved_by", Words),
        _key("refusal", "id"),
        _once("refusal", "claim_id", "table_name", "stt", "reason_code"),
        points_at("refusal", "claim_id", "id", "claim"),
        _of_line("refusal"),
        _one_of(
            "refusal", "state", "open", "explained", "appealed", "accepted", "upheld",
            "write_off_asked", "written_off",
        ),
        check("refusal", "amount", "amount >= 1 AND won BETWEEN 0 AND amount"),
        check("refusal", "accepted", "(state = 'accepted') = (won = amount)"),
        check("refusal", "two_people", "approved_by IS NULL OR approved_by <> asked_by"),
        check("refusal", "approved", "(state = 'written_off') = (approved_by IS NOT NULL)"),
        app=_CHANGES,
    )  # fmt: skip
    op.create_index("ix_refusal_facility_id_state", "refusal", [FACILITY, "state", "deadline"])


def _of_line(table: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        [FACILITY, "batch_id", "line"],
        [f"assessment_line.{FACILITY}", "assessment_line.batch_id", "assessment_line.line"],
        name=f"fk_{table}_line_assessment_line",
    )


def _money() -> None:
    _advances()
    create_table(
        "settlement_line",
        facility_column(),
        must("notice_id", Id),
        must("claim_id", Id),
        must("amount", Dong),
        must("set_off", Dong),
        _key("settlement_line", "notice_id", "claim_id"),
        points_at("settlement_line", "notice_id", "id", "settlement_notice"),
        points_at("settlement_line", "claim_id", "id", "claim"),
        check("settlement_line", "amount", "amount >= 0 AND set_off BETWEEN 0 AND amount"),
    )
    create_table(
        "fund_receipt",
        facility_column(),
        must("id", Id),
        _period(),
        must("credit_id", Id),
        must("amount", Dong),
        *_made(),
        _key("fund_receipt", "id"),
        _once("fund_receipt", "credit_id", "period_id"),
        points_at("fund_receipt", "period_id", "id", "claim_period"),
        points_at("fund_receipt", "credit_id", "id", "bank_credit"),
        check("fund_receipt", "amount", "amount >= 1"),
    )
    create_table(
        "fund_receipt_line",
        facility_column(),
        must("receipt_id", Id),
        must("claim_id", Id),
        must("amount", Dong),
        must("txn_id", Id),
        _key("fund_receipt_line", "receipt_id", "claim_id"),
        points_at("fund_receipt_line", "receipt_id", "id", "fund_receipt"),
        points_at("fund_receipt_line", "claim_id", "id", "claim"),
        points_at("fund_receipt_line", "txn_id", "id", "ledger_txn"),
        check("fund_receipt_line", "amount", "amount >= 1"),
    )


def _advances() -> None:
    create_table(
        "fund_advance",
        facility_column(),
        must("id", Id),
        _period(),
        must("credit_id", Id),
        must("amount", Dong),
        must("txn_id", Id),
        *_made(),
        _key("fund_advance", "id"),
        _once("fund_advance", "credit_id"),
        points_at("fund_advance", "period_id", "id", "claim_period"),
        points_at("fund_advance", "credit_id", "id", "bank_credit"),
        points_at("fund_advance", "txn_id", "id", "ledger_txn"),
        check("fund_advance", "amount", "amount >= 1"),
    )
    create_table(
        "settlement_notice",
        facility_column(),
        must("id", Id),
        _period(),
        must("number", Words),
        must("noticed_on", Day),
        must("total", Dong),
        must("set_off", Dong),
        may("txn_id", Id),
        *_made(),
        _key("settlement_notice", "id"),
        _once("settlement_notice", "period_id", "number"),
        points_at("settlement_notice", "period_id", "id", "claim_period"),
        points_at("settlement_notice", "txn_id", "id", "ledger_txn"),
        check("settlement_notice", "total", "total >= 0 AND set_off BETWEEN 0 AND total"),
    )
    create_table(
        "advance_move",
        facility_column(),
        must("id", Id),
        must("kind", Words),
        must("notice_id", Id),
        must("from_period_id", Id),
        may("to_period_id", Id),
        may("credit_id", Id),
        must("amount", Dong),
        must("txn_id", Id),
        *_made(),
        _key("advance_move", "id"),
        _once("advance_move", "notice_id", "kind"),
        points_at("advance_move", "notice_id", "id", "settlement_notice"),
        points_at("advance_move", "from_period_id", "id", "claim_period"),
        points_at("advance_move", "to_period_id", "id", "claim_period"),
        points_at("advance_move", "credit_id", "id", "bank_credit"),
        points_at("advance_move", "txn_id", "id", "ledger_txn"),
        _one_of("advance_move", "kind", "carry", "payback"),
        check("advance_move", "amount", "amount >= 1"),
        check("advance_move", "carry", "(kind = 'carry') = (to_period_id IS NOT NULL)"),
        check("advance_move", "payback", "(kind = 'payback') = (credit_id IS NOT NULL)"),
    )
