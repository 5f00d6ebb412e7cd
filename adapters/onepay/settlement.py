"""
OnePay's settlement file of a day.

The true layout is set by contract and not public; this one is our own (see the sandbox). Amounts
are whole đồng, refunds negative; the last line counts and sums the others.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from adapters._wire import fields
from adapters._wire.sheet import Layout, Row, rows
from payments.gateway import LineKind, SettlementLine
from payments.kernel.money import ZERO

LAYOUT: Final = Layout(
    columns=(
        "merchant",
        "merch_txn_ref",
        "transaction_no",
        "type",
        "card",
        "amount_vnd",
        "fee_vnd",
        "net_vnd",
        "transaction_time",
        "settle_date",
    ),
    merchant="merchant",
    count="merch_txn_ref",
    gross="amount_vnd",
    fee="fee_vnd",
    net="net_vnd",
)
_KINDS: Final = {"PAY": LineKind.PAY, "REFUND": LineKind.REFUND}


def read(file: bytes, merchant: str) -> tuple[SettlementLine, ...]:
    """Read the whole file, or nothing of it. Raises InvalidField, which names the line."""
    return tuple(_line(row) for row in rows(file, LAYOUT, merchant))


def _line(row: Row) -> SettlementLine:
    kind = _KINDS.get(row.cells["type"])
    if kind is None:
        raise row.wrong("type")
    return SettlementLine(
        kind=kind,
        reference=row.cells["merch_txn_ref"],
        transaction=row.cells["transaction_no"],
        gross=row.amount("amount_vnd"),
        fee=row.amount("fee_vnd"),
        tax=ZERO,
        net=row.amount("net_vnd"),
        occurred_at=_moment(row),
        settle_date=row.day("settle_date"),
        batch=row.cells["settle_date"],
        line=row.line,
    )


def _moment(row: Row) -> datetime:
    try:
        return fields.local_time(dict(row.cells), "transaction_time")
    except ValueError as error:
        raise row.wrong("transaction_time") from error
