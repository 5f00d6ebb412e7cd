"""Invoices: cancelled and credited."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import fields, validate

from payments.intents.service import cancel_invoice as cancel
from payments.intents.service import credit_invoice as credit
from payments.kernel.errors import InvalidField
from payments.tokens.model import TokenScope
from payments.web.api import once
from payments.web.api.blueprint import Says, operation
from payments.web.api.fields import AmountDocument, Strict
from payments.web.api.invoice_documents import InvoiceDocument, made
from payments.web.current import runtime, scope

_REASON = validate.Length(3, 200)


class CancellationDocument(Strict):
    reason = fields.String(required=True, validate=_REASON)


class NewPartDocument(Strict):
    department_code = fields.String(required=True, validate=validate.Length(1, 30))
    amount = fields.Nested(AmountDocument, required=True)


class NewCreditNoteDocument(Strict):
    """What is taken off, by department."""

    reason = fields.String(required=True, validate=_REASON)
    amounts = fields.List(
        fields.Nested(NewPartDocument), required=True, validate=validate.Length(1, 50)
    )


@operation(
    "POST",
    "/invoices/<uuid:invoice_id>/cancel",
    TokenScope.INVOICES_WRITE,
    Says(
        InvoiceDocument,
        body=CancellationDocument,
        example={"reason": "Người bệnh đổi dịch vụ"},
    ),
)
def cancel_invoice(asked: dict[str, Any], invoice_id: UUID) -> Response:
    """Cancel an invoice on which nothing was paid; its codes end with it."""
    return once.answered(
        asked,
        lambda around, key: cancel(runtime(), scope(), invoice_id, asked["reason"], around=around),
        lambda tx, _: made(tx, invoice_id, 200),
    )


@operation(
    "POST",
    "/invoices/<uuid:invoice_id>/credit-notes",
    TokenScope.INVOICES_WRITE,
    Says(
        InvoiceDocument,
        status=201,
        body=NewCreditNoteDocument,
        example={
            "reason": "Giảm giá theo quyết định",
            "amounts": [{"department_code": "KB", "amount": {"amount": 50000, "currency": "VND"}}],
        },
    ),
)
def credit_invoice(asked: dict[str, Any], invoice_id: UUID) -> Response:
    """
    Reduce an issued invoice by department.

    What was paid beyond the rest stays visible until a refund is approved; an open code is replaced
    by one for the rest.
    """
    amounts = {part["department_code"]: part["amount"] for part in asked["amounts"]}
    if len(amounts) != len(asked["amounts"]):
        raise InvalidField("department", "credit_department_twice")
    return once.answered(
        asked,
        lambda around, key: credit(
            runtime(), scope(), invoice_id, amounts, reason=asked["reason"], key=key, around=around
        ),
        lambda tx, _: made(tx, invoice_id, 201),
    )
