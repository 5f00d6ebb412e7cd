"""Counting notes that were handed over: change before a shift opens, takings at the safe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.kernel.errors import Conflict, Forbidden, InvalidField, VienphiError
from payments.kernel.money import Money
from payments.ledger import queries as ledger
from payments.shifts import handovers
from payments.shifts.closing import REASON_MAX, REASON_MIN
from payments.shifts.handover import Handover, Kind, NoHandover
from payments.shifts.model import COUNTED_MAX
from payments.shifts.receiving import accept, refuse
from payments.web import forms
from payments.web.addresses import url_for
from payments.web.cashier.views import cashier
from payments.web.current import explain, may, runtime, scope
from payments.web.finance.people import name_of
from payments.web.pages import render
from payments.web.security import requires

_LETTERS_MAX: Final = 20
_UNFIT: Final = (InvalidField, Conflict, Forbidden)


@dataclass(frozen=True, slots=True)
class CountingPage:
    template: ClassVar[str] = "cashier/counting.html"

    handover: Handover
    giver: str
    counted: str
    reason: str
    reason_min: int
    reason_max: int
    failed_field: str
    failure: str


@dataclass(frozen=True, slots=True)
class SafeRow:
    handover: Handover
    giver: str
    receiver: str


@dataclass(frozen=True, slots=True)
class SafePage:
    template: ClassVar[str] = "cashier/safe.html"

    waiting: tuple[SafeRow, ...]
    dealt_with: tuple[SafeRow, ...]
    #: What the books have in the safe (account 1010).
    lies: Money


@cashier.get("/desk/safe")
@requires(Permission.RECEIVE_CASH)
def safe() -> str:
    with runtime().database.reading(scope()) as tx:
        rows = tuple(
            SafeRow(
                one,
                name_of(tx, one.made_by),
                "" if one.answered_by is None else name_of(tx, one.answered_by),
            )
            for one in handovers.for_safe(tx)
        )
        lies = ledger.balance(tx, "1010")
    waiting = tuple(row for row in rows if row.handover.is_waiting)
    dealt_with = tuple(row for row in rows if not row.handover.is_waiting)
    return render(SafePage(waiting, dealt_with, lies))


@cashier.get("/desk/handovers/<uuid:handover_id>")
@requires(Permission.COLLECT)
def counting(handover_id: UUID) -> str:
    return render(_page(handover_id))


@cashier.post("/desk/handovers/<uuid:handover_id>/accept")
@requires(Permission.COLLECT)
def accept_notes(handover_id: UUID) -> AnyResponse:
    _see(handover_id)
    try:
        held = accept(runtime(), scope(), handover_id, _counted())
    except _UNFIT as error:
        return _told(handover_id, error)
    return redirect(_next(held), 303)


@cashier.post("/desk/handovers/<uuid:handover_id>/refuse")
@requires(Permission.COLLECT)
def refuse_notes(handover_id: UUID) -> AnyResponse:
    _see(handover_id)
    try:
        why = forms.line_of_text(
            request.form.get("reason", ""),
            "reason",
            letters_max=REASON_MAX,
            wrong="reason",
            least=REASON_MIN,
        )
        held = refuse(runtime(), scope(), handover_id, _counted(), why)
    except _UNFIT as error:
        return _told(handover_id, error)
    return redirect(_next(held), 303)


def _told(handover_id: UUID, error: VienphiError) -> AnyResponse:
    """Show the page again with what is wrong; what was typed stays."""
    field = error.field if isinstance(error, InvalidField) else ""
    status = 422 if field else 409 if isinstance(error, Conflict) else 403
    return Response(render(_page(handover_id, field, explain(error))), status)


def _counted() -> Money:
    typed = request.form.get("counted", "")
    return forms.amount(typed, "counted", wrong="counted", most=COUNTED_MAX)


def _next(held: Handover) -> str:
    return url_for("cashier.safe" if held.kind is Kind.SAFE else "cashier.shift")


def _see(handover_id: UUID) -> Handover:
    """Find one that this person may count. Raises NoHandover."""
    with runtime().database.reading(scope()) as tx:
        held = handovers.handover(tx, handover_id)
    # Takings are counted by whoever keeps the safe; change by whoever works at a cash point.
    if held.kind is Kind.SAFE and not may(Permission.RECEIVE_CASH):
        raise NoHandover()
    return held


def _page(handover_id: UUID, failed_field: str = "", failure: str = "") -> CountingPage:
    held = _see(handover_id)
    with runtime().database.reading(scope()) as tx:
        giver = name_of(tx, held.made_by)
    return CountingPage(
        held,
        giver,
        request.form.get("counted", "")[:_LETTERS_MAX],
        request.form.get("reason", "")[:REASON_MAX],
        REASON_MIN,
        REASON_MAX,
        failed_field,
        failure,
    )
