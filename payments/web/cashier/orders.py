"""Orders of the HIS on the desk: pick what is open, see what is paid, decide about changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.intents.plans import CODE_MAX
from payments.intents.service import open_intent
from payments.interop.orders import changes, issuing
from payments.interop.orders.changes import ChangeDecided
from payments.interop.orders.issuing import OrderCancelled, OrdersTaken
from payments.interop.orders.model import Change
from payments.interop.orders.queries import (
    ChangeView,
    Ordered,
    OrderView,
    Standing,
    changes_for,
    of_patient,
    patient_of,
)
from payments.invoicing import queries as invoicing
from payments.invoicing.model import LINES_MAX
from payments.invoicing.status import IllegalStep
from payments.kernel.errors import InvalidField, VienphiError
from payments.web import place as places
from payments.web.cashier.views import cashier
from payments.web.chips import Chip
from payments.web.codes import collecting_channel
from payments.web.current import current, explain, runtime, scope, words
from payments.web.pages import render
from payments.web.security import requires

_FILE_LETTERS_MAX: Final = 30
#: What a person can do something about on the same page.
_SHOWN: Final = (OrdersTaken, OrderCancelled, ChangeDecided, IllegalStep, InvalidField)


@dataclass(frozen=True, slots=True)
class OrderRow:
    order: OrderView
    chip: Chip
    is_open: bool


@dataclass(frozen=True, slots=True)
class ChangeRow:
    change: ChangeView
    text: str


@dataclass(frozen=True, slots=True)
class OrdersPage:
    template: ClassVar[str] = "cashier/orders.html"

    file_number: str
    #: None before somebody was looked for, or where nobody has the number.
    patient: Ordered | None
    rows: tuple[OrderRow, ...]
    changes: tuple[ChangeRow, ...]
    may_decide: bool
    failure: str


@cashier.get("/desk/orders")
@requires(Permission.ISSUE)
def orders() -> str:
    return render(_page(_file_number(request.args.get("file_number", ""))))


@cashier.post("/desk/orders/issue")
@requires(Permission.ISSUE)
def issue_orders() -> AnyResponse:
    try:
        chosen = [UUID(one) for one in request.form.getlist("order")]
    except ValueError as error:
        raise InvalidField("order", "orders_count", most=LINES_MAX) from error
    if not chosen:
        return _again(words("orders.none_chosen"), 422)
    try:
        invoice = issuing.issue(runtime(), scope(), chosen)
    except _SHOWN as error:
        return _again(explain(error), 409)
    if request.form.get("do") == "cash":
        return redirect(url_for("cashier.cash", invoice_id=invoice), 303)
    _show_code(invoice)
    return redirect(url_for("cashier.show", invoice_id=invoice), 303)


@cashier.post("/desk/orders/changes/<uuid:change_id>/confirm")
@requires(Permission.CANCEL)
def confirm_change(change_id: UUID) -> AnyResponse:
    try:
        invoice = changes.confirm(runtime(), scope(), change_id)
    except _SHOWN as error:
        return _again(explain(error), 409)
    return redirect(url_for("cashier.show", invoice_id=invoice), 303)


@cashier.post("/desk/orders/changes/<uuid:change_id>/dismiss")
@requires(Permission.CANCEL)
def dismiss_change(change_id: UUID) -> AnyResponse:
    try:
        changes.dismiss(runtime(), scope(), change_id, request.form.get("reason", ""))
    except _SHOWN as error:
        return _again(explain(error), 422 if isinstance(error, InvalidField) else 409)
    file_number = _file_number(request.form.get("file_number", ""))
    return redirect(url_for("cashier.orders", file_number=file_number), 303)


def _again(failure: str, status: int) -> AnyResponse:
    page = _page(_file_number(request.form.get("file_number", "")), failure)
    return Response(render(page), status)


def _show_code(invoice: UUID) -> None:
    """Show a code at once, as for an invoice that is typed; without one the page says why."""
    with runtime().database.reading(scope()) as tx:
        due = invoicing.invoice(tx, runtime().keys, invoice).due
        channel = collecting_channel(tx, runtime(), due)
    if channel is None or not due or due > CODE_MAX:
        return
    try:
        made = open_intent(
            runtime(), scope(), invoice=invoice, channel=channel, key=f"orders:{invoice}"
        )
    except VienphiError:
        # Issued is issued; the page of the invoice offers the code again and says what is wrong.
        return
    places.show(made.id)


def _page(file_number: str, failure: str = "") -> OrdersPage:
    found: tuple[OrderView, ...] = ()
    waiting: tuple[ChangeView, ...] = ()
    patient = None
    if file_number:
        with runtime().database.reading(scope()) as tx:
            patient = patient_of(tx, runtime().keys, file_number)
            if patient is not None:
                found = of_patient(tx, patient.patient)
                waiting = changes_for(tx, patient.patient)
    session = current().session
    return OrdersPage(
        file_number=file_number,
        patient=patient,
        rows=tuple(OrderRow(one, _chip(one), one.standing is Standing.OPEN) for one in found),
        changes=tuple(ChangeRow(one, _said(one)) for one in waiting),
        may_decide=session is not None and session.user.may(Permission.CANCEL),
        failure=failure,
    )


def _file_number(text: str) -> str:
    return text.strip().upper()[:_FILE_LETTERS_MAX]


def _chip(order: OrderView) -> Chip:
    match order.standing:
        case Standing.OPEN:
            return Chip("wait", "clock", words("orders.open"))
        case Standing.BILLED:
            return Chip("warn", "half", words("orders.billed"))
        case Standing.PAID:
            return Chip("ok", "check", words("orders.paid"))
        case Standing.CANCELLED:
            return Chip("off", "stop", words("orders.cancelled"))


def _said(change: ChangeView) -> str:
    if change.kind is Change.CREDIT:
        return words("orders.credit", number=change.invoice_number, quantity=change.quantity)
    return words("orders.supplement", quantity=change.quantity)
