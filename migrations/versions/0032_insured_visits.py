"""Insured visits: card and visit facts, coverage versions, their effects, refusals of the fund."""

from typing import Any

from alembic import op
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, text

from payments.storage.columns import Blob, Day, Dong, Flag, Id, UtcTime, Whole, Words
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

revision = "0032"
down_revision = "0031a"

_DECIMALS = ("cost", "insured", "own", "copayment", "fund", "others")
_TABLES = (
    "service_insurance",
    "insured_visit",
    "insured_line",
    "visit_fact",
    "coverage_version",
    "coverage_line",
    "coverage_effect",
    "fund_refusal",
    "refusal_decision",
)


def upgrade() -> None:
    # A column with a constant default is added without touching a row, on both engines.
    op.execute(
        "ALTER TABLE invoice ADD COLUMN covered"
        f" {_dong()} NOT NULL DEFAULT 0"
        " CONSTRAINT ck_invoice_covered CHECK (covered BETWEEN 0 AND total)"
    )
    _catalogue()
    _visits()
    _facts()
    _coverage()
    _refusals()
    for table in _TABLES:
        append_only(table)


def downgrade() -> None:
    drop_tables(*reversed(_TABLES))
    if op.get_bind().dialect.name == "sqlite":
        # SQLite drops no column that a rule of the row names; an empty copy goes back all the same.
        op.execute(text("PRAGMA writable_schema = ON"))
        op.execute(
            text(
                "UPDATE sqlite_master SET sql = replace(sql,"
                " ' CONSTRAINT ck_invoice_covered CHECK (covered BETWEEN 0 AND total)', '')"
                " WHERE type = 'table' AND name = 'invoice'"
            )
        )
        version = op.get_bind().execute(text("PRAGMA schema_version")).scalar_one()
        op.execute(text(f"PRAGMA schema_version = {int(version) + 1}"))
        op.execute(text("PRAGMA writable_schema = OFF"))
    op.execute("ALTER TABLE invoice DROP COLUMN covered")


def _dong() -> str:
    return "BIGINT" if op.get_bind().dialect.name == "postgresql" else "INTEGER"


def _catalogue() -> None:
    create_table(
        "service_insurance",
        facility_column(),
        must("service_code", Words),
        must("valid_from", Day),
        may("fund_price", Dong),
        must("rate", Whole),
        must("cost_group", Whole),
        must("scope", Words),
        must("claim_table", Words),
        PrimaryKeyConstraint(FACILITY, "service_code", "valid_from", name="pk_service_insurance"),
        points_at("service_insurance", "service_code", "code", "service_item"),
        *_insured("service_insurance"),
    )


def _visits() -> None:
    create_table(
        "insured_visit",
        facility_column(),
        must("encounter_id", Id),
        must("claim_id", Id),
        must("agency", Words),
        must("came_at", UtcTime),
        must("opened_at", UtcTime),
        must("opened_by", Words),
        must("idem_key", Words),
        PrimaryKeyConstraint(FACILITY, "encounter_id", name="pk_insured_visit"),
        UniqueConstraint(FACILITY, "claim_id", name="uq_insured_visit_claim_id"),
        UniqueConstraint(FACILITY, "idem_key", name="uq_insured_visit_idem_key"),
        points_at("insured_visit", "encounter_id", "id", "encounter"),
    )
    create_table(
        "insured_line",
        facility_column(),
        must("encounter_id", Id),
        must("line", Whole),
        must("service_code", Words),
        must("quantity", Whole),
        must("price", Dong),
        may("fund_price", Dong),
        must("rate", Whole),
        must("cost_group", Whole),
        must("scope", Words),
        must("claim_table", Words),
        must("ordered_at", UtcTime),
        PrimaryKeyConstraint(FACILITY, "encounter_id", "line", name="pk_insured_line"),
        points_at("insured_line", "encounter_id", "encounter_id", "insured_visit"),
        points_at("insured_line", "service_code", "code", "service_item"),
        check("insured_line", "quantity", "quantity BETWEEN 1 AND 999"),
        check("insured_line", "price", "price >= 0"),
        *_insured("insured_line"),
    )


def _insured(table: str) -> tuple[Any, ...]:
    return (
        check(table, "fund_price", "fund_price >= 0"),
        check(table, "rate", "rate BETWEEN 0 AND 100"),
        check(table, "scope", "scope IN ('1', '2', '3')"),
        check(table, "claim_table", "claim_table IN ('XML2', 'XML3')"),
    )


