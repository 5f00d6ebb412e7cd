"""Amounts that no code carries: details for a transfer, or a plan of parts agreed at the desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.intents.agreeing import agree, withdraw
from payments.intents.cash import DueChanged
from payments.intents.plans import CODE_MAX, PARTS_MAX, equal, parts_least
from payments.intents.service import open_transfer
from payments.invoicing import queries as invoicing
from payments.invoicing.queries import InvoiceView
from payments.kernel.errors import InvalidField
from payments.kernel.money import Money
from payments.web import codes, forms
from payments.web.addresses import url_for
from payments.web.cashier.collect import NoChannel
from payments.web.cashier.views import cashier
from payments.web.current import explain, runtime, scope
from payments.web.pages import render
from payments.web.plans import PlanCard, asked_of
from payments.web.security import requires
from payments.words.formats import digits

_LETTERS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class PlanPage:
    template: ClassVar[str] = "cashier/plan.html"

    id: UUID
    number: str
    patient_name: str
    file_number: str
    due: Money
    most: Money
    least: int
    parts_max: int
    #: One code does not carry it, and no more parts are needed than people pay.
    can_agree: bool
    amounts: tuple[str, ...]
    #: The plan that holds now.
    plan: PlanCard | None
    overtaken: str
    failed_field: str
    failure: str


@cashier.post("/desk/invoices/<uuid:invoice_id>/transfer")
@requires(Permission.COLLECT)
def show_transfer(invoice_id: UUID) -> AnyResponse:
    """Show payee and reference for a transfer at the counter of the payer's bank."""
    key = forms.form_key(request.form.get(forms.KEY_FIELD, ""))
    with runtime().database.reading(scope()) as tx:
        invoicing.version(tx, invoice_id)
        channel = codes.collecting_channel(tx, runtime())
    if channel is None:
        raise NoChannel()
    open_transfer(runtime(), scope(), invoice=invoice_id, channel=channel, key=f"desk:{key}")
    return redirect(url_for("cashier.show", invoice_id=invoice_id), 303)


@cashier.get("/desk/invoices/<uuid:invoice_id>/plan")
@requires(Permission.COLLECT)
def plan(invoice_id: UUID) -> str:
    return render(_page(invoice_id))


@cashier.post("/desk/invoices/<uuid:invoice_id>/plan")
@requires(Permission.COLLECT)
def agree_plan(invoice_id: UUID) -> AnyResponse:
    with runtime().database.reading(scope()) as tx:
        invoicing.version(tx, invoice_id)
    try:
        seen = forms.amount(request.form.get("due", ""), "amounts", wrong="tendered", most=CODE_MAX)
        agree(runtime(), scope(), invoice_id, _amounts(), seen_due=seen)
    except InvalidField as error:
        return Response(render(_page(invoice_id, error.field, explain(error))), 422)
    except DueChanged as error:
        return Response(render(_page(invoice_id, "amounts", explain(error))), 409)
    return redirect(url_for("cashier.show", invoice_id=invoice_id), 303)


@cashier.post("/desk/invoices/<uuid:invoice_id>/plan/withdraw")
@requires(Permission.COLLECT)
def withdraw_plan(invoice_id: UUID) -> AnyResponse:
    withdraw(runtime(), scope(), invoice_id)
    return redirect(url_for("cashier.show", invoice_id=invoice_id), 303)


def _amounts() -> tuple[Money, ...]:
    return tuple(
        forms.amount(text, f"amount-{number}", wrong="plan_part", most=CODE_MAX)
        for number, text in enumerate(_typed(), start=1)
    )


def _typed() -> Sequence[str]:
    """List the amounts of the form, at most one more than a plan may have."""
    return [text[:_LETTERS_MAX] for text in request.form.getlist("amount")[: PARTS_MAX + 1]]


def _page(invoice_id: UUID, failed_field: str = "", failure: str = "") -> PlanPage:
    with runtime().database.reading(scope()) as tx:
        invoice = invoicing.invoice(tx, runtime().keys, invoice_id)
        asked = asked_of(tx, invoice)
    least = parts_least(invoice.due)
    can_agree = invoice.due > CODE_MAX and least <= PARTS_MAX
    return PlanPage(
        id=invoice.id,
        number=invoice.number,
        patient_name=invoice.patient_name,
        file_number=invoice.file_number,
        due=invoice.due,
        most=CODE_MAX,
        least=least,
        parts_max=PARTS_MAX,
        can_agree=can_agree,
        amounts=_proposed(invoice, least) if can_agree else (),
        plan=asked.plan,
        overtaken=asked.overtaken,
        failed_field=failed_field,
        failure=failure,
    )


def _proposed(invoice: InvoiceView, least: int) -> tuple[str, ...]:
    """Give what was typed; at first equal parts, as many as are asked for and needed."""
    typed = _typed()
    if typed:
        return tuple(typed)
    wanted = request.args.get("parts", "")
    count = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 3 else least
    return tuple(digits(one) for one in equal(invoice.due, min(PARTS_MAX, max(least, count))))
