"""
SePay's statement of payments by card; transfers land on our own account and are in the bank's.

The true layout is set by contract and not public; this one is our own (see the sandbox). Amounts
are whole đồng, what was voided negative; the last line counts and sums the others.
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
        "order_invoice_number",
        "transaction_id",
        "transaction_type",
        "payment_method",
        "amount",
        "fee",
        "net",
        "transaction_date",
        "settle_date",
    ),
    merchant="merchant",
    count="order_invoice_number",
    gross="amount",
    fee="fee",
    net="net",
)
_KINDS: Final = {"PAYMENT": LineKind.PAY, "REFUND": LineKind.REFUND}


def read(file: bytes, merchant: str) -> tuple[SettlementLine, ...]:
    """Read the whole file, or nothing of it. Raises InvalidField, which names the line."""
    return tuple(_line(row) for row in rows(file, LAYOUT, merchant))


def _line(row: Row) -> SettlementLine:
    kind = _KINDS.get(row.cells["transaction_type"])
    if kind is None:
        raise row.wrong("transaction_type")
    return SettlementLine(
        kind=kind,
        reference=row.cells["order_invoice_number"],
        transaction=row.cells["transaction_id"],
        gross=row.amount("amount"),
        fee=row.amount("fee"),
        tax=ZERO,
        net=row.amount("net"),
        occurred_at=_moment(row),
        settle_date=row.day("settle_date"),
        batch=row.cells["settle_date"],
        line=row.line,
    )


def _moment(row: Row) -> datetime:
    try:
        return fields.local_time(dict(row.cells), "transaction_date")
    except ValueError as error:
        raise row.wrong("transaction_date") from error
