"""Fee bills of a month (P21) and what a gateway is short of (P27): entered, posted once, proven."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.channels.service import slugs
from payments.identity.permissions import Permission
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.payouts import bills, debits, topping_up
from payments.payouts.accruing import accrued, month_of
from payments.payouts.bills import BillKnown, FeeBill
from payments.payouts.debits import Debit, DebitUnfit
from payments.web import forms
from payments.web.chips import Chip
from payments.web.current import current, explain, runtime, scope, words
from payments.web.finance.bill_pages import BillRow, FeeBillsPage, ShortRow
from payments.web.finance.views import finance
from payments.web.pages import render
from payments.web.security import requires

#: A page offers so many debits for one bill; the others wait on the list of the day.
_DEBITS_MAX: Final = 5


@finance.get("/finance/fee-bills")
@requires(Permission.SEE_FINANCE)
def fee_bills() -> AnyResponse:
    asked = request.args
    try:
        return Response(render(_page(asked.get("channel", ""), asked.get("month", ""))))
    except InvalidField as error:
        return Response(render(_page("", "", failure=explain(error))), 422)


@finance.post("/finance/fee-bills")
@requires(Permission.RESOLVE)
def enter_fee_bill() -> AnyResponse:
    form = request.form

    def work() -> None:
        bills.enter(
            runtime(),
            scope(),
            channel=form.get("channel", ""),
            number=form.get("number", ""),
            month=form.get("month", ""),
            amount=forms.amount(form.get("amount", ""), "amount", wrong="bill_amount"),
            reason=form.get("reason", ""),
        )

    return _done(work)


@finance.post("/finance/fee-bills/<uuid:bill>/paid/<uuid:credit>")
@requires(Permission.RESOLVE)
def pay_fee_bill(bill: UUID, credit: UUID) -> AnyResponse:
    return _done(lambda: bills.pay(runtime(), scope(), bill, credit))


@finance.post("/finance/fee-bills/top-up/<channel>/<uuid:credit>")
@requires(Permission.RESOLVE)
def top_up_channel(channel: str, credit: UUID) -> AnyResponse:
    return _done(lambda: topping_up.top_up(runtime(), scope(), channel, credit))


def _done(work: Callable[[], object]) -> AnyResponse:
    try:
        work()
    except InvalidField as error:
        return Response(render(_page("", "", failure=explain(error))), 422)
    except (BillKnown, DebitUnfit) as error:
        return Response(render(_page("", "", failure=explain(error))), 409)
    return redirect(url_for("finance.fee_bills"), 303)


def _page(channel: str, month: str, *, failure: str = "") -> FeeBillsPage:
    of_month = month_of(month) if channel else None
    with runtime().database.reading(scope()) as tx:
        channels = slugs(tx)
        if channel and channel not in channels:
            raise InvalidField("channel", "bill_channel")
        accrual = accrued(tx, channel, of_month) if of_month is not None else None
        entered = bills.newest(tx)
        proofs = bills.proofs(tx)
        waiting = debits.waiting(tx)
        shorts = topping_up.short(tx)
    session = current().session
    last_month = HospitalDay.of(runtime().clock.now()).date.replace(day=1)
    return FeeBillsPage(
        channels=channels,
        channel=channel,
        month=month or str(HospitalDay(last_month).plus(-1))[:7],
        accrual=accrual,
        rows=tuple(_row(one, waiting) for one in entered),
        proofs=proofs,
        shorts=tuple(
            ShortRow(one, tuple(d for d in waiting if d.amount <= one.total)[:_DEBITS_MAX])
            for one in shorts
        ),
        may_post=session is not None and session.user.may(Permission.RESOLVE),
        failure=failure,
    )


def _row(one: FeeBill, waiting: tuple[Debit, ...]) -> BillRow:
    if one.credit is not None:
        return BillRow(one, Chip("ok", "check", words("bill.state.paid")), ())
    fits = tuple(debit for debit in waiting if debit.amount == one.amount)[:_DEBITS_MAX]
    return BillRow(one, Chip("wait", "clock", words("bill.state.unpaid")), fits)
