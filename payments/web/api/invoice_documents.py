"""An invoice as programs see it: amounts, states and lines; the patient's name is masked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import url_for
from marshmallow import fields

from payments.invoicing import listing, queries
from payments.invoicing.queries import InvoiceView
from payments.invoicing.status import Document, Payment
from payments.patients.service import masked
from payments.storage.unit_of_work import UnitOfWork
from payments.web.api.fields import Strict, identifier, moment, money, text
from payments.web.api.once import Made
from payments.web.current import runtime


class BilledDocument(Strict):
    """Who is billed."""

    file_number = text("The hospital's number of the patient.")
    name = text("Masked.")


class LineDocument(Strict):
    """One service on the invoice, at the price of the day of issue."""

    description = text("Name of the service.")
    department_code = text("Revenue centre.")
    quantity = fields.Integer(required=True)
    unit_price = money("Price of one.")
    amount = money("Price of the line.")


class PartDocument(Strict):
    """What a credit note takes off in one department."""

    department_code = text("Revenue centre.")
    amount = money("Taken off.")


class CreditNoteDocument(Strict):
    """A reduction of an issued invoice."""

    id = identifier("Of the note.")
    number = text("Number of the note.")
    amount = money("Taken off in all.")
    reason = text("As it was given.")
    made_at = moment("When.")
    parts = fields.List(fields.Nested(PartDocument), required=True)


class InvoiceSummaryDocument(Strict):
    """An invoice in a list."""

    id = identifier("Of the invoice.")
    number = text("As it stands on paper.", example="VP26000123")
    document = fields.Enum(Document, by_value=fields.String, required=True)
    payment = fields.Enum(Payment, by_value=fields.String, required=True)
    version = fields.Integer(
        required=True, metadata={"description": "Grows with every change that a screen shows."}
    )
    patient = fields.Nested(BilledDocument, required=True)
    total = money("Sum of the lines.")
    credited = money("Taken off by credit notes.")
    paid = money("Paid on it.")
    refunded = money("Given back of what was paid.")
    due = money("Still to be paid: what a code opened now asks for.")
    issued_at = moment("When.", allow_none=True)
    cancel_reason = text("Empty unless cancelled.")
    pay_link = text("Page for the patient; who has it sees the amount and pays.")


class InvoiceDocument(InvoiceSummaryDocument):
    """An invoice with its lines and credit notes."""

    lines = fields.List(fields.Nested(LineDocument), required=True)
    credit_notes = fields.List(fields.Nested(CreditNoteDocument), required=True)


def summary(view: InvoiceView) -> dict[str, Any]:
    """Say an invoice without its lines."""
    return {
        "id": view.id,
        "number": view.number,
        "document": view.document,
        "payment": view.payment,
        "version": view.version,
        "patient": {"file_number": view.file_number, "name": masked(view.patient_name)},
        "total": view.total,
        "covered": view.covered,
        "credited": view.credited,
        "paid": view.paid,
        "refunded": view.refunded,
        "due": view.due,
        "issued_at": view.issued_at,
        "cancel_reason": view.cancel_reason,
        "pay_link": runtime().settings.public_url + url_for("patient.pay", token=view.pay_token),
    }


def whole(tx: UnitOfWork, invoice: UUID) -> dict[str, Any]:
    """Read an invoice with all that belongs to it. Raises NotFound."""
    view = queries.invoice(tx, runtime().keys, invoice)
    return {
        **summary(view),
        "lines": view.lines,
        "credit_notes": [
            {
                "id": note.id,
                "number": note.number,
                "amount": note.amount,
                "reason": note.reason,
                "made_at": note.made_at,
                "parts": [{"department_code": code, "amount": part} for code, part in note.parts],
            }
            for note in listing.credit_notes(tx, invoice)
        ],
    }


def made(tx: UnitOfWork, invoice: UUID, status: int) -> Made:
    """Answer a change with the invoice as the change left it."""
    location = url_for("api.read_invoice", invoice_id=invoice) if status == 201 else ""
    return Made(status, f"invoice:{invoice}", InvoiceDocument(), whole(tx, invoice), location)
