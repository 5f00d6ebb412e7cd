"""
ZaloPay's settlement file of a day.

The true layout is set by contract and not public; this one is our own (see the sandbox). Amounts
are whole đồng, refunds negative; the last line counts and sums the others. A discount is between
ZaloPay and the payer: the net is the order's amount less the merchant's fee.
"""

from __future__ import annotations

from typing import Final

from adapters._wire.sheet import Layout, Row, rows
from adapters.zalopay.requests import reference_of
from payments.gateway import LineKind, SettlementLine
from payments.kernel.money import ZERO

LAYOUT: Final = Layout(
    columns=(
        "app_id",
        "app_trans_id",
        "zp_trans_id",
        "type",
        "m_refund_id",
        "amount",
        "discount_amount",
        "user_fee_amount",
        "merchant_fee",
        "net",
        "channel",
        "server_time",
        "settle_date",
    ),
    merchant="app_id",
    count="app_trans_id",
    gross="amount",
    fee="merchant_fee",
    net="net",
)


def read(file: bytes, app_id: int) -> tuple[SettlementLine, ...]:
    """Read the whole file, or nothing of it. Raises InvalidField, which names the line."""
    return tuple(_line(row) for row in rows(file, LAYOUT, str(app_id)))


def _line(row: Row) -> SettlementLine:
    # A refund has no number of its own here: our name of it tells parts of one payment apart.
    match row.cells["type"]:
        case "PAY":
            kind, transaction = LineKind.PAY, row.cells["zp_trans_id"]
        case "REFUND":
            kind, transaction = LineKind.REFUND, row.cells["m_refund_id"]
        case _:
            raise row.wrong("type")
    return SettlementLine(
        kind=kind,
        reference=reference_of(row.cells["app_trans_id"]),
        transaction=transaction,
        gross=row.amount("amount"),
        fee=row.amount("merchant_fee"),
        tax=ZERO,
        net=row.amount("net"),
        occurred_at=row.moment("server_time"),
        settle_date=row.day("settle_date"),
        batch=row.cells["settle_date"],
        line=row.line,
    )
