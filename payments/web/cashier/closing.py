"""The end of a shift: count blind, see what differs, say why, closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from flask import Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.intents import queries as intents
from payments.intents.taken import ByChannel, of_cashier
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.money import ZERO, Money, vnd
from payments.receipts import cash
from payments.receipts.cash import CashTotal
from payments.refunds.cash_returns import handed_back
from payments.shifts import queries as shifts
from payments.shifts.closing import (
    REASON_MAX,
    REASON_MIN,
    CountRequest,
    count_drawer,
    expected_cash,
    last_count,
    waiting,
)
from payments.shifts.handover import Handover, HandoverWaits
from payments.shifts.model import COUNTED_MAX, Count, Shift
from payments.storage.unit_of_work import UnitOfWork
from payments.web import forms
from payments.web.addresses import url_for
from payments.web.cashier.till import open_here
from payments.web.cashier.views import cashier
from payments.web.current import explain, runtime, scope
from payments.web.pages import render
from payments.web.security import requires

_LETTERS_MAX: Final = 20
_CODES_MAX: Final = 100
#: Notes in use, the largest first (State Bank of Vietnam).
NOTES: Final = (500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000)


class NoSuchShift(NotFound):
    """There is no such shift, or it is somebody else's."""

    code = "no-such-shift"


@dataclass(frozen=True, slots=True)
class ClosePage:
    template: ClassVar[str] = "cashier/close.html"

    shift: Shift
    #: Codes of everybody that still wait: they belong to their invoices and hinder nothing.
    open_codes: int
    #: Notes on their way: the shift stays open until somebody has counted them.
    on_their_way: tuple[Handover, ...]
    #: None until somebody has counted; only then the page says what the books expect.
    count: Count | None
    total: CashTotal | None
    #: Notes of advances that this drawer gave back.
    handed_back: Money
    #: What came without notes meanwhile; it is no part of the count.
    channels: tuple[ByChannel, ...]
    notes: tuple[Money, ...]
    #: More cash was taken after the count.
    is_stale: bool
    counted: str
    reason: str
    failed_field: str
    failure: str


@dataclass(frozen=True, slots=True)
class ClosedPage:
    template: ClassVar[str] = "cashier/closed.html"

    shift: Shift
    closed_at: datetime
    count: Count
    total: CashTotal
    handed_back: Money
    channels: tuple[ByChannel, ...]


@cashier.get("/desk/shift/close")
@requires(Permission.COLLECT)
def close() -> AnyResponse | str:
    with runtime().database.reading(scope()) as tx:
        shift = open_here(tx)
        page = None if shift is None else _page(tx, shift)
    return redirect(url_for("cashier.shift"), 303) if page is None else render(page)


@cashier.post("/desk/shift/close")
@requires(Permission.COLLECT)
def count_cash() -> AnyResponse:
    try:
        count = count_drawer(runtime(), scope(), _read())
    except InvalidField as error:
        with runtime().database.reading(scope()) as tx:
            shift = open_here(tx)
            if shift is None:
                raise
            page = _page(tx, shift, error.field, explain(error))
        return Response(render(page), 422)
    except HandoverWaits:
        # The page says what is on its way.
        return redirect(url_for("cashier.close"), 303)
    if count.closes:
        return redirect(url_for("cashier.closed", shift_id=count.shift), 303)
    return redirect(url_for("cashier.close"), 303)


@cashier.get("/desk/shifts/<uuid:shift_id>")
@requires(Permission.COLLECT)
def closed(shift_id: UUID) -> str:
    """Show a closed shift to the person whose it was; nobody else's totals are shown."""
    with runtime().database.reading(scope()) as tx:
        shift = shifts.shift(tx, shift_id)
        count = last_count(tx, shift_id)
        total = cash.of_shift(tx, shift_id)
        back = handed_back(tx, shift_id)
        channels: tuple[ByChannel, ...] = ()
        if shift is not None and shift.closed_at is not None:
            channels = of_cashier(tx, shift.cashier, shift.opened_at, shift.closed_at)
    if shift is None or shift.cashier != scope().actor or shift.closed_at is None or count is None:
        raise NoSuchShift()
    return render(ClosedPage(shift, shift.closed_at, count, total, back, channels))


def _read() -> CountRequest:
    form = request.form
    try:
        shift = UUID(form.get("shift", ""))
    except ValueError as error:
        raise NoSuchShift() from error
    counted = _counted()
    if "expected" not in form:
        return CountRequest(shift, counted)
    reason = forms.line_of_text(
        form.get("reason", ""),
        "reason",
        letters_max=REASON_MAX,
        wrong="reason",
        least=REASON_MIN,
    )
    return CountRequest(shift, counted, _amount(form["expected"]), reason)


def _counted() -> Money:
    """Read the sum that was typed, or add the notes up that were counted one kind after another."""
    typed = request.form.get("counted", "")
    pieces = {note: request.form.get(f"note_{note}", "").strip() for note in NOTES}
    if typed.strip() or not any(pieces.values()):
        return _amount(typed)
    return sum(
        (
            vnd(note * forms.whole(told, f"note_{note}", wrong="note_pieces"))
            for note, told in pieces.items()
            if told
        ),
        ZERO,
    )


def _amount(typed: str) -> Money:
    return forms.amount(typed, "counted", wrong="counted", most=COUNTED_MAX)


def _page(tx: UnitOfWork, shift: Shift, failed_field: str = "", failure: str = "") -> ClosePage:
    count = last_count(tx, shift.id)
    life = runtime().settings.code_life
    codes = intents.waiting(tx, runtime().keys, within=life, limit=_CODES_MAX)
    return ClosePage(
        shift,
        len(codes),
        waiting(tx, shift),
        count,
        None if count is None else cash.of_shift(tx, shift.id),
        handed_back(tx, shift.id),
        of_cashier(tx, shift.cashier, shift.opened_at, tx.now()),
        tuple(vnd(note) for note in NOTES),
        is_stale=count is not None and count.expected != expected_cash(tx, shift),
        counted=request.form.get("counted", "")[:_LETTERS_MAX],
        reason=request.form.get("reason", "")[:REASON_MAX],
        failed_field=failed_field,
        failure=failure,
    )
