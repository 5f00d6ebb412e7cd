"""An exemption on the desk: under which programme, how much, on whose paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.intents.exempting import exempt_invoice
from payments.invoicing import queries as invoicing
from payments.invoicing.exemptions import Decision, Programme
from payments.invoicing.service import REASON_MAX, REASON_MIN
from payments.kernel.errors import InvalidField
from payments.kernel.money import Money
from payments.web import forms
from payments.web.addresses import url_for
from payments.web.cashier.views import cashier
from payments.web.current import explain, runtime, scope
from payments.web.pages import new_form_key, render
from payments.web.security import requires

_LETTERS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class ExemptPage:
    template: ClassVar[str] = "cashier/exempt.html"

    id: UUID
    number: str
    patient_name: str
    file_number: str
    due: Money
    programmes: tuple[str, ...]
    programme: str
    amount: str
    reason: str
    key: str
    failed_field: str
    failure: str


@cashier.get("/desk/invoices/<uuid:invoice_id>/exempt")
@requires(Permission.EXEMPT)
def exempt(invoice_id: UUID) -> str:
    return render(_page(invoice_id))


@cashier.post("/desk/invoices/<uuid:invoice_id>/exempt")
@requires(Permission.EXEMPT)
def give_exemption(invoice_id: UUID) -> AnyResponse:
    key = forms.form_key(request.form.get(forms.KEY_FIELD, ""))
    with runtime().database.reading(scope()) as tx:
        due = invoicing.invoice(tx, runtime().keys, invoice_id).due
    try:
        amount = forms.amount(
            request.form.get("amount", ""), "amount", wrong="exempt_amount", most=due
        )
        reason = forms.line_of_text(
            request.form.get("reason", ""),
            "reason",
            letters_max=REASON_MAX,
            wrong="reason",
            least=REASON_MIN,
        )
        programme = request.form.get("programme", "")
        decision = Decision(programme, amount, reason, f"desk:{key}")
        exempt_invoice(runtime(), scope(), invoice_id, decision)
    except InvalidField as error:
        return Response(render(_page(invoice_id, error.field, explain(error))), 422)
    return redirect(url_for("cashier.show", invoice_id=invoice_id), 303)


def _page(invoice_id: UUID, failed_field: str = "", failure: str = "") -> ExemptPage:
    with runtime().database.reading(scope()) as tx:
        invoice = invoicing.invoice(tx, runtime().keys, invoice_id)
    form = request.form
    return ExemptPage(
        id=invoice.id,
        number=invoice.number,
        patient_name=invoice.patient_name,
        file_number=invoice.file_number,
        due=invoice.due,
        programmes=tuple(programme.value for programme in Programme),
        programme=form.get("programme", ""),
        amount=form.get("amount", "")[:_LETTERS_MAX],
        reason=form.get("reason", "")[:REASON_MAX],
        key=form.get(forms.KEY_FIELD) or new_form_key(),
        failed_field=failed_field,
        failure=failure,
    )
