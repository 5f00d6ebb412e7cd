"""Insured visits: what was given at the desk, what was computed of it, what that changed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Blob, Day, Dong, Flag, Id, UtcTime, Whole, Words


def _of_visit() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["facility_id", "encounter_id"],
        ["insured_visit.facility_id", "insured_visit.encounter_id"],
    )


INSURED_VISIT: Final = Table(
    "insured_visit",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("encounter_id", Id, primary_key=True),
    #: The subject of the fund's debt in the ledger.
    Column("claim_id", Id, nullable=False),
    Column("agency", Words, nullable=False),
    Column("came_at", UtcTime, nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("opened_by", Words, nullable=False),
    Column("idem_key", Words, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "encounter_id"], ["encounter.facility_id", "encounter.id"]
    ),
)
INSURED_LINE: Final = Table(
    "insured_line",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("encounter_id", Id, primary_key=True),
    Column("line", Whole, primary_key=True, autoincrement=False),
    Column("service_code", Words, nullable=False),
    Column("quantity", Whole, nullable=False),
    Column("price", Dong, nullable=False),
    Column("fund_price", Dong, nullable=True),
    Column("rate", Whole, nullable=False),
    Column("cost_group", Whole, nullable=False),
    Column("scope", Words, nullable=False),
    Column("claim_table", Words, nullable=False),
    Column("ordered_at", UtcTime, nullable=False),
    _of_visit(),
    ForeignKeyConstraint(
        ["facility_id", "service_code"], ["service_item.facility_id", "service_item.code"]
    ),
)
#: Card and visit as somebody gave them; a correction is the next version.
VISIT_FACT: Final = Table(
    "visit_fact",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("encounter_id", Id, primary_key=True),
    Column("version", Whole, primary_key=True, autoincrement=False),
    #: Empty, all of them, where the patient has no card.
    Column("card_sealed", Blob, nullable=True),
    Column("card_hash", Blob, nullable=True),
    Column("card_key", Whole, nullable=True),
    Column("card_last4", Words, nullable=False),
    Column("benefit_code", Words, nullable=False),
    Column("valid_from", Day, nullable=True),
    Column("valid_to", Day, nullable=True),
    Column("registered_at", Words, nullable=False),
    Column("area", Words, nullable=False),
    Column("shown_at", UtcTime, nullable=True),
    Column("five_years_from", Day, nullable=True),
    Column("exempt_from", Day, nullable=True),
    Column("copay_of_year", Dong, nullable=False),
    Column("category", Words, nullable=False),
    Column("visit_type", Words, nullable=False),
    Column("referral", Words, nullable=False),
    Column("other_source", Words, nullable=False),
    Column("other_line", Whole, nullable=True),
    Column("other_amount", Dong, nullable=False),
    Column("other_mode", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("noted_at", UtcTime, nullable=False),
    Column("noted_by", Words, nullable=False),
    _of_visit(),
)
#: The second card of a version, where the patient has two; the first stands in the version.
VISIT_FACT_CARD: Final = Table(
    "visit_fact_card",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("encounter_id", Id, primary_key=True),
    Column("version", Whole, primary_key=True, autoincrement=False),
    Column("card_sealed", Blob, nullable=False),
    Column("card_hash", Blob, nullable=False),
    Column("card_key", Whole, nullable=False),
    Column("card_last4", Words, nullable=False),
    Column("benefit_code", Words, nullable=False),
    Column("valid_from", Day, nullable=False),
    Column("valid_to", Day, nullable=False),
    Column("registered_at", Words, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "encounter_id", "version"],
        ["visit_fact.facility_id", "visit_fact.encounter_id", "visit_fact.version"],
    ),
)
#: One computation, whole; Decimals as text, for no engine keeps them alike.
COVERAGE_VERSION: Final = Table(
    "coverage_version",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("encounter_id", Id, primary_key=True),
    Column("version", Whole, primary_key=True, autoincrement=False),
    Column("fact_version", Whole, nullable=False),
    Column("inputs_sha256", Blob, nullable=False),
    Column("rules_version", Words, nullable=False),
    Column("is_provisional", Flag, nullable=False),
    Column("factor", Words, nullable=False),
    Column("threshold", Words, nullable=False),
    Column("is_small", Flag, nullable=False),
    Column("route_basis", Words, nullable=False),
    Column("cost", Words, nullable=False),
    Column("insured", Words, nullable=False),
    Column("own", Words, nullable=False),
    Column("copayment", Words, nullable=False),
    Column("fund", Words, nullable=False),
    Column("others", Words, nullable=False),
    #: Whole đồng: what each owes.
    Column("total", Dong, nullable=False),
    Column("patient_part", Dong, nullable=False),
    Column("fund_part", Dong, nullable=False),
    Column("others_part", Dong, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", Words, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "encounter_id", "fact_version"],
        ["visit_fact.facility_id", "visit_fact.encounter_id", "visit_fact.version"],
    ),
)
COVERAGE_LINE: Final = Table(
    "coverage_line",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("encounter_id", Id, primary_key=True),
    Column("version", Whole, primary_key=True, autoincrement=False),
    Column("line", Whole, primary_key=True, autoincrement=False),
    Column("percent", Words, nullable=False),
    Column("cost", Words, nullable=False),
    Column("insured", Words, nullable=False),
    Column("own", Words, nullable=False),
    Column("copayment", Words, nullable=False),
    Column("fund", Words, nullable=False),
    Column("others", Words, nullable=False),
    #: The rule that decided the line, and the ids of where it stands in the law.
    Column("rule", Words, nullable=False),
    Column("basis", Words, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "encounter_id", "version"],
        [
            "coverage_version.facility_id",
            "coverage_version.encounter_id",
            "coverage_version.version",
        ],
    ),
)
#: What a version did to an invoice that was issued: nothing about money changes without a row.
COVERAGE_EFFECT: Final = Table(
    "coverage_effect",
    METADATA,
    Column("facility_id", Whole, primary_key=True, autoincrement=False),
    Column("encounter_id", Id, primary_key=True),
    Column("version", Whole, primary_key=True, autoincrement=False),
    Column("invoice_id", Id, nullable=False),
    Column("kind", Words, nullable=False),
    Column("patient_before", Dong, nullable=False),
    Column("patient_after", Dong, nullable=False),
    #: What goes back: asked for at the payments, and freed of the advance.
    Column("asked_back", Dong, nullable=False),
    Column("freed", Dong, nullable=False),
    Column("txn_id", Id, nullable=True),
    Column("reason", Words, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", Words, nullable=False),
    ForeignKeyConstraint(
        ["facility_id", "encounter_id", "version"],
        [
            "coverage_version.facility_id",
            "coverage_version.encounter_id",
            "coverage_version.version",
        ],
    ),
    ForeignKeyConstraint(["facility_id", "invoice_id"], ["invoice.facility_id", "invoice.id"]),
    ForeignKeyConstraint(["facility_id", "txn_id"], ["ledger_txn.facility_id", "ledger_txn.id"]),
)
