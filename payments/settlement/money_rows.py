"""What the insurer paid for the claims of a period: advances, notices, receipts, what is left."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Column, ForeignKeyConstraint, Table

from payments.storage.columns import METADATA, Day, Dong, Id, UtcTime, Whole, Words


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


FUND_ADVANCE: Final = _table(
    "fund_advance",
    _key("id", Id),
    _must("period_id", Id),
    _must("credit_id", Id),
    _must("amount", Dong),
    _must("txn_id", Id),
    _must("made_at", UtcTime),
    _must("made_by", Words),
    _to("claim_period", "period_id"),
    _to("bank_credit", "credit_id"),
    _to("ledger_txn", "txn_id"),
)
SETTLEMENT_NOTICE: Final = _table(
    "settlement_notice",
    _key("id", Id),
    _must("period_id", Id),
    _must("number", Words),
    _must("noticed_on", Day),
    _must("total", Dong),
    #: What of it the advance has paid already.
    _must("set_off", Dong),
    _may("txn_id", Id),
    _must("made_at", UtcTime),
    _must("made_by", Words),
    _to("claim_period", "period_id"),
    _to("ledger_txn", "txn_id"),
)
SETTLEMENT_LINE: Final = _table(
    "settlement_line",
    _key("notice_id", Id),
    _key("claim_id", Id),
    _must("amount", Dong),
    _must("set_off", Dong),
    _to("settlement_notice", "notice_id"),
    _to("claim", "claim_id"),
)
FUND_RECEIPT: Final = _table(
    "fund_receipt",
    _key("id", Id),
    _must("period_id", Id),
    _must("credit_id", Id),
    _must("amount", Dong),
    _must("made_at", UtcTime),
    _must("made_by", Words),
    _to("claim_period", "period_id"),
    _to("bank_credit", "credit_id"),
)
FUND_RECEIPT_LINE: Final = _table(
    "fund_receipt_line",
    _key("receipt_id", Id),
    _key("claim_id", Id),
    _must("amount", Dong),
    _must("txn_id", Id),
    _to("fund_receipt", "receipt_id"),
    _to("claim", "claim_id"),
    _to("ledger_txn", "txn_id"),
)
#: What was left of an advance: carried to another quarter, or paid back.
ADVANCE_MOVE: Final = _table(
    "advance_move",
    _key("id", Id),
    _must("kind", Words),
    _must("notice_id", Id),
    _must("from_period_id", Id),
    _may("to_period_id", Id),
    _may("credit_id", Id),
    _must("amount", Dong),
    _must("txn_id", Id),
    _must("made_at", UtcTime),
    _must("made_by", Words),
    _to("settlement_notice", "notice_id"),
    _to("claim_period", "from_period_id"),
    _to("claim_period", "to_period_id"),
    _to("bank_credit", "credit_id"),
    _to("ledger_txn", "txn_id"),
)
