"""Money that was received for an invoice, and its paper."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, url_for
from marshmallow import fields

from payments.invoicing import queries as invoicing
from payments.receipts import queries
from payments.receipts.model import Flag
from payments.receipts.queries import PaymentView
from payments.tokens.model import TokenScope
from payments.web.api.blueprint import Says, operation
from payments.web.api.fields import Strict, identifier, moment, money, text
from payments.web.cashier.receipt import to_look_at
from payments.web.current import runtime, scope


class PaymentDocument(Strict):
    """Money received once, and what it paid."""

    id = identifier("Of the payment.")
    invoice_id = identifier("What it was for; null where nobody knows yet.", allow_none=True)
    method = text("bank, cash or gateway.")
    received = money("What came.")
    applied = money("What of it paid the invoice.")
    suspense = money("What of it waits for a person.")
    flags = fields.List(
        fields.Enum(Flag, by_value=fields.String),
        required=True,
        metadata={"description": "What was odd; empty where nothing was."},
    )
    received_at = moment("When, by the bank.")
    receipt_number = text("Null until it is numbered, within a second.", allow_none=True)
    receipt = text("The paper, with the token; null until it is numbered.", allow_none=True)


class PaymentsDocument(Strict):
    """All payments that named the invoice, first first."""

    items = fields.List(fields.Nested(PaymentDocument), required=True)


@operation(
    "GET",
    "/invoices/<uuid:invoice_id>/payments",
    TokenScope.PAYMENTS_READ,
    Says(PaymentsDocument),
)
def list_payments(invoice_id: UUID) -> Any:
    """List the payments of an invoice with their receipts."""
    with runtime().database.reading(scope()) as tx:
        invoicing.version(tx, invoice_id)
        found = queries.of_invoice(tx, invoice_id)
    return {"items": [_told(payment) for payment in found]}


@operation("GET", "/payments/<uuid:payment_id>", TokenScope.PAYMENTS_READ, Says(PaymentDocument))
def read_payment(payment_id: UUID) -> Any:
    """Read one payment."""
    with runtime().database.reading(scope()) as tx:
        return _told(queries.payment(tx, payment_id))


@operation(
    "GET",
    "/payments/<uuid:payment_id>/receipt.pdf",
    TokenScope.PAYMENTS_READ,
    Says(content_type="application/pdf"),
)
def print_receipt(payment_id: UUID) -> Response:
    """Get the receipt to look at, marked as no print, always in Vietnamese."""
    return to_look_at(payment_id)


def _told(view: PaymentView) -> dict[str, Any]:
    has_paper = view.invoice is not None and view.receipt_number is not None
    return {
        "id": view.id,
        "invoice_id": view.invoice,
        "method": view.method,
        "received": view.received,
        "applied": view.applied,
        "suspense": view.suspense,
        "flags": sorted(view.flags),
        "received_at": view.received_at,
        "receipt_number": view.receipt_number,
        "receipt": url_for("api.print_receipt", payment_id=view.id) if has_paper else None,
    }
