"""Handing notes over, to a colleague's cash point or to the safe, and the paper that goes along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from payments.desks import queries as desks
from payments.identity.permissions import Permission
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money
from payments.shifts import handovers
from payments.shifts import queries as shifts
from payments.shifts.giving import give
from payments.shifts.handover import (
    BAG_MAX,
    Giving,
    Handover,
    HandoverWaits,
    Kind,
    NoHandover,
    TooLittleToHandOver,
)
from payments.shifts.model import NoShift, Shift
from payments.shifts.receiving import withdraw
from payments.storage.unit_of_work import UnitOfWork
from payments.web import forms
from payments.web.addresses import url_for
from payments.web.cashier.closing import NoSuchShift
from payments.web.cashier.views import cashier
from payments.web.current import explain, may, runtime, scope
from payments.web.finance.people import name_of
from payments.web.pages import new_form_key, render
from payments.web.security import requires


@dataclass(frozen=True, slots=True)
class GivingPage:
    template: ClassVar[str] = "cashier/handing.html"

    shift: Shift
    given: tuple[Handover, ...]
    #: What of the drawer may go where, by the books.
    change: Money
    takings: Money
    points: tuple[str, ...]
    bag_max: int
    key: str
    #: Which of the two forms was sent, what was typed, and what is wrong with it.
    kind: str
    typed: dict[str, str]
    failed_field: str
    failure: str


@dataclass(frozen=True, slots=True)
class PaperPage:
    """The numbered paper of one hand-over, with room for two signatures; the browser prints it."""

    template: ClassVar[str] = "cashier/handover_paper.html"

    handover: Handover
    cash_point: str
    giver: str
    receiver: str


@cashier.get("/desk/shifts/<uuid:shift_id>/handover")
@requires(Permission.COLLECT)
def handing(shift_id: UUID) -> str:
    return render(_page(shift_id))


@cashier.post("/desk/shifts/<uuid:shift_id>/handover")
@requires(Permission.COLLECT)
def hand_on(shift_id: UUID) -> AnyResponse:
    try:
        give(runtime(), scope(), _read(shift_id))
    except InvalidField as error:
        return Response(render(_page(shift_id, error.field, explain(error))), 422)
    except TooLittleToHandOver as error:
        return Response(render(_page(shift_id, "amount", explain(error))), 422)
    except HandoverWaits as error:
        return Response(render(_page(shift_id, "", explain(error))), 409)
    except NoShift as error:
        raise NoSuchShift() from error
    return redirect(url_for("cashier.handing", shift_id=shift_id), 303)


@cashier.post("/desk/handovers/<uuid:handover_id>/withdraw")
@requires(Permission.COLLECT)
def take_back(handover_id: UUID) -> AnyResponse:
    taken = withdraw(runtime(), scope(), handover_id)
    return redirect(url_for("cashier.handing", shift_id=taken.shift), 303)


@cashier.get("/desk/handovers/<uuid:handover_id>/paper")
@requires(Permission.COLLECT)
def handover_paper(handover_id: UUID) -> str:
    """Show the paper to its giver, to whoever answered it, and to who keeps the safe."""
    with runtime().database.reading(scope()) as tx:
        held = handovers.handover(tx, handover_id)
        if scope().actor not in (held.made_by, held.answered_by) and not may(
            Permission.RECEIVE_CASH
        ):
            raise NoHandover()
        shift = shifts.shift(tx, held.shift)
        receiver = "" if held.answered_by is None else name_of(tx, held.answered_by)
        giver = name_of(tx, held.made_by)
    point = held.cash_point if shift is None else shift.cash_point
    return render(PaperPage(held, point, giver, receiver))


def own_shift(tx: UnitOfWork, shift_id: UUID) -> Shift:
    """Find a shift of this person, open or closed. Raises NoSuchShift."""
    found = shifts.shift(tx, shift_id)
    if found is None or found.cashier != tx.scope.actor:
        raise NoSuchShift()
    return found


def _read(shift_id: UUID) -> Giving:
    key = forms.form_key(request.form.get(forms.KEY_FIELD, ""))
    is_float = request.form.get("kind") == Kind.FLOAT.value
    amount = forms.amount(request.form.get("amount", ""), "amount", wrong="handover_amount")
    return Giving(
        shift_id,
        Kind.FLOAT if is_float else Kind.SAFE,
        amount,
        f"desk:{key}",
        request.form.get("cash_point", "").strip().upper() if is_float else "",
        "" if is_float else " ".join(request.form.get("bag", "").split()),
    )


def _page(shift_id: UUID, failed_field: str = "", failure: str = "") -> GivingPage:
    with runtime().database.reading(scope()) as tx:
        shift = own_shift(tx, shift_id)
        given = handovers.of_shift(tx, shift_id)
        points = tuple(one.code for one in desks.cash_points(tx) if one.is_active)
        change, takings = handovers.float_of(tx, shift), handovers.takings_of(tx, shift)
    is_open = not shift.is_closed
    return GivingPage(
        shift,
        given,
        change,
        max(takings, ZERO),
        tuple(one for one in points if not (is_open and one == shift.cash_point)),
        BAG_MAX,
        new_form_key(),
        request.form.get("kind", ""),
        {name: request.form.get(name, "")[:BAG_MAX] for name in ("amount", "cash_point", "bag")},
        failed_field,
        failure,
    )
