"""Invoices: read, listed and issued."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from flask import Response
from marshmallow import fields, validate

from payments.invoicing import listing, service
from payments.invoicing.listing import Position, Wanted
from payments.invoicing.model import LINES_MAX, LineRequest, PatientRequest
from payments.invoicing.queries import InvoiceView
from payments.invoicing.service import IssueRequest
from payments.invoicing.status import Document, Payment
from payments.tokens.model import TokenScope
from payments.web import forms
from payments.web.api import cursors, once
from payments.web.api.blueprint import Says, operation
from payments.web.api.fields import Day, Strict
from payments.web.api.invoice_documents import (
    InvoiceDocument,
    InvoiceSummaryDocument,
    made,
    summary,
    whole,
)
from payments.web.api.paging import PageQuery, next_cursor, page, position
from payments.web.api.patients import FILE_NUMBER
from payments.web.current import runtime, scope

_NAME_LETTERS_MAX: Final = 120
EXAMPLE: Final = {
    "patient": {"name": "NGUYỄN VĂN THỬ", "birth_year": 1958, "file_number": "99-000123"},
    "lines": [{"service": "KB01", "quantity": 1}],
}


class InvoicesQuery(PageQuery):
    document = fields.Enum(Document, by_value=fields.String, metadata={"description": "State."})
    payment = fields.Enum(Payment, by_value=fields.String, metadata={"description": "Paid state."})
    day = Day(metadata={"description": "Day of issue in Vietnam."})
    file_number = fields.String(
        validate=validate.Regexp(FILE_NUMBER),
        metadata={"description": "The hospital's number of the patient."},
    )


class InvoicesDocument(Strict):
    """A page of invoices, newest first."""

    items = fields.List(fields.Nested(InvoiceSummaryDocument), required=True)
    next = next_cursor()


class NewPatientDocument(Strict):
    """Who is billed; known by the file number, and renamed if the name has changed."""

    name = fields.String(required=True, validate=validate.Length(1, _NAME_LETTERS_MAX))
    birth_year = fields.Integer(required=True, strict=True, validate=validate.Range(1900, 2100))
    file_number = fields.String(required=True, validate=validate.Regexp(FILE_NUMBER))


class NewLineDocument(Strict):
    service = fields.String(
        required=True,
        validate=validate.Length(1, 30),
        metadata={"description": "A code of the price list."},
    )
    quantity = fields.Integer(
        load_default=1, strict=True, validate=validate.Range(1, 999), metadata={"default": 1}
    )


class NewInvoiceDocument(Strict):
    """What is ordered; the prices are those of today, never the caller's."""

    patient = fields.Nested(NewPatientDocument, required=True)
    lines = fields.List(
        fields.Nested(NewLineDocument), required=True, validate=validate.Length(1, LINES_MAX)
    )


@operation(
    "GET",
    "/invoices",
    TokenScope.INVOICES_READ,
    Says(InvoicesDocument, query=InvoicesQuery, also=(400,)),
)
def list_invoices(asked: dict[str, Any]) -> Any:
    """List invoices, newest first, by state, day and patient."""
    wanted = Wanted(
        asked.get("document"), asked.get("payment"), asked.get("day"), asked.get("file_number")
    )
    about = f"invoices:{wanted}"
    begins = position(asked, about)
    after = None
    if begins is not None:
        after = Position(datetime.fromisoformat(str(begins[0])), UUID(str(begins[1])))
    with runtime().database.reading(scope()) as tx:
        found = listing.page(tx, runtime().keys, wanted, after=after, limit=asked["limit"] + 1)
    items, cursor = page(found, asked["limit"], about, _at)
    told = {"items": [summary(view) for view in items], "next": cursor}
    return told, 200, cursors.link(cursor)


@operation("GET", "/invoices/<uuid:invoice_id>", TokenScope.INVOICES_READ, Says(InvoiceDocument))
def read_invoice(invoice_id: UUID) -> Any:
    """Read one invoice with its lines and credit notes."""
    with runtime().database.reading(scope()) as tx:
        return whole(tx, invoice_id)


@operation(
    "POST",
    "/invoices",
    TokenScope.INVOICES_WRITE,
    Says(InvoiceDocument, status=201, body=NewInvoiceDocument, example=EXAMPLE),
)
def issue_invoice(asked: dict[str, Any]) -> Response:
    """Issue an invoice at today's prices and book what the patient owes."""
    patient = asked["patient"]
    name = forms.line_of_text(
        patient["name"], "name", letters_max=_NAME_LETTERS_MAX, wrong="patient_name"
    )
    billed = PatientRequest(name.upper(), patient["birth_year"], patient["file_number"])
    lines = tuple(LineRequest(line["service"], line["quantity"]) for line in asked["lines"])
    return once.answered(
        asked,
        lambda around, key: service.issue(
            runtime(), scope(), IssueRequest(billed, lines, key), around=around
        ),
        lambda tx, invoice: made(tx, invoice, 201),
    )


def _at(view: InvoiceView) -> tuple[str, str]:
    return view.issued_at.isoformat(), str(view.id)
