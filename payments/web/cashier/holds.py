"""Money that a gateway set aside: a cashier takes it, or lets it go."""

from __future__ import annotations

from uuid import UUID

from flask import redirect
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.inbox import errands
from payments.intents import holding
from payments.intents.errands import Kind
from payments.intents.holding import Hold
from payments.storage.unit_of_work import UnitOfWork
from payments.web.addresses import url_for
from payments.web.cashier.pages import HoldRow
from payments.web.cashier.views import cashier
from payments.web.current import runtime, scope, words
from payments.web.offers import name_of
from payments.web.security import requires


@cashier.post("/desk/invoices/<uuid:invoice_id>/held/<uuid:intent>/take")
@requires(Permission.COLLECT)
def take_held(invoice_id: UUID, intent: UUID) -> AnyResponse:
    return _decide(invoice_id, intent, Kind.CAPTURE)


@cashier.post("/desk/invoices/<uuid:invoice_id>/held/<uuid:intent>/release")
@requires(Permission.COLLECT)
def release_held(invoice_id: UUID, intent: UUID) -> AnyResponse:
    return _decide(invoice_id, intent, Kind.CANCEL)


def rows(tx: UnitOfWork, invoice: UUID) -> tuple[HoldRow, ...]:
    """List what is set aside for *invoice*."""
    return tuple(_row(tx, one) for one in holding.held(tx, invoice=invoice))


def _decide(invoice: UUID, intent: UUID, kind: Kind) -> AnyResponse:
    wanted = holding.want(runtime(), scope(), invoice, intent, kind)
    # Asked at once, for somebody waits; what is not answered now is the worker's.
    errands.run(runtime(), scope(), wanted)
    return redirect(url_for("cashier.show", invoice_id=invoice), 303)


def _row(tx: UnitOfWork, hold: Hold) -> HoldRow:
    return HoldRow(
        intent=hold.intent,
        name=name_of(hold.channel),
        amount=hold.amount,
        under_way=words(f"hold.under_way.{hold.under_way}") if hold.under_way else "",
        trouble=words(f"trouble.{hold.trouble}") if hold.trouble else "",
        can_release=holding.can_release(tx, runtime(), hold.channel),
    )
