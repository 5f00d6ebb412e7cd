"""``/p/<token>``: what is due, the code, and what has arrived."""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

from flask import Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.intents import queries as intents
from payments.intents.service import open_intent
from payments.invoicing import queries as invoicing
from payments.invoicing.model import NoInvoice
from payments.invoicing.queries import InvoiceView
from payments.kernel.errors import NotFound
from payments.qr import drawing
from payments.receipts import proving
from payments.receipts import queries as receipts
from payments.receipts.printing import NoReceipt
from payments.storage.unit_of_work import UnitOfWork
from payments.web import codes, forms
from payments.web.current import runtime, scope
from payments.web.pages import render
from payments.web.patient import guesses
from payments.web.patient.showing import page_of
from payments.web.patient.views import patient
from payments.web.plans import asked_of
from payments.web.security import public, public_in_background

#: 128 random bits as base64: what is of another shape is not looked up.
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{22}")
#: Large enough for the screen of a telephone, small enough for a poor network.
_PICTURE_MODULE_PX: Final = 12


class CodeEnded(NotFound):
    """The code that this picture would show is no longer open; the page shows what to do."""

    code = "code-ended"


@patient.get("/p/<token>")
@public
def pay(token: str) -> AnyResponse:
    with runtime().database.reading(scope()) as tx:
        chosen = request.args.get("instead_of", "")
        page = page_of(tx, invoice_of(tx, token), not_opened=chosen)
    return guesses.remembering(Response(render(page)), token)


@patient.get("/p/<token>/status")
@public_in_background
def status(token: str) -> Response:
    """Say whether the page is still true: one indexed row, nothing personal, nothing written."""
    if not _TOKEN.fullmatch(token):
        raise NoInvoice()
    with runtime().database.reading(scope()) as tx:
        version = invoicing.version_of_link(tx, token)
    if request.args.get("seen") == str(version):
        return Response(status=204)
    return jsonify({"version": version})


@patient.post("/p/<token>/codes")
@public
def show_code(token: str) -> AnyResponse:
    """Show a code again after the last one ended; an open one stays the same."""
    key = forms.form_key(request.form.get(forms.KEY_FIELD, ""))
    with runtime().database.reading(scope()) as tx:
        invoice = invoice_of(tx, token)
        asked = asked_of(tx, invoice)
        channel = codes.collecting_channel(tx, runtime(), asked.amount)
    if channel is not None and asked.amount and not asked.is_large:
        open_intent(runtime(), scope(), invoice=invoice.id, channel=channel, key=f"patient:{key}")
    return redirect(url_for("patient.pay", token=token), 303)


@patient.get("/p/<token>/qr.png")
@public
def picture(token: str) -> Response:
    with runtime().database.reading(scope()) as tx:
        invoice = invoice_of(tx, token)
        intent = intents.latest(tx, invoice.id)
    if intent is None or not intent.is_open or not intent.payload:
        raise CodeEnded()
    return Response(
        drawing.png(intent.payload, _PICTURE_MODULE_PX),
        content_type="image/png",
        headers={"Content-Disposition": f'attachment; filename="{intent.code}.png"'},
    )


@patient.get("/p/<token>/receipts/<uuid:payment_id>/proof.json")
@public
def proof_file(token: str, payment_id: UUID) -> Response:
    """Give the proof of a receipt of this invoice, from the day after it was paid."""
    with runtime().database.reading(scope()) as tx:
        invoice = invoice_of(tx, token)
        if receipts.payment(tx, payment_id).invoice != invoice.id:
            raise NoReceipt()
        made = proving.prove(tx, payment_id)
    return Response(
        made.text(),
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="{made.number}.proof.json"'},
    )


def invoice_of(tx: UnitOfWork, token: str) -> InvoiceView:
    """Read the invoice that a link opens. Raises NoInvoice."""
    if not _TOKEN.fullmatch(token):
        raise NoInvoice()
    return invoicing.invoice_of_link(tx, runtime().keys, token)
