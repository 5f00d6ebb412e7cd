"""
MoMo's settlement file of a day.

The true layout is set by contract and not public; this one is our own (see the sandbox). Amounts
are whole đồng, refunds negative; the last line counts and sums the others.
"""

from __future__ import annotations

from typing import Final

from adapters._wire.sheet import Layout, Row, rows
from payments.gateway import LineKind, SettlementLine
from payments.kernel.money import ZERO

LAYOUT: Final = Layout(
    columns=(
        "partner_code",
        "order_id",
        "request_id",
        "trans_id",
        "type",
        "amount",
        "fee",
        "net",
        "pay_type",
        "trans_time",
        "settle_date",
        "status",
    ),
    merchant="partner_code",
    count="order_id",
    gross="amount",
    fee="fee",
    net="net",
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
        reference=row.cells["order_id"],
        transaction=row.cells["trans_id"],
        gross=row.amount("amount"),
        fee=row.amount("fee"),
        tax=ZERO,
        net=row.amount("net"),
        occurred_at=row.moment("trans_time"),
        settle_date=row.day("settle_date"),
        batch=row.cells["settle_date"],
        line=row.line,
    )
