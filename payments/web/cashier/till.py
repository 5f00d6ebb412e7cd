"""The cash point of this desk, and the shift of whoever sits at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from payments.desks import queries
from payments.identity.permissions import Permission
from payments.kernel.errors import InvalidField
from payments.kernel.money import Money
from payments.shifts import handovers
from payments.shifts import queries as shifts
from payments.shifts.handover import Handover, HandoverWaits
from payments.shifts.model import FLOAT_MAX, CashPointTaken, Shift, ShiftOpen
from payments.shifts.service import open_shift
from payments.storage.unit_of_work import UnitOfWork
from payments.web import forms
from payments.web import place as places
from payments.web.addresses import url_for
from payments.web.cashier.views import cashier
from payments.web.current import explain, may, prints_itself, runtime, scope
from payments.web.pages import render
from payments.web.security import requires
from payments.web.sign_in import local

#: Offered where no choice of a cash point was made at this browser.
_FIRST: Final = "Q1"
_LETTERS_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class ShiftPage:
    template: ClassVar[str] = "cashier/shift.html"

    shift: Shift | None
    #: Change for that cash point that somebody handed over: it is counted before a shift opens.
    change: Handover | None
    keeps_safe: bool
    cash_point: str
    opening_float: str
    float_max: Money
    next_page: str
    prints_itself: bool
    failed_field: str
    failure: str


def open_here(tx: UnitOfWork) -> Shift | None:
    """Find the open shift of the person who is signed in."""
    return shifts.open_of(tx, tx.scope.actor)


@cashier.get("/desk/shift")
@requires(Permission.COLLECT)
def shift() -> str:
    return render(_page())


@cashier.post("/desk/shift")
@requires(Permission.COLLECT)
def start_shift() -> AnyResponse:
    try:
        cash_point = request.form.get("cash_point", "").strip().upper()
        opening_float = forms.amount(
            request.form.get("opening_float", ""),
            "opening_float",
            wrong="opening_float",
            most=FLOAT_MAX,
        )
        open_shift(runtime(), scope(), cash_point=cash_point, opening_float=opening_float)
    except InvalidField as error:
        return Response(render(_page(error.field, explain(error))), 422)
    except (CashPointTaken, ShiftOpen, HandoverWaits) as error:
        return Response(render(_page("cash_point", explain(error))), 409)
    answer = redirect(local(request.form.get("next", "")) or url_for("cashier.desk"), 303)
    _work_there(answer, cash_point)
    return answer


def _work_there(answer: AnyResponse, cash_point: str) -> None:
    """Whoever answers for a drawer sits beside it: the second screens there are theirs."""
    with runtime().database.reading(scope()) as tx:
        open_ones = {point.code: point for point in queries.cash_points(tx) if point.is_active}
    if cash_point in open_ones:
        places.choose(answer, open_ones[cash_point])


def _page(failed_field: str = "", failure: str = "") -> ShiftPage:
    with runtime().database.reading(scope()) as tx:
        found = open_here(tx)
        typed = request.form.get("cash_point", places.chosen() or _FIRST)[:_LETTERS_MAX]
        point = typed.strip().upper() if found is None else found.cash_point
        change = handovers.float_waiting(tx, point)
    return ShiftPage(
        found,
        change,
        may(Permission.RECEIVE_CASH),
        typed,
        request.form.get("opening_float", "")[:_LETTERS_MAX],
        FLOAT_MAX,
        local(request.values.get("next", "")),
        prints_itself(),
        failed_field,
        failure,
    )
