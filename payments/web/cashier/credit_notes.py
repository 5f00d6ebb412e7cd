"""A credit note on the desk: which departments get less, how much, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.intents.service import credit_invoice
from payments.invoicing import credit_notes
from payments.invoicing import queries as invoicing
from payments.invoicing.credit_notes import CreditNote
from payments.invoicing.queries import InvoiceView, LineView
from payments.invoicing.service import REASON_MAX, REASON_MIN
from payments.invoicing.status import Document
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money
from payments.web import forms
from payments.web.cashier.views import cashier
from payments.web.current import explain, runtime, scope
from payments.web.pages import new_form_key, render
from payments.web.security import requires

_AMOUNT_LETTERS_MAX: Final = 20
_AMOUNT: Final = "amount:"

Form = MultiDict[str, str]


@dataclass(frozen=True, slots=True)
class PickedLine:
    position: int
    line: LineView
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class DepartmentRow:
    """A department of the invoice: *left* is the most that can be taken off."""

    code: str
    name: str
    billed: Money
    left: Money
    lines: tuple[PickedLine, ...]
    typed: str
    failure: str


@dataclass(frozen=True, slots=True)
class CreditNotePage:
    template: ClassVar[str] = "cashier/credit_note.html"

    id: UUID
    number: str
    patient_name: str
    file_number: str
    is_issued: bool
    due: Money
    paid: Money
    departments: tuple[DepartmentRow, ...]
    notes: tuple[CreditNote, ...]
    reason: str
    key: str
    #: ``reason``, ``amount`` (of a department or of none) or empty.
    failed_field: str
    failure: str


@dataclass(frozen=True, slots=True)
class _Typed:
    """The form as it came, and what was wrong with it."""

    form: Form = field(default_factory=MultiDict)
    failed_field: str = ""
    department: str = ""
    failure: str = ""


@cashier.get("/desk/invoices/<uuid:invoice_id>/credit")
@requires(Permission.CREDIT)
def credit_note(invoice_id: UUID) -> str:
    return render(_page(invoice_id, _Typed()))


@cashier.post("/desk/invoices/<uuid:invoice_id>/credit")
@requires(Permission.CREDIT)
def give_credit(invoice_id: UUID) -> AnyResponse:
    key = forms.form_key(request.form.get(forms.KEY_FIELD, ""))
    try:
        amounts = _amounts(_invoice(invoice_id), request.form)
        reason = forms.line_of_text(
            request.form.get("reason", ""),
            "reason",
            letters_max=REASON_MAX,
            wrong="reason",
            least=REASON_MIN,
        )
        credit_invoice(
            runtime(), scope(), invoice_id, amounts, reason=reason, key=f"{invoice_id}:{key}"
        )
    except InvalidField as error:
        return Response(render(_page(invoice_id, _failed(request.form, error))), 422)
    return redirect(url_for("cashier.show", invoice_id=invoice_id), 303)


def _amounts(invoice: InvoiceView, form: Form) -> dict[str, Money]:
    """
    Read per department what is taken off: the lines that are ticked, or the amount that was typed.

    Raises:
        InvalidField: nothing was chosen, or it names the department where something is wrong.
    """
    chosen = set(form.getlist("line"))
    amounts: dict[str, Money] = {}
    for code, lines in _by_department(invoice).items():
        ticked = [line.amount for position, line in lines if str(position) in chosen]
        typed = form.get(f"{_AMOUNT}{code}", "").strip()
        if typed and ticked:
            raise InvalidField("amount", "credit_either", department=code)
        if typed:
            amounts[code] = forms.amount(typed, "amount", wrong="credit_typed", department=code)
        elif ticked:
            amounts[code] = sum(ticked, ZERO)
    if not amounts:
        raise InvalidField("amount", "credit_none")
    return amounts


def _failed(form: Form, error: InvalidField) -> _Typed:
    """Say beside which field the failure stands."""
    department = str(error.extras.get("department", ""))
    return _Typed(form, error.field, department, explain(error))


def _invoice(invoice_id: UUID) -> InvoiceView:
    with runtime().database.reading(scope()) as tx:
        return invoicing.invoice(tx, runtime().keys, invoice_id)


def _page(invoice_id: UUID, typed: _Typed) -> CreditNotePage:
    with runtime().database.reading(scope()) as tx:
        invoice = invoicing.invoice(tx, runtime().keys, invoice_id)
        left = credit_notes.left(tx, invoice_id)
        notes = credit_notes.notes(tx, invoice_id)
    return CreditNotePage(
        id=invoice.id,
        number=invoice.number,
        patient_name=invoice.patient_name,
        file_number=invoice.file_number,
        is_issued=invoice.document is Document.ISSUED and any(left.values()),
        due=invoice.due,
        paid=invoice.paid,
        departments=tuple(_departments(invoice, left, typed)),
        notes=notes,
        reason=typed.form.get("reason", "")[:REASON_MAX],
        # The same key again: what failed made nothing, and a repeat must stay a repeat.
        key=typed.form.get(forms.KEY_FIELD) or new_form_key(),
        failed_field=typed.failed_field,
        failure="" if typed.department else typed.failure,
    )


def _departments(
    invoice: InvoiceView, left: Mapping[str, Money], typed: _Typed
) -> list[DepartmentRow]:
    chosen = set(typed.form.getlist("line"))
    return [
        DepartmentRow(
            code,
            lines[0][1].department,
            sum((line.amount for _, line in lines), ZERO),
            left[code],
            tuple(PickedLine(place, line, str(place) in chosen) for place, line in lines),
            typed.form.get(f"{_AMOUNT}{code}", "")[:_AMOUNT_LETTERS_MAX],
            typed.failure if typed.department == code else "",
        )
        for code, lines in _by_department(invoice).items()
    ]


def _by_department(invoice: InvoiceView) -> dict[str, list[tuple[int, LineView]]]:
    """Group the lines, each with its position on the invoice, in the order of the invoice."""
    grouped: dict[str, list[tuple[int, LineView]]] = {}
    for position, line in enumerate(invoice.lines, start=1):
        grouped.setdefault(line.department_code, []).append((position, line))
    return grouped
