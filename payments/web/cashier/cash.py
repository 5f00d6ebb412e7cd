"""Cash on the desk: what is due, what was handed over, what goes back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.intents.cash import TENDERED_MAX, CashRequest, DueChanged, take_cash
from payments.invoicing import queries as invoicing
from payments.kernel.errors import InvalidField
from payments.kernel.money import Money, vnd
from payments.receipts import service as receipts
from payments.shifts.model import NoShift, Shift
from payments.web import forms
from payments.web.addresses import url_for
from payments.web.cashier.till import open_here
from payments.web.cashier.views import cashier
from payments.web.current import explain, runtime, scope
from payments.web.pages import new_form_key, render
from payments.web.security import requires

_LETTERS_MAX: Final = 20
#: Notes with which people pay: an amount is rounded up to whole ones of them.
_NOTES: Final = (10_000, 50_000, 100_000, 200_000, 500_000)
_CHOICES_MAX: Final = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """An amount that is likely handed over, and what goes back for it."""

    tendered: Money
    change: Money
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class CashPage:
    template: ClassVar[str] = "cashier/cash.html"

    id: UUID
    number: str
    patient_name: str
    file_number: str
    due: Money
    choices: tuple[Choice, ...]
    #: What was typed instead of a choice.
    tendered: str
    is_part: bool
    shift: Shift | None
    key: str
    failure: str


@cashier.get("/desk/invoices/<uuid:invoice_id>/cash")
@requires(Permission.COLLECT)
def cash(invoice_id: UUID) -> AnyResponse | str:
    page = _page(invoice_id, "")
    if page.shift is None:
        here = url_for("cashier.cash", invoice_id=invoice_id)
        return redirect(url_for("cashier.shift", next=here), 303)
    return render(page)


@cashier.post("/desk/invoices/<uuid:invoice_id>/cash")
@requires(Permission.COLLECT)
def receive_cash(invoice_id: UUID) -> AnyResponse:
    key = forms.form_key(request.form.get(forms.KEY_FIELD, ""))
    try:
        taken = take_cash(
            runtime(),
            scope(),
            CashRequest(
                invoice_id,
                _amount(_tendered()),
                _amount(request.form.get("due", "")),
                is_part="part" in request.form,
                key=f"desk:{key}",
            ),
        )
    except (InvalidField, NoShift) as error:
        return Response(render(_page(invoice_id, explain(error))), 422)
    except DueChanged as error:
        return Response(render(_page(invoice_id, explain(error))), 409)
    # At once, for the payer waits for the paper; if this fails, the worker's job does it.
    receipts.number(runtime(), scope(), taken.payment)
    return redirect(url_for("cashier.show", invoice_id=invoice_id), 303)


def _tendered() -> str:
    """Give what was typed, else what was chosen."""
    return request.form.get("tendered", "").strip() or request.form.get("choice", "")


def _amount(typed: str) -> Money:
    return forms.amount(typed, "tendered", wrong="tendered", most=TENDERED_MAX)


def _page(invoice_id: UUID, failure: str) -> CashPage:
    with runtime().database.reading(scope()) as tx:
        invoice = invoicing.invoice(tx, runtime().keys, invoice_id)
        shift = open_here(tx)
    chosen = request.form.get("choice", "")
    return CashPage(
        id=invoice.id,
        number=invoice.number,
        patient_name=invoice.patient_name,
        file_number=invoice.file_number,
        due=invoice.due,
        choices=tuple(
            Choice(tendered, tendered - invoice.due, chosen == str(tendered.dong))
            for tendered in likely(invoice.due)
        ),
        tendered=request.form.get("tendered", "")[:_LETTERS_MAX],
        is_part="part" in request.form,
        shift=shift,
        # The same key again: what failed took nothing, and a repeat must stay a repeat.
        key=request.form.get(forms.KEY_FIELD) or new_form_key(),
        failure=failure,
    )


def likely(due: Money) -> tuple[Money, ...]:
    """List what people hand over for *due*: the exact amount, then whole notes, least first."""
    return tuple(sorted({due, *_in_notes(due)}, key=lambda amount: amount.dong))[:_CHOICES_MAX]


def _in_notes(due: Money) -> Iterator[Money]:
    for note in _NOTES:
        yield vnd(-(-due.dong // note) * note)
