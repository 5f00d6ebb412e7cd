"""An invoice on the desk: what is due, the code, what has arrived."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple
from uuid import UUID

from flask import Response, jsonify, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.intents import queries as intents
from payments.intents.service import cancel_invoice, open_intent
from payments.invoicing import exemptions
from payments.invoicing import queries as invoicing
from payments.invoicing.queries import InvoiceView
from payments.invoicing.service import REASON_MAX, REASON_MIN
from payments.invoicing.status import Document
from payments.kernel.errors import Unavailable
from payments.kernel.money import ZERO, Money
from payments.receipts import cash, printing
from payments.receipts import queries as receipts
from payments.receipts.cash import Cash
from payments.receipts.queries import PaymentView
from payments.refunds import queries as refunds
from payments.storage.unit_of_work import UnitOfWork
from payments.web import chips, codes, forms
from payments.web import place as places
from payments.web.addresses import url_for
from payments.web.cashier import holds, place
from payments.web.cashier.insured_part import part_of
from payments.web.cashier.pages import InvoicePage, PaymentRow
from payments.web.cashier.paying import pay_box
from payments.web.cashier.till import open_here
from payments.web.cashier.trays import trays
from payments.web.cashier.views import cashier
from payments.web.current import current, prints_itself, runtime, scope
from payments.web.pages import render
from payments.web.plans import asked_of
from payments.web.security import requires
from payments.web.taken_back import taken_back

#: Older money is not printed by itself: somebody only looks at an invoice of before.
_FRESH: Final = timedelta(minutes=2)


class NoChannel(Unavailable):
    """No channel of this facility can show a payment code."""

    code = "no-channel"


@cashier.get("/desk/invoices/<uuid:invoice_id>")
@requires(Permission.COLLECT)
def show(invoice_id: UUID) -> str:
    page = _page(invoice_id)
    places.moved_on(invoice_id)
    return render(page)


@cashier.get("/desk/invoices/<uuid:invoice_id>/status")
@requires(Permission.COLLECT, is_background=True)
def status(invoice_id: UUID) -> Response:
    """Say whether the page is still true: one indexed row, nothing personal, nothing written."""
    with runtime().database.reading(scope()) as tx:
        version = invoicing.version(tx, invoice_id)
    if request.args.get("seen") == str(version):
        return Response(status=204)
    return jsonify({"version": version})


@cashier.get("/desk/tray/status")
@requires(Permission.COLLECT, is_background=True)
def tray_status() -> Response:
    """Say whether the open codes of this person still stand as the page shows them."""
    with runtime().database.reading(scope()) as tx:
        version = intents.tray_version(tx, tx.scope.actor, within=runtime().settings.code_life)
    if request.args.get("seen") == version:
        return Response(status=204)
    return jsonify({"version": version})


@cashier.post("/desk/invoices/<uuid:invoice_id>/codes")
@requires(Permission.COLLECT)
def show_code(invoice_id: UUID) -> AnyResponse:
    key = forms.form_key(request.form.get(forms.KEY_FIELD, ""))
    with runtime().database.reading(scope()) as tx:
        asked = asked_of(tx, invoicing.invoice(tx, runtime().keys, invoice_id))
        # Where nothing is due it is said so: any channel will do.
        channel = codes.collecting_channel(tx, runtime(), asked.amount or None)
    if channel is None:
        raise NoChannel()
    made = open_intent(runtime(), scope(), invoice=invoice_id, channel=channel, key=f"desk:{key}")
    places.show(made.id)
    return redirect(url_for("cashier.show", invoice_id=invoice_id), 303)


@cashier.post("/desk/invoices/<uuid:invoice_id>/cancel")
@requires(Permission.CANCEL)
def cancel(invoice_id: UUID) -> AnyResponse:
    reason = forms.line_of_text(
        request.form.get("reason", ""),
        "reason",
        letters_max=REASON_MAX,
        wrong="reason",
        least=REASON_MIN,
    )
    cancel_invoice(runtime(), scope(), invoice_id, reason)
    return redirect(url_for("cashier.show", invoice_id=invoice_id), 303)


def _page(invoice_id: UUID) -> InvoicePage:
    with runtime().database.reading(scope()) as tx:
        invoice = invoicing.invoice(tx, runtime().keys, invoice_id)
        intent = intents.latest(tx, invoice_id)
        payments = receipts.of_invoice(tx, invoice_id)
        code = codes.card(runtime(), intent)
        pay = pay_box(tx, invoice, has_code=code is not None)
        set_aside = holds.rows(tx, invoice_id)
        exempted = exemptions.exemptions(tx, invoice_id)
        insured = part_of(tx, invoice)
        taken = tuple(map(taken_back, refunds.taken_back_of(tx, invoice_id)))
        shift = open_here(tx)
        side = trays(tx, runtime(), invoice)
        light = place.light(tx, point := places.here(tx))
        is_elsewhere = point is not None and not places.is_showing(tx, point, invoice_id)
        rows = _rows(tx, invoice_id, payments)
        paper = _paper(tx, rows)
    return InvoicePage(
        id=invoice.id,
        number=invoice.number,
        version=invoice.version,
        patient_name=invoice.patient_name,
        birth_year=invoice.birth_year,
        file_number=invoice.file_number,
        issued_at=invoice.issued_at,
        lines=invoice.lines,
        total=invoice.total,
        credited=invoice.credited - sum((one.amount for one in exempted), ZERO),
        insured=insured,
        exemptions=exempted,
        paid=invoice.paid,
        refunded=invoice.refunded,
        taken_back=taken,
        due=invoice.due,
        chip=chips.of_invoice(invoice),
        is_cancelled=invoice.document is Document.CANCELLED,
        cancel_reason=invoice.cancel_reason,
        code=code,
        had_code=intent is not None,
        holds=set_aside,
        pay=pay,
        payments=rows,
        receipt=paper.receipt,
        receipt_prints=paper.prints,
        prints_itself=prints_itself(),
        is_fresh=paper.is_fresh,
        is_numbering=paper.is_numbering,
        suspense=sum((payment.waiting for payment in payments), ZERO),
        can_cancel=_may(Permission.CANCEL) and _is_untouched(invoice) and not payments,
        can_credit=_may_credit(invoice),
        can_exempt=bool(invoice.due) and _may(Permission.EXEMPT),
        change=_change(rows),
        shift=shift,
        can_show_code=pay.has_account,
        patient_link=_patient_link(invoice),
        trays=side,
        light=light,
        can_show_on_screen=code is not None and code.picture is not None and is_elsewhere,
    )


class _Paper(NamedTuple):
    """The newest receipt of an invoice, how often it was printed, and whether one still comes."""

    receipt: PaymentRow | None
    prints: int
    is_fresh: bool
    is_numbering: bool


def _paper(tx: UnitOfWork, rows: tuple[PaymentRow, ...]) -> _Paper:
    numbered = [row for row in rows if row.receipt_number is not None]
    is_numbering = any(row.applied and row.receipt_number is None for row in rows)
    if not numbered:
        return _Paper(None, 0, False, is_numbering)
    newest = numbered[-1]
    is_fresh = tx.now() - newest.received_at <= _FRESH
    return _Paper(newest, len(printing.prints(tx, newest.id)), is_fresh, is_numbering)


def _rows(
    tx: UnitOfWork, invoice_id: UUID, payments: tuple[PaymentView, ...]
) -> tuple[PaymentRow, ...]:
    notes = cash.of_invoice(tx, invoice_id) if payments else {}
    return tuple(_row(payment, notes.get(payment.id)) for payment in payments)


def _row(payment: PaymentView, notes: Cash | None) -> PaymentRow:
    return PaymentRow(
        payment.id,
        payment.shown,
        payment.applied,
        payment.waiting,
        payment.received_at,
        payment.receipt_number,
        chips.of_payment(payment),
        notes,
    )


def _change(rows: tuple[PaymentRow, ...]) -> Money | None:
    """Give what goes back for the newest payment; None where that was no cash."""
    newest = rows[-1].cash if rows else None
    return None if newest is None else newest.change


def _may(permission: Permission) -> bool:
    session = current().session
    return session is not None and session.user.may(permission)


def _may_credit(invoice: InvoiceView) -> bool:
    has_rest = invoice.document is Document.ISSUED and invoice.credited < invoice.total
    has_rest = has_rest and not invoice.covered
    return has_rest and _may(Permission.CREDIT)


def _is_untouched(invoice: InvoiceView) -> bool:
    return invoice.document is Document.ISSUED and not invoice.paid and not invoice.credited


def _patient_link(invoice: InvoiceView) -> str:
    return runtime().settings.public_url + url_for("patient.pay", token=invoice.pay_token)
