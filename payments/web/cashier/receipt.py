"""The paper: a receipt as PDF."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import Response, url_for

from payments.documents import typesetting
from payments.documents.words import in_words
from payments.identity.permissions import Permission
from payments.invoicing import queries as invoicing
from payments.invoicing.queries import InvoiceView
from payments.kernel.errors import NotFound
from payments.qr import drawing
from payments.receipts import queries as receipts
from payments.receipts.queries import PaymentView
from payments.web.cashier.views import cashier
from payments.web.current import current, is_trial, runtime, scope
from payments.web.pages import facility_name
from payments.web.security import requires
from payments.words.catalogue import DEFAULT, say
from payments.words.formats import digits, local_time, vnd

#: What fits on A5 above the sums; the rest is on the invoice itself.
_LINES_MAX: Final = 6
_SERVICE_LETTERS_MAX: Final = 60
_METHODS: Final = {
    "bank": "pay.bank_transfer",
    "cash": "pay.cash",
    "gateway": "pay.wallet",
}


class NoReceipt(NotFound):
    """The payment has no receipt: nothing of it was applied, or its number is still to come."""

    code = "no-receipt"


@cashier.get("/desk/receipts/<uuid:payment_id>.pdf")
@requires(Permission.COLLECT)
def receipt(payment_id: UUID) -> Response:
    with runtime().database.reading(scope()) as tx:
        payment = receipts.payment(tx, payment_id)
        if payment.invoice is None or payment.receipt_number is None:
            raise NoReceipt()
        invoice = invoicing.invoice(tx, runtime().keys, payment.invoice)
    page = typesetting.pdf("receipt.typ", _data(payment, invoice))
    name = f"{payment.receipt_number}.pdf"
    return Response(
        page,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )


def _data(payment: PaymentView, invoice: InvoiceView) -> dict[str, object]:
    """Put the words of the paper together; a receipt is always Vietnamese."""
    session = current().session
    link = runtime().settings.public_url + url_for("patient.pay", token=invoice.pay_token)
    more = len(invoice.lines) - _LINES_MAX
    return {
        "number": payment.receipt_number,
        "title": say("receipt.one", DEFAULT).upper(),
        "notice": say("receipt.not_tax_invoice", DEFAULT),
        "sandbox": say("banner.sandbox", DEFAULT),
        "is_trial": is_trial(),
        "hospital": facility_name().upper(),
        "facility": str(scope().facility),
        "received_at": local_time(payment.received_at),
        "printed_at": local_time(runtime().clock.now()),
        "patient": invoice.patient_name,
        "birth_year": str(invoice.birth_year),
        "file_number": invoice.file_number,
        "invoice_number": invoice.number,
        "method": say(_METHODS[payment.method], DEFAULT),
        "lines": [
            {
                "position": str(position),
                "service": _short(line.description),
                "quantity": str(line.quantity),
                "unit_price": digits(line.unit_price),
                "amount": digits(line.amount),
            }
            for position, line in enumerate(invoice.lines[:_LINES_MAX], start=1)
        ],
        "more_lines": say("receipt.more_lines", DEFAULT, {"n": more}) if more > 0 else "",
        "reductions": (
            [{"label": say("receipt.reduction", DEFAULT), "amount": vnd(-invoice.credited)}]
            if invoice.credited
            else []
        ),
        "total": vnd(invoice.total),
        "amount": vnd(payment.applied),
        "due": vnd(invoice.due),
        "words": in_words(payment.applied),
        "cashier": session.user.name if session else "",
        "qr": drawing.svg(link, invoice.number),
    }


def _short(name: str) -> str:
    """Keep a service on one line of the paper; the whole name is on the invoice."""
    if len(name) <= _SERVICE_LETTERS_MAX:
        return name
    return f"{name[: _SERVICE_LETTERS_MAX - 1].rstrip()}…"
