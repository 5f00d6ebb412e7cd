"""
VNPAY's settlement file of a day.

The true layout is set by contract and not public; this one is our own (see the sandbox). Amounts
are whole đồng, refunds negative; the last line counts and sums the others.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from adapters._wire import fields
from adapters._wire.sheet import Layout, Row, rows
from payments.gateway import LineKind, SettlementLine
from payments.kernel.money import ZERO

LAYOUT: Final = Layout(
    columns=(
        "tmn_code",
        "txn_ref",
        "vnp_transaction_no",
        "bank_code",
        "bank_tran_no",
        "card_type",
        "transaction_type",
        "amount_vnd",
        "fee_vnd",
        "net_vnd",
        "pay_date",
        "settle_date",
        "status",
    ),
    merchant="tmn_code",
    count="txn_ref",
    gross="amount_vnd",
    fee="fee_vnd",
    net="net_vnd",
)
_KINDS: Final = {"01": LineKind.PAY, "02": LineKind.REFUND, "03": LineKind.REFUND}


def read(file: bytes, merchant: str) -> tuple[SettlementLine, ...]:
    """Read the whole file, or nothing of it. Raises InvalidField, which names the line."""
    return tuple(_line(row) for row in rows(file, LAYOUT, merchant))


def _line(row: Row) -> SettlementLine:
    kind = _KINDS.get(row.cells["transaction_type"])
    if kind is None:
        raise row.wrong("transaction_type")
    return SettlementLine(
        kind=kind,
        reference=row.cells["txn_ref"],
        transaction=row.cells["vnp_transaction_no"],
        gross=row.amount("amount_vnd"),
        fee=row.amount("fee_vnd"),
        tax=ZERO,
        net=row.amount("net_vnd"),
        occurred_at=_moment(row),
        settle_date=_settle_date(row),
        batch=row.cells["settle_date"],
        line=row.line,
    )


def _moment(row: Row) -> datetime:
    try:
        return fields.from_digits(row.cells, "pay_date")
    except ValueError as error:
        raise row.wrong("pay_date") from error


def _settle_date(row: Row) -> date:
    try:
        return datetime.strptime(row.cells["settle_date"], "%Y%m%d").date()  # noqa: DTZ007 - a day
    except ValueError as error:
        raise row.wrong("settle_date") from error
