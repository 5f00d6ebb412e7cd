"""E-invoices of a day: which receipts have none, and why; what a clerk does about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.einvoicing import queries, service
from payments.einvoicing.model import (
    CorrectionWaits,
    EInvoiceIsRight,
    NoEInvoiceAccount,
    OtherCorrection,
    ReceiptBlocked,
    ReceiptTaken,
    Why,
)
from payments.einvoicing.queries import Made, Without
from payments.einvoicing.status import IllegalEInvoiceStep, State
from payments.external.einvoices import Buyer, Kind
from payments.identity.permissions import Permission
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField, NotFound
from payments.web import forms
from payments.web.chips import Chip
from payments.web.current import current, explain, runtime, scope, words
from payments.web.finance.days import day_of
from payments.web.finance.einvoice_pages import EInvoicesPage, MadeRow, WithoutRow
from payments.web.finance.views import finance
from payments.web.pages import render
from payments.web.security import requires

_UNFIT: Final = (InvalidField, NoEInvoiceAccount, ReceiptBlocked, OtherCorrection, EInvoiceIsRight)
_STALE: Final = (ReceiptTaken, CorrectionWaits, IllegalEInvoiceStep)
_LOOKS: Final = {
    Why.NEXT_BATCH: ("wait", "clock"),
    Why.WAITING: ("wait", "clock"),
    Why.ASKING: ("warn", "clock"),
    Why.REFUSED: ("bad", "stop"),
    Why.BEFORE: ("warn", "alert"),
}


@finance.get("/finance/day/<date>/einvoices")
@requires(Permission.SEE_FINANCE)
def einvoices(date: str) -> str:
    return render(_page(day_of(date)))


@finance.post("/finance/day/<date>/einvoices")
@requires(Permission.RESOLVE)
def ask_einvoice(date: str) -> AnyResponse:
    def work() -> None:
        payment = forms.identifier(
            request.form.get("payment", ""), "payment", wrong="einvoice_receipts"
        )
        service.ask(runtime(), scope(), [payment], _buyer())

    return _done(day_of(date), work)


@finance.post("/finance/einvoices/<uuid:e_invoice>/again")
@requires(Permission.RESOLVE)
def send_einvoice_again(e_invoice: UUID) -> AnyResponse:
    return _done(
        _day(e_invoice), lambda: service.send_again(runtime(), scope(), e_invoice, _buyer())
    )


@finance.post("/finance/einvoices/<uuid:e_invoice>/replace")
@requires(Permission.RESOLVE)
def replace_einvoice(e_invoice: UUID) -> AnyResponse:
    return _correct(e_invoice, Kind.REPLACEMENT)


@finance.post("/finance/einvoices/<uuid:e_invoice>/adjust")
@requires(Permission.RESOLVE)
def adjust_einvoice(e_invoice: UUID) -> AnyResponse:
    return _correct(e_invoice, Kind.ADJUSTMENT)


def _correct(e_invoice: UUID, kind: Kind) -> AnyResponse:
    reason = request.form.get("reason", "")
    return _done(
        _day(e_invoice),
        lambda: service.correct(runtime(), scope(), e_invoice, kind, reason, _buyer()),
    )


def _day(e_invoice: UUID) -> HospitalDay:
    with runtime().database.reading(scope()) as tx:
        return queries.day_of(tx, e_invoice)


def _buyer() -> Buyer | None:
    """Read who is named; nothing typed means the patient, or whoever was named before."""
    form = request.form
    typed = Buyer(
        form.get("name", ""),
        form.get("unit", ""),
        form.get("tax_code", ""),
        form.get("address", ""),
    )
    return None if typed == Buyer("") else typed


def _done(day: HospitalDay, work: Callable[[], object]) -> AnyResponse:
    try:
        work()
    except _UNFIT as error:
        return Response(render(_page(day, failure=explain(error))), 422)
    except NotFound as error:
        return Response(render(_page(day, failure=explain(error))), 404)
    except _STALE as error:
        return Response(render(_page(day, failure=explain(error))), 409)
    return redirect(url_for("finance.einvoices", date=str(day)), 303)


def _page(day: HospitalDay, *, failure: str = "") -> EInvoicesPage:
    session = current().session
    may = session is not None and session.user.may(Permission.RESOLVE)
    provider = runtime().einvoices.of(scope().facility)
    with runtime().database.reading(scope()) as tx:
        found = queries.of_day(tx, day, None if provider is None else provider.since)
    may_act = may and provider is not None
    today = HospitalDay.of(runtime().clock.now())
    without = tuple(_without(one, may=may_act) for one in found.without)
    return EInvoicesPage(
        day=day,
        previous=day.plus(-1),
        following=day.plus(1) if day < today else None,
        has_account=provider is not None,
        is_trial=provider is not None and provider.is_sandbox,
        count=found.receipts,
        without=without,
        made=tuple(_made(one, may=may_act) for one in found.made),
        may_ask_any=any(row.may_ask for row in without),
        failure=failure,
    )


def _without(one: Without, *, may: bool) -> WithoutRow:
    look, icon = _LOOKS.get(one.why, ("off", "stop"))
    told = one.receipt.told
    return WithoutRow(
        payment=one.receipt.payment,
        number=one.receipt.number,
        invoice=one.receipt.invoice_number,
        amount=one.receipt.applied,
        chip=Chip(look, icon, words(f"einvoice.why.{one.why}")),
        # Ours is a reason in words, the provider's is in its own.
        told=words(f"einvoice.why.{told}") if told in list(Why) else told,
        may_ask=may and one.why in (Why.NEXT_BATCH, Why.BEFORE),
        again=one.e_invoice if may and one.why is Why.REFUSED else None,
    )


def _made(one: Made, *, may: bool) -> MadeRow:
    parts = one.chain.parts
    is_done = all(part.state is State.ISSUED for part in parts)
    kinds = {part.kind for part in parts}
    if not is_done:
        chip = Chip("wait", "clock", words("einvoice.correcting"))
    elif one.differs:
        chip = Chip("warn", "alert", words("einvoice.differs"))
    else:
        chip = Chip("ok", "check", words("einvoice.right"))
    return MadeRow(
        id=one.chain.standing.id,
        numbers=tuple(part.number or words("einvoice.no_number") for part in parts),
        receipts=", ".join(receipt.number for receipt in one.receipts),
        amount=one.chain.amount,
        worth=one.worth,
        lookup_code=one.chain.standing.lookup_code,
        chip=chip,
        may_replace=may and is_done and Kind.ADJUSTMENT not in kinds,
        may_adjust=may and is_done and one.differs and Kind.REPLACEMENT not in kinds,
    )
