"""Payment codes: opened for an invoice, read and drawn."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from flask import Response, url_for
from marshmallow import fields

from payments.channels.routing import Reason
from payments.idempotency import Around
from payments.intents import queries
from payments.intents.model import Intent
from payments.intents.opening import AmountOutOfRange
from payments.intents.plans import CODE_MAX
from payments.intents.queries import IntentView
from payments.intents.service import open_intent
from payments.intents.status import Status
from payments.invoicing import queries as invoicing
from payments.qr import drawing
from payments.storage.unit_of_work import UnitOfWork
from payments.tokens.model import TokenScope
from payments.web import codes
from payments.web.api import once
from payments.web.api.blueprint import Says, operation
from payments.web.api.fields import Strict, identifier, moment, money, text
from payments.web.api.once import Made
from payments.web.cashier.collect import NoChannel
from payments.web.current import runtime, scope
from payments.web.offers import offers
from payments.web.patient.pay import CodeEnded
from payments.web.plans import asked_of

#: 45 modules make some 540 pixels: enough for paper and for a screen across a desk.
_PICTURE_MODULE_PX: Final = 12


class PayeeDocument(Strict):
    """The hospital's account to which the money goes."""

    bin = text("Bank, by NAPAS; 999999 in a trial.")
    bank = text("Its name.")
    account = text("Number of the account.")
    holder = text("As a bank app shows it.")


class CodeDocument(Strict):
    """One attempt to collect what an invoice owes."""

    id = identifier("Of the code.")
    invoice_id = identifier("What it pays.")
    code = text("What the payer's bank carries back in the memo.", example="VPH7K3M9QX2A")
    status = fields.Enum(Status, by_value=fields.String, required=True)
    is_open = fields.Boolean(
        required=True, metadata={"description": "A payer may still scan it: show no other."}
    )
    amount = money("What it asks for.")
    payload = text("VietQR text: draw it as a QR code, or fetch a picture.")
    payee = fields.Nested(PayeeDocument, required=True)
    made_at = moment("When.")
    expires_at = moment("Until then it is shown; money that comes later counts too.")
    svg = text("Picture, with the token.")
    png = text("Picture, with the token.")


class NewCodeDocument(Strict):
    """Nothing to say: the amount is what the invoice owes."""


@operation(
    "POST",
    "/invoices/<uuid:invoice_id>/codes",
    TokenScope.CODES_WRITE,
    Says(CodeDocument, status=201, body=NewCodeDocument, example={}),
)
def open_code(asked: dict[str, Any], invoice_id: UUID) -> Response:
    """
    Show a code for what the invoice still owes.

    A code that is open and fits the amount is given again; another is replaced. It goes through
    the channel that the desk would choose: the cheapest of those that take the amount.
    """

    # Chosen after the key is known: a repeat has its answer, whatever became of the channels.
    def work(around: Around, key: str) -> Intent:
        channel = _channel(invoice_id)
        return open_intent(
            runtime(), scope(), invoice=invoice_id, channel=channel, key=key, around=around
        )

    return once.answered(asked, work, _made)


@operation("GET", "/codes/<uuid:code_id>", TokenScope.INVOICES_READ, Says(CodeDocument))
def read_code(code_id: UUID) -> Any:
    """Read a code: whether it is open, paid, or over."""
    with runtime().database.reading(scope()) as tx:
        return _told(queries.one(tx, code_id))


@operation(
    "GET",
    "/codes/<uuid:code_id>.svg",
    TokenScope.INVOICES_READ,
    Says(content_type="image/svg+xml"),
)
def draw_code_svg(code_id: UUID) -> Response:
    """Draw an open code as SVG."""
    view = _open(code_id)
    return Response(drawing.svg(view.payload, view.code), content_type="image/svg+xml")


@operation(
    "GET", "/codes/<uuid:code_id>.png", TokenScope.INVOICES_READ, Says(content_type="image/png")
)
def draw_code_png(code_id: UUID) -> Response:
    """Draw an open code as PNG."""
    view = _open(code_id)
    return Response(drawing.png(view.payload, _PICTURE_MODULE_PX), content_type="image/png")


def _channel(invoice_id: UUID) -> str:
    """
    Name the channel for what is asked of an invoice now, as the desk does.

    Raises:
        NoInvoice: there is none.
        AmountOutOfRange: the channels that are up take no payment of this size.
        NoChannel: none can show a code now.
    """
    with runtime().database.reading(scope()) as tx:
        asked = asked_of(tx, invoicing.invoice(tx, runtime().keys, invoice_id))
        # Where nothing is due, or more than any code carries, that is what is answered.
        amount = None if asked.is_large else asked.amount or None
        found = offers(tx, runtime(), codes.ANY if amount is None else amount)
    channel = codes.channel_of(found, amount)
    if channel is not None:
        return channel
    own = [one.route for one in found if one.account]
    below = [one.bound for one in own if one.reason is Reason.BELOW]
    above = [one.bound for one in own if one.reason is Reason.ABOVE]
    if below or above:
        raise AmountOutOfRange(
            least=min(below, default=codes.ANY), most=max(above, default=CODE_MAX)
        )
    raise NoChannel()


def _open(code_id: UUID) -> IntentView:
    with runtime().database.reading(scope()) as tx:
        view = queries.one(tx, code_id)
    if not view.is_open or not view.payload:
        raise CodeEnded("this code is no longer open, or has no picture")
    return view


def _made(tx: UnitOfWork, intent: Intent) -> Made:
    told = _told(queries.one(tx, intent.id))
    return Made(
        201,
        f"intent:{intent.id}",
        CodeDocument(),
        told,
        url_for("api.read_code", code_id=intent.id),
    )


def _told(view: IntentView) -> dict[str, Any]:
    return {
        "id": view.id,
        "invoice_id": view.invoice,
        "code": view.code,
        "status": view.status,
        "is_open": view.is_open,
        "amount": view.amount,
        "payload": view.payload,
        "payee": {
            "bin": view.payee.bin,
            "bank": view.bank_name,
            "account": view.payee.account,
            "holder": view.payee.holder,
        },
        "made_at": view.made_at,
        "expires_at": view.expires_at,
        "svg": url_for("api.draw_code_svg", code_id=view.id),
        "png": url_for("api.draw_code_png", code_id=view.id),
    }
