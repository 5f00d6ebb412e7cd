"""A receipt at the desk: its prints, counted and marked; and the slip by which one pays later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.documents import typesetting
from payments.identity.permissions import Permission
from payments.intents import queries as intents
from payments.intents.paper import NoOpenCode, keep_on_paper
from payments.invoicing import queries as invoicing
from payments.kernel.errors import InvalidField
from payments.kernel.money import Money
from payments.receipts import printing, proving
from payments.receipts import queries as receipts
from payments.receipts.printing import NoReceipt, Print
from payments.receipts.queries import PaymentView
from payments.storage.unit_of_work import UnitOfWork
from payments.web import forms
from payments.web.cashier import papers
from payments.web.cashier.views import cashier
from payments.web.current import current, explain, runtime, scope
from payments.web.pages import render
from payments.web.security import requires


class Paper(StrEnum):
    """What a printer takes; the name of the paper's template follows from it."""

    A5 = "a5"
    ROLL = "roll"


#: A jammed printer is set right by then; later a print is a copy.
_PRINTER_WORKS: Final = timedelta(minutes=10)
_TEMPLATES: Final = {Paper.A5: "receipt.typ", Paper.ROLL: "roll.typ"}


@dataclass(frozen=True, slots=True)
class ReceiptPage:
    template: ClassVar[str] = "cashier/receipt.html"

    id: UUID
    invoice: UUID
    number: str
    patient_name: str
    amount: Money
    received_at: datetime
    prints: tuple[Print, ...]
    next_number: int
    may_print: bool
    reason: str
    failure: str


@cashier.get("/desk/receipts/<uuid:payment_id>")
@requires(Permission.COLLECT)
def receipt(payment_id: UUID) -> str:
    return render(_page(payment_id, "", ""))


@cashier.post("/desk/receipts/<uuid:payment_id>/prints")
@requires(Permission.COLLECT)
def print_receipt(payment_id: UUID) -> AnyResponse:
    with runtime().database.reading(scope()) as tx:
        _numbered(tx, payment_id)
    number = forms.whole(request.form.get("number", ""), "number", wrong="print_number")
    paper = _paper(request.form.get("paper", Paper.A5))
    typed = request.form.get("reason", "")
    try:
        reason = (
            ""
            if number == 1
            else forms.line_of_text(
                typed,
                "reason",
                letters_max=printing.REASON_MAX,
                wrong="print_reason",
            )
        )
        with runtime().database.transaction(scope()) as tx:
            printing.record(tx, payment_id, number, reason=reason, copies_most=_copies_most())
    except InvalidField as error:
        return Response(render(_page(payment_id, typed, explain(error))), 422)
    view = "cashier.printed"
    if "picture" in request.form:
        view, paper = "cashier.printed_picture", Paper.ROLL
    address = url_for(view, payment_id=payment_id, number=number, paper=paper)
    return redirect(address, 303)


@cashier.get("/desk/receipts/<uuid:payment_id>/prints/<int:number>.pdf")
@requires(Permission.COLLECT)
def printed(payment_id: UUID, number: int) -> Response:
    """
    Show a print that was counted, to whoever printed it and while the printer works.

    To anybody else, and later, it bears the mark of a paper to look at: nobody gets a second
    original by opening an address again.
    """
    paper = _paper(request.args.get("paper", Paper.A5))
    payment, data = _counted(payment_id, number)
    return _pdf(typesetting.pdf(_TEMPLATES[paper], data), f"{payment.receipt_number}-{number}")


@cashier.get("/desk/receipts/<uuid:payment_id>/prints/<int:number>.svg")
@requires(Permission.COLLECT)
def printed_picture(payment_id: UUID, number: int) -> Response:
    """Give the roll of a counted print as a picture, marked as ``printed`` marks the PDF."""
    _payment, data = _counted(payment_id, number)
    return Response(typesetting.picture(_TEMPLATES[Paper.ROLL], data), mimetype="image/svg+xml")


def _counted(payment_id: UUID, number: int) -> tuple[PaymentView, dict[str, object]]:
    with runtime().database.reading(scope()) as tx:
        payment = _numbered(tx, payment_id)
        found = [one for one in printing.prints(tx, payment_id) if one.number == number]
        if not found:
            raise NoReceipt()
        is_theirs = found[0].printed_by == tx.scope.actor
        is_fresh = tx.now() - found[0].printed_at <= _PRINTER_WORKS
        data = _data(tx, payment, found[0] if is_theirs and is_fresh else None)
    return payment, data


def to_look_at(payment_id: UUID) -> Response:
    """Give the paper to a program: marked as no print, and not counted."""
    with runtime().database.reading(scope()) as tx:
        payment = _numbered(tx, payment_id)
        data = _data(tx, payment, None)
    return _pdf(typesetting.pdf("receipt.typ", data), payment.receipt_number or "")


@cashier.post("/desk/invoices/<uuid:invoice_id>/slip")
@requires(Permission.COLLECT)
def print_slip(invoice_id: UUID) -> AnyResponse:
    """Let the code live as long as its paper, then give the paper."""
    keep_on_paper(runtime(), scope(), invoice_id)
    return redirect(url_for("cashier.slip", invoice_id=invoice_id), 303)


@cashier.get("/desk/invoices/<uuid:invoice_id>/slip.pdf")
@requires(Permission.COLLECT)
def slip(invoice_id: UUID) -> Response:
    with runtime().database.reading(scope()) as tx:
        invoice = invoicing.invoice(tx, runtime().keys, invoice_id)
        intent = intents.latest(tx, invoice_id)
    if intent is None or not intent.is_open or not intent.payload:
        raise NoOpenCode()
    return _pdf(typesetting.pdf("slip.typ", papers.slip(invoice, intent)), f"{invoice.number}-qr")


def _page(payment_id: UUID, reason: str, failure: str) -> ReceiptPage:
    with runtime().database.reading(scope()) as tx:
        payment = _numbered(tx, payment_id)
        prints = printing.prints(tx, payment_id)
        if payment.invoice is None:
            raise NoReceipt()
        invoice = invoicing.invoice(tx, runtime().keys, payment.invoice)
    return ReceiptPage(
        payment.id,
        invoice.id,
        payment.receipt_number or "",
        invoice.patient_name,
        payment.applied,
        payment.received_at,
        prints,
        next_number=len(prints) + 1,
        may_print=len(prints) <= _copies_most(),
        reason=reason[: printing.REASON_MAX],
        failure=failure,
    )


def _data(tx: UnitOfWork, payment: PaymentView, printed: Print | None) -> dict[str, object]:
    if payment.invoice is None:
        raise NoReceipt()
    invoice = invoicing.invoice(tx, runtime().keys, payment.invoice)
    reference = receipts.reference(tx, payment.id)
    return papers.receipt(payment, invoice, printed, reference, proving.seal_of(tx, payment.id))


def _numbered(tx: UnitOfWork, payment_id: UUID) -> PaymentView:
    payment = receipts.payment(tx, payment_id)
    if payment.invoice is None or payment.receipt_number is None:
        raise NoReceipt()
    return payment


def _copies_most() -> int:
    session = current().session
    may_more = session is not None and session.user.may(Permission.REPRINT)
    return printing.COPIES_MAX if may_more else printing.COPIES_OF_A_CASHIER


def _paper(asked: str) -> Paper:
    try:
        return Paper(asked)
    except ValueError:
        raise InvalidField("paper", "paper") from None


def _pdf(content: bytes, name: str) -> Response:
    return Response(
        content,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}.pdf"'},
    )