def _facts() -> None:
    create_table(
        "visit_fact",
        facility_column(),
        must("encounter_id", Id),
        must("version", Whole),
        may("card_sealed", Blob),
        may("card_hash", Blob),
        may("card_key", Whole),
        must("card_last4", Words),
        must("benefit_code", Words),
        may("valid_from", Day),
        may("valid_to", Day),
        must("registered_at", Words),
        must("area", Words),
        may("shown_at", UtcTime),
        may("five_years_from", Day),
        may("exempt_from", Day),
        must("copay_of_year", Dong),
        must("category", Words),
        must("visit_type", Words),
        must("referral", Words),
        must("other_source", Words),
        may("other_line", Whole),
        must("other_amount", Dong),
        must("other_mode", Words),
        must("reason", Words),
        must("noted_at", UtcTime),
        must("noted_by", Words),
        PrimaryKeyConstraint(FACILITY, "encounter_id", "version", name="pk_visit_fact"),
        points_at("visit_fact", "encounter_id", "encounter_id", "insured_visit"),
        check("visit_fact", "version", "version >= 1"),
        check("visit_fact", "area", "area IN ('', 'K1', 'K2', 'K3')"),
        check("visit_fact", "copay_of_year", "copay_of_year >= 0"),
        check("visit_fact", "other_source", "other_source IN ('', 'nsnn', 'vtnn', 'vttn', 'cl')"),
        check("visit_fact", "other_mode", "other_mode IN ('personal', 'pool', 'arv')"),
        check("visit_fact", "other_amount", "other_amount >= 0"),
        check(
            "visit_fact",
            "card",
            "(card_sealed IS NULL) = (card_hash IS NULL)"
            " AND (card_sealed IS NULL) = (valid_from IS NULL)"
            " AND (card_sealed IS NULL) = (valid_to IS NULL)"
            " AND (card_sealed IS NULL) = (benefit_code = '')",
        ),
    )
    op.create_index("ix_visit_fact_card_hash", "visit_fact", [FACILITY, "card_hash"])


def _coverage() -> None:
    create_table(
        "coverage_version",
        facility_column(),
        must("encounter_id", Id),
        must("version", Whole),
        must("fact_version", Whole),
        must("inputs_sha256", Blob),
        must("rules_version", Words),
        must("is_provisional", Flag),
        must("factor", Words),
        must("threshold", Words),
        must("is_small", Flag),
        must("route_basis", Words),
        *(must(name, Words) for name in _DECIMALS),
        must("total", Dong),
        must("patient_part", Dong),
        must("fund_part", Dong),
        must("others_part", Dong),
        must("made_at", UtcTime),
        must("made_by", Words),
        PrimaryKeyConstraint(FACILITY, "encounter_id", "version", name="pk_coverage_version"),
        refers(
            "coverage_version",
            "fact",
            "visit_fact",
            ("encounter_id", "encounter_id"),
            ("fact_version", "version"),
        ),
        check("coverage_version", "patient_part", "patient_part BETWEEN 0 AND total"),
        check(
            "coverage_version",
            "parts",
            "patient_part + fund_part + others_part - total BETWEEN -4 AND 4",
        ),
    )
    create_table(
        "coverage_line",
        facility_column(),
        must("encounter_id", Id),
        must("version", Whole),
        must("line", Whole),
        must("percent", Words),
        *(must(name, Words) for name in _DECIMALS),
        must("rule", Words),
        must("basis", Words),
        PrimaryKeyConstraint(FACILITY, "encounter_id", "version", "line", name="pk_coverage_line"),
        _of_version("coverage_line"),
    )
    create_table(
        "coverage_effect",
        facility_column(),
        must("encounter_id", Id),
        must("version", Whole),
        must("invoice_id", Id),
        must("kind", Words),
        must("patient_before", Dong),
        must("patient_after", Dong),
        must("asked_back", Dong),
        must("freed", Dong),
        may("txn_id", Id),
        must("reason", Words),
        must("made_at", UtcTime),
        must("made_by", Words),
        PrimaryKeyConstraint(FACILITY, "encounter_id", "version", name="pk_coverage_effect"),
        _of_version("coverage_effect"),
        points_at("coverage_effect", "invoice_id", "id", "invoice"),
        points_at("coverage_effect", "txn_id", "id", "ledger_txn"),
        check("coverage_effect", "kind", "kind IN ('issue', 'top_up', 'give_back', 'same')"),
        check("coverage_effect", "asked_back", "asked_back >= 0 AND freed >= 0"),
    )


def _of_version(table: str) -> Any:
    pairs = (("encounter_id", "encounter_id"), ("version", "version"))
    return refers(table, "version", "coverage_version", *pairs)


def _refusals() -> None:
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
