"""Claims as they were sent, what the insurer made of them, and the periods they are settled in."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Blob, Day, Dong, Flag, Id, UtcTime, Whole, Words


def _must(name: str, type_: Any) -> Column[Any]:
    return Column(name, type_, nullable=False)


def _may(name: str, type_: Any) -> Column[Any]:
    return Column(name, type_, nullable=True)


def _key(name: str, type_: Any) -> Column[Any]:
    return Column(name, type_, primary_key=True, autoincrement=False)


def _to(table: str, column: str, name: str = "id") -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["facility_id", column], [f"{table}.facility_id", f"{table}.{name}"]
    )


def _table(name: str, *items: Any) -> Table:
    return Table(name, METADATA, _key("facility_id", Whole), *items)


#: A month belongs to a quarter; a quarter has advances, notices and receipts.
CLAIM_PERIOD: Final = _table(
    "claim_period",
    _key("id", Id),
    _must("agency", Words),
    _must("kind", Words),
    _must("name", Words),
    _may("quarter_id", Id),
    _must("state", Words),
    _may("reported_on", Day),
    #: What the form says of the fund: 01/BH of a month, 02/BH of a quarter.
    _may("form_fund", Dong),
    _to("claim_period", "quarter_id"),
)
#: Files as they came, also those that were refused.
CLAIM_FILE: Final = _table(
    "claim_file",
    _key("id", Id),
    _must("sha256", Blob),
    _must("content_sealed", Blob),
    _must("size_bytes", Whole),
    _must("verdict", Words),
    _must("findings_sealed", Blob),
    _must("rules_version", Words),
    _must("purpose", Words),
    _must("made_at", UtcTime),
    _must("made_by", Words),
)
#: Files that a person wants at the portal: the worker sends them.
CLAIM_FILE_ERRAND: Final = _table(
    "claim_file_errand",
    _key("id", Id),
    _must("file_id", Id),
    _must("is_again", Flag),
    _must("state", Words),
    #: Why it ended without an answer, or why its claims could not be booked as sent; else empty.
    _must("problem", Words),
    _must("attempts", Whole),
    _must("next_at", UtcTime),
    _must("asked_at", UtcTime),
    _must("asked_by", Words),
    _may("done_at", UtcTime),
    _to("claim_file", "file_id"),
)
CLAIM: Final = _table(
    "claim",
    _key("id", Id),
    _must("ma_lk", Words),
    _must("period_id", Id),
    _must("agency", Words),
    _must("version", Whole),
    _must("state", Words),
    #: What the current version asks of the fund, whole đồng.
    _must("fund", Dong),
    _must("requested", Dong),
    #: By how much form 01/BH says more than the claims of its month together (P46).
    _must("rounding", Dong),
    _must("refused", Dong),
    _must("won", Dong),
    _must("written_off", Dong),
    #: What of the refused amounts the patient owes by a decision (P35).
    _must("charged", Dong),
    _must("settled", Dong),
    _must("set_off", Dong),
    _must("paid", Dong),
    _must("submissions", Whole),
    _must("is_booked_here", Flag),
    _must("portal_number", Words),
    _may("encounter_id", Id),
    _may("sent_on", Day),
    _may("assessed_on", Day),
    _to("claim_period", "period_id"),
    _to("encounter", "encounter_id"),
)
CLAIM_VERSION: Final = _table(
    "claim_version",
    _key("claim_id", Id),
    _key("version", Whole),
    _must("file_id", Id),
    _must("place", Whole),
    #: Codes and sums of XML1, as they were declared: no name, no card.
    _must("totals", Words),
    _must("reason", Words),
    _must("made_at", UtcTime),
    _must("made_by", Words),
    _to("claim", "claim_id"),
    _to("claim_file", "file_id"),
)
CLAIM_LINE: Final = _table(
    "claim_line",
    _key("claim_id", Id),
    _key("version", Whole),
    _key("table_name", Words),
    _key("stt", Whole),
    _must("code", Words),
    _must("asked", Dong),
    ForeignKeyConstraint(
        ["facility_id", "claim_id", "version"],
        ["claim_version.facility_id", "claim_version.claim_id", "claim_version.version"],
    ),
)
CLAIM_STEP: Final = _table(
    "claim_step",
    _key("id", Id),
    _must("claim_id", Id),
    _must("event", Words),
    _must("amount", Dong),
    _must("reason", Words),
    _may("txn_id", Id),
    _must("made_at", UtcTime),
    _must("made_by", Words),
    _to("claim", "claim_id"),
    _to("ledger_txn", "txn_id"),
)
ASSESSMENT_MAP: Final = _table(
    "assessment_map",
    _key("name", Words),
    _must("columns", Words),
    _must("saved_at", UtcTime),
    _must("saved_by", Words),
)
ASSESSMENT_BATCH: Final = _table(
    "assessment_batch",
    _key("id", Id),
    _must("period_id", Id),
    _must("sha256", Blob),
    _must("content_sealed", Blob),
    _must("columns", Words),
    _must("reach", Words),
    _must("received_on", Day),
    _must("lines", Whole),
    _must("made_at", UtcTime),
    _must("made_by", Words),
    _to("claim_period", "period_id"),
)
ASSESSMENT_LINE: Final = _table(
    "assessment_line",
    _key("batch_id", Id),
    _key("line", Whole),
    _must("ma_lk", Words),
    _may("claim_id", Id),
    _must("table_name", Words),
    _must("stt", Whole),
    _must("portal_xml1_id", Words),
    _must("portal_cost_id", Words),
    _must("status", Words),
    _must("reason_code", Words),
    _must("asked", Dong),
    _must("accepted", Dong),
    _must("refused", Dong),
    #: The free texts of the row, which may hold names.
    _must("texts_sealed", Blob),
    _to("assessment_batch", "batch_id"),
    _to("claim", "claim_id"),
)
#: Lines about visits that we never claimed.
ASSESSMENT_ORPHAN: Final = _table(
    "assessment_orphan",
    _key("batch_id", Id),
    _key("line", Whole),
    _must("owner", Words),
    _must("deadline", Day),
    _must("state", Words),
    _must("reason", Words),
    _may("closed_by", Words),
    ForeignKeyConstraint(
        ["facility_id", "batch_id", "line"],
        ["assessment_line.facility_id", "assessment_line.batch_id", "assessment_line.line"],
    ),
)
REFUSAL: Final = _table(
    "refusal",
    _key("id", Id),
    _must("claim_id", Id),
    _must("batch_id", Id),
    _must("line", Whole),
    _must("table_name", Words),
    _must("stt", Whole),
    _must("reason_code", Words),
    _must("amount", Dong),
    _must("won", Dong),
    _must("state", Words),
    _must("owner", Words),
    _must("deadline", Day),
    _must("refused_on", Day),
    _must("note", Words),
    _may("asked_by", Words),
    _may("approved_by", Words),
    _to("claim", "claim_id"),
    ForeignKeyConstraint(
        ["facility_id", "batch_id", "line"],
        ["assessment_line.facility_id", "assessment_line.batch_id", "assessment_line.line"],
    ),
)
#: What of a refusal the patient owes, on which invoice, by whose decision and which article.
REFUSAL_CHARGE: Final = _table(
    "refusal_charge",
    _key("refusal_id", Id),
    _must("invoice_id", Id),
    _must("amount", Dong),
    _must("reason", Words),
    _must("legal_basis", Words),
    _must("txn_id", Id),
    _must("made_at", UtcTime),
    _must("made_by", Words),
    _to("refusal", "refusal_id"),
    _to("invoice", "invoice_id"),
    _to("ledger_txn", "txn_id"),
)
