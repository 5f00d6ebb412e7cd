"""Refunds through gateways: one person asks, another approves; and attempts to look at."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.intents import attempts, holding
from payments.intents.holding import Hold
from payments.kernel.errors import InvalidField
from payments.reconciliation import resolving
from payments.refunds import queries, service
from payments.refunds.model import NotRefundable, SamePerson
from payments.refunds.queries import RefundView
from payments.refunds.service import RefundRequest
from payments.refunds.status import IllegalRefundStep, State
from payments.refunds.voiding import OnlyTheWhole, VoidDayOver
from payments.web import forms
from payments.web.chips import Chip
from payments.web.current import current, explain, runtime, scope, words
from payments.web.finance import refund_payments
from payments.web.finance.refund_pages import (
    DisputeRow,
    FlaggedRow,
    HeldRow,
    RefundRow,
    RefundsPage,
)
from payments.web.finance.views import finance
from payments.web.pages import render
from payments.web.security import requires
from payments.web.taken_back import taken_back

_SHOWN_MAX: Final = 50
_LOOKS: Final = {
    State.REQUESTED: ("wait", "clock"),
    State.PENDING: ("wait", "clock"),
    State.UNKNOWN: ("warn", "ask"),
    State.DONE: ("ok", "check"),
    State.REFUSED: ("off", "stop"),
    State.EXTERNAL: ("odd", "alert"),
    State.BOUNCED: ("bad", "back"),
}


@finance.get("/finance/refunds")
@requires(Permission.SEE_FINANCE)
def refunds() -> str:
    return render(_page(_number(request.args.get("number", ""))))


@finance.post("/finance/refunds")
@requires(Permission.REFUND)
def ask_refund() -> AnyResponse:
    number = _number(request.form.get("number", ""))
    try:
        asked = RefundRequest(
            _payment(request.form.get("payment", "")),
            forms.amount(request.form.get("amount", ""), "amount", wrong="refund_amount"),
            request.form.get("reason", ""),
            f"refund:{forms.form_key(request.form.get(forms.KEY_FIELD, ''))}",
        )
        service.request(runtime(), scope(), asked)
    except (InvalidField, NotRefundable, OnlyTheWhole, VoidDayOver) as error:
        return Response(render(_page(number, failure=explain(error))), 422)
    return redirect(url_for("finance.refunds", number=number), 303)


@finance.post("/finance/refunds/<uuid:refund>/approve")
@requires(Permission.APPROVE_REFUND)
def approve_refund(refund: UUID) -> AnyResponse:
    session = current().session
    assert session is not None, "only staff come here"
    try:
        service.approve(runtime(), scope(), refund, login=session.user.login)
    except (SamePerson, NotRefundable, VoidDayOver) as error:
        return Response(render(_page("", failure=explain(error))), 422)
    except IllegalRefundStep as error:
        return Response(render(_page("", failure=explain(error))), 409)
    return redirect(url_for("finance.refunds"), 303)


@finance.post("/finance/refunds/<uuid:refund>/again")
@requires(Permission.APPROVE_REFUND)
def refund_again(refund: UUID) -> AnyResponse:
    session = current().session
    assert session is not None, "only staff come here"
    try:
        service.order_again(runtime(), scope(), refund, login=session.user.login)
    except SamePerson as error:
        return Response(render(_page("", failure=explain(error))), 422)
    except IllegalRefundStep as error:
        return Response(render(_page("", failure=explain(error))), 409)
    return redirect(url_for("finance.refunds"), 303)


@finance.post("/finance/refunds/<uuid:refund>/turn-down")
@requires(Permission.REFUND)
def turn_down_refund(refund: UUID) -> AnyResponse:
    try:
        service.turn_down(runtime(), scope(), refund)
    except IllegalRefundStep as error:
        return Response(render(_page("", failure=explain(error))), 409)
    return redirect(url_for("finance.refunds"), 303)


def _number(text: str) -> str:
    return " ".join(text.split()).upper()[:30]


def _payment(text: str) -> UUID:
    """Read the hidden name of a payment. Raises InvalidField."""
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidField("payment", "refund_payment") from error


def _page(number: str, *, failure: str = "") -> RefundsPage:
    session = current().session
    may_ask = session is not None and session.user.may(Permission.REFUND)
    may_approve = session is not None and session.user.may(Permission.APPROVE_REFUND)
    with runtime().database.reading(scope()) as tx:
        invoice = resolving.invoice_of_number(tx, number) if number else None
        paid = queries.paid_through(tx, invoice) if invoice is not None else ()
        payments = refund_payments.rows(tx, paid)
        held = tuple(_held(one) for one in holding.held(tx, limit=_SHOWN_MAX))
        newest = queries.newest(tx, limit=_SHOWN_MAX)
        flagged = tuple(
            FlaggedRow(
                intent.code,
                intent.channel,
                intent.amount,
                attempt.opened_at,
                tuple(words(f"attempt.flag.{flag}") for flag in sorted(attempt.flags)),
            )
            for intent, attempt in attempts.flagged(tx, limit=_SHOWN_MAX)
        )
        disputes = tuple(
            DisputeRow(
                view.invoice_number,
                taken_back(view.dispute),
                may_ask and view.dispute.seen_at is None,
            )
            for view in queries.taken_back(tx, limit=_SHOWN_MAX)
        )
    return RefundsPage(
        number=number,
        is_unknown=bool(number) and invoice is None,
        payments=payments,
        rows=tuple(_row(one, may_ask=may_ask, may_approve=may_approve) for one in newest),
        flagged=flagged,
        disputes=disputes,
        unseen=sum(not row.taken.is_seen for row in disputes),
        held=held,
        may_ask=may_ask,
        failure=failure,
    )


def _held(one: Hold) -> HeldRow:
    under_way = words(f"hold.under_way.{one.under_way}") if one.under_way else ""
    return HeldRow(one.invoice_number, one.channel, one.amount, one.since, under_way)


def _row(view: RefundView, *, may_ask: bool, may_approve: bool) -> RefundRow:
    refund = view.refund
    look, icon = _LOOKS[refund.state]
    is_request = refund.state is State.REQUESTED
    is_own = refund.requested_by == scope().actor
    return RefundRow(
        id=refund.id,
        invoice_number=view.invoice_number,
        channel=refund.channel,
        amount=refund.amount,
        reason=refund.reason,
        requested_at=refund.requested_at,
        chip=Chip(look, icon, words(f"refund.state.{refund.state}")),
        trouble=words(f"trouble.{refund.trouble}") if refund.trouble else "",
        may_approve=is_request and may_approve and not is_own,
        may_turn_down=is_request and (may_approve or (may_ask and is_own)),
        may_order_again=refund.state is State.BOUNCED and may_approve and not is_own,
        is_own=(is_request or refund.state is State.BOUNCED) and may_approve and is_own,
    )
