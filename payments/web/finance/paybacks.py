"""Money back to a bank account: asked for, approved, named by its payee, let pass, paid out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.kernel.errors import InvalidField
from payments.refunds import claiming, listing, paying_back, paying_out
from payments.refunds.listing import ToPay
from payments.refunds.model import NotRefundable, SamePerson
from payments.refunds.paybacks import (
    AbovePersonLimit,
    IllegalPaybackStep,
    NoSuchTransfer,
    NotCooled,
    NothingToList,
    SameListMaker,
)
from payments.refunds.paying_back import PaybackRequest
from payments.statements.cells import identifier, text, write
from payments.web import forms
from payments.web.current import explain, runtime, scope, words
from payments.web.finance.payback_board import page_of
from payments.web.finance.views import finance
from payments.web.pages import render
from payments.web.security import requires

_UNFIT = (
    InvalidField,
    NotRefundable,
    AbovePersonLimit,
    NoSuchTransfer,
    SamePerson,
    SameListMaker,
)
_LATE = (IllegalPaybackStep, NotCooled, NothingToList)


@finance.get("/finance/paybacks")
@requires(Permission.SEE_FINANCE)
def paybacks() -> str:
    return render(page_of(_number(request.args.get("number", ""))))


@finance.post("/finance/paybacks")
@requires(Permission.REFUND)
def ask_payback() -> AnyResponse:
    form = request.form
    number = _number(form.get("number", ""))

    def work() -> None:
        try:
            payment = UUID(form.get("payment", ""))
        except ValueError as error:
            raise InvalidField("payment", "refund_payment") from error
        asked = PaybackRequest(
            payment,
            forms.amount(form.get("amount", ""), "amount", wrong="refund_amount"),
            form.get("reason", ""),
            f"payback:{forms.form_key(form.get(forms.KEY_FIELD, ''))}",
        )
        paying_back.request(runtime(), scope(), asked)

    return _done(work, number)


@finance.post("/finance/paybacks/<uuid:payback>/approve")
@requires(Permission.APPROVE_REFUND)
def approve_payback(payback: UUID) -> AnyResponse:
    return _done(lambda: paying_back.approve(runtime(), scope(), payback))


@finance.post("/finance/paybacks/<uuid:payback>/turn-down")
@requires(Permission.REFUND)
def turn_down_payback(payback: UUID) -> AnyResponse:
    return _done(lambda: paying_back.turn_down(runtime(), scope(), payback))


@finance.post("/finance/paybacks/<uuid:payback>/pass")
@requires(Permission.APPROVE_REFUND)
def pass_account(payback: UUID) -> AnyResponse:
    return _done(lambda: claiming.let_pass(runtime(), scope(), payback))


@finance.post("/finance/paybacks/<uuid:payback>/send-back")
@requires(Permission.REFUND)
def send_account_back(payback: UUID) -> AnyResponse:
    return _done(lambda: claiming.send_back(runtime(), scope(), payback))


@finance.post("/finance/paybacks/<uuid:payback>/paid")
@requires(Permission.REFUND)
def close_payback(payback: UUID) -> AnyResponse:
    reference = request.form.get("reference", "")[:60]
    return _done(lambda: paying_out.close(runtime(), scope(), payback, reference))


@finance.post("/finance/paybacks/<uuid:payback>/came-back")
@requires(Permission.REFUND)
def payback_came_back(payback: UUID) -> AnyResponse:
    reference = request.form.get("reference", "")[:60]
    return _done(lambda: paying_out.came_back(runtime(), scope(), payback, reference))


@finance.post("/finance/paybacks/<uuid:payback>/take-out")
@requires(Permission.APPROVE_REFUND)
def take_payback_out(payback: UUID) -> AnyResponse:
    reason = request.form.get("reason", "")
    return _done(lambda: listing.take_out(runtime(), scope(), payback, reason))


@finance.post("/finance/paybacks/files")
@requires(Permission.APPROVE_REFUND)
def make_payback_file() -> AnyResponse:
    """Make the list for the bank of all that stands in none; a second click makes no second one."""
    return _done(lambda: listing.make(runtime(), scope(), _written))


@finance.post("/finance/paybacks/files/<uuid:file>.csv")
@requires(Permission.APPROVE_REFUND)
def payback_file(file: UUID) -> Response:
    """Give a list for the bank: whole account numbers, so it is a form, counted and noted."""
    got = listing.download(runtime(), scope(), file)
    copy = f"-ban-sao-{got.copy}" if got.copy else ""
    name = f"hoan-tien-{got.file.number:04d}{copy}.csv"
    answer = Response(got.content, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _written(lines: Sequence[ToPay]) -> bytes:
    titles = tuple(words(f"payback.column.{one}") for one in ("bank", "account", "holder"))
    rows = [
        (
            identifier(one.account.bank),
            identifier(one.account.number),
            text(one.account.holder),
            one.payback.amount,
            one.memo,
        )
        for one in lines
    ]
    return write([(*titles, words("invoice.amount"), words("payback.column.memo")), *rows])


def _done(work: Callable[[], object], number: str = "") -> AnyResponse:
    try:
        work()
    except _UNFIT as error:
        return Response(render(page_of(number, failure=explain(error))), 422)
    except _LATE as error:
        return Response(render(page_of(number, failure=explain(error))), 409)
    # Without a number its argument is left out of the address.
    return redirect(url_for("finance.paybacks", number=number or None), 303)


def _number(typed: str) -> str:
    return " ".join(typed.split()).upper()[:30]
