"""What is over pays another invoice of the same patient: one person asks, another approves."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.kernel.errors import InvalidField
from payments.reconciliation import resolving
from payments.refunds import move_queries, moving
from payments.refunds.model import NotRefundable, SamePerson
from payments.refunds.move_queries import MoveView
from payments.refunds.moves import MoveDealtWith, OtherPatient, OwesLess, SameInvoice, State
from payments.refunds.moving import MoveRequest
from payments.web import forms
from payments.web.chips import Chip
from payments.web.current import current, explain, runtime, scope, words
from payments.web.finance.move_pages import MoveRow, MovesPage
from payments.web.finance.views import finance
from payments.web.pages import render
from payments.web.security import requires

_SHOWN_MAX: Final = 50
_LOOKS: Final = {
    State.REQUESTED: ("wait", "clock"),
    State.DONE: ("ok", "check"),
    State.REFUSED: ("off", "stop"),
}
_UNFIT: Final = (InvalidField, NotRefundable, SameInvoice, OtherPatient, OwesLess, SamePerson)


@finance.get("/finance/moves")
@requires(Permission.SEE_FINANCE)
def moves() -> str:
    return render(_page(_number(request.args.get("number", ""))))


@finance.post("/finance/moves")
@requires(Permission.REFUND)
def ask_move() -> AnyResponse:
    form = request.form
    number = _number(form.get("number", ""))
    try:
        asked = MoveRequest(
            forms.identifier(form.get("payment", ""), "payment", wrong="refund_payment"),
            forms.identifier(form.get("target", ""), "target", wrong="move_target"),
            forms.amount(form.get("amount", ""), "amount", wrong="refund_amount"),
            form.get("reason", ""),
            f"move:{forms.form_key(form.get(forms.KEY_FIELD, ''))}",
        )
        moving.request(runtime(), scope(), asked)
    except _UNFIT as error:
        return Response(render(_page(number, failure=explain(error))), 422)
    return redirect(url_for("finance.moves", number=number), 303)


@finance.post("/finance/moves/<uuid:move>/approve")
@requires(Permission.APPROVE_REFUND)
def approve_move(move: UUID) -> AnyResponse:
    try:
        moving.approve(runtime(), scope(), move)
    except _UNFIT as error:
        return Response(render(_page("", failure=explain(error))), 422)
    except MoveDealtWith as error:
        return Response(render(_page("", failure=explain(error))), 409)
    return redirect(url_for("finance.moves"), 303)


@finance.post("/finance/moves/<uuid:move>/turn-down")
@requires(Permission.REFUND)
def turn_down_move(move: UUID) -> AnyResponse:
    try:
        moving.turn_down(runtime(), scope(), move)
    except MoveDealtWith as error:
        return Response(render(_page("", failure=explain(error))), 409)
    return redirect(url_for("finance.moves"), 303)


def _number(text: str) -> str:
    return " ".join(text.split()).upper()[:30]


def _page(number: str, *, failure: str = "") -> MovesPage:
    session = current().session
    may_ask = session is not None and session.user.may(Permission.REFUND)
    may_approve = session is not None and session.user.may(Permission.APPROVE_REFUND)
    with runtime().database.reading(scope()) as tx:
        invoice = resolving.invoice_of_number(tx, number) if number else None
        payments = () if invoice is None else move_queries.payments_of(tx, invoice)
        targets = () if invoice is None else move_queries.targets_of(tx, invoice)
        newest = move_queries.newest(tx, limit=_SHOWN_MAX)
    return MovesPage(
        number=number,
        is_unknown=bool(number) and invoice is None,
        payments=payments,
        targets=targets,
        rows=tuple(_row(one, may_ask=may_ask, may_approve=may_approve) for one in newest),
        may_ask=may_ask,
        failure=failure,
    )


def _row(view: MoveView, *, may_ask: bool, may_approve: bool) -> MoveRow:
    move = view.move
    look, icon = _LOOKS[move.state]
    is_request = move.state is State.REQUESTED
    is_own = move.requested_by == scope().actor
    return MoveRow(
        id=move.id,
        source=view.source,
        target=view.target,
        amount=move.amount,
        reason=move.reason,
        requested_at=move.requested_at,
        chip=Chip(look, icon, words(f"move.state.{move.state}")),
        may_approve=is_request and may_approve and not is_own,
        may_turn_down=is_request and (may_approve or (may_ask and is_own)),
        is_own=is_request and may_approve and is_own,
    )
