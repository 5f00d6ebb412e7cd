"""Closing a day and a month: what must be right first, the balances, what came late."""

from __future__ import annotations

from typing import Final

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from payments.identity.permissions import Permission
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO
from payments.ledger import periods
from payments.reconciliation import balances, closing, late, months
from payments.reconciliation.balances import BalanceCheck, NothingToExplain
from payments.reconciliation.checklist import Checklist, State
from payments.reconciliation.months import Month
from payments.statements.files.entries import people
from payments.web.chips import Chip
from payments.web.current import current, explain, runtime, scope, words
from payments.web.finance.closing_pages import ClosingPage, MonthPage
from payments.web.finance.days import day_of
from payments.web.finance.views import finance
from payments.web.pages import render
from payments.web.security import requires

_LOOKS: Final = {
    State.DONE: ("ok", "check"),
    State.STOPS: ("bad", "stop"),
    State.NOTE: ("warn", "alert"),
}


@finance.get("/finance/day/<date>/close")
@requires(Permission.SEE_FINANCE)
def closing_day(date: str) -> str:
    return render(_page(day_of(date)))


@finance.post("/finance/day/<date>/balance")
@requires(Permission.RESOLVE)
def explain_balance(date: str) -> AnyResponse:
    day, form = day_of(date), request.form
    try:
        balances.explain(runtime(), scope(), form.get("account", ""), day, form.get("reason", ""))
    except InvalidField as error:
        return Response(render(_page(day, explain(error))), 422)
    except NothingToExplain as error:
        return Response(render(_page(day, explain(error))), 409)
    return redirect(url_for("finance.closing_day", date=str(day)), 303)


@finance.get("/finance/months/<month>")
@requires(Permission.SEE_FINANCE)
def month(month: str) -> str:
    return render(_month_page(Month.parse(month)))


@finance.post("/finance/months/<month>/close")
@requires(Permission.CLOSE_DAY)
def close_month(month: str) -> AnyResponse:
    wanted = Month.parse(month)
    months.close(runtime(), scope(), wanted)
    return redirect(url_for("finance.month", month=str(wanted)), 303)


def _page(day: HospitalDay, failure: str = "") -> ClosingPage:
    with runtime().database.reading(scope()) as tx:
        told = balances.checks(tx, day)
        found = closing.checklist(tx, day, told)
        kept = closing.closed(tx, "day", day)
        is_closed = periods.state(tx, day) == periods.CLOSED
        totals = closing.moved(tx, day, day)
        lists = (("left", late.left(tx, day)), ("taken", late.taken(tx, day)))
        names = people(tx)
    return ClosingPage(
        day,
        f"{day.date:%Y-%m}",
        _items(found),
        tuple((one, _balance_chip(one)) for one in told),
        tuple(sorted(totals.items())),
        lists,
        is_closed=is_closed,
        closed_by="" if kept is None else names.get(kept.closed_by, kept.closed_by),
        closed_at=None if kept is None else kept.closed_at,
        may_close=found.may_close and _may(Permission.CLOSE_DAY),
        why_not=_why_not(found),
        may_explain=_may(Permission.RESOLVE),
        failure=failure,
    )


def _month_page(wanted: Month) -> MonthPage:
    with runtime().database.reading(scope()) as tx:
        told = months.view(tx, wanted)
        kept = closing.closed(tx, "month", wanted.first)
        names = people(tx)
    following = wanted.last.plus(1)
    has_begun = following <= HospitalDay.of(runtime().clock.now())
    return MonthPage(
        name=f"{wanted.first.date:%m/%Y}",
        month=str(wanted),
        previous=f"{wanted.first.plus(-1).date:%Y-%m}",
        following=f"{following.date:%Y-%m}" if has_begun else "",
        first_day=wanted.first,
        last_day=wanted.last,
        items=_items(told.checklist),
        open_days=told.open_days,
        totals=tuple(sorted(told.accounts.items())),
        debits=sum((debit for debit, _ in told.accounts.values()), ZERO),
        credits=sum((credit for _, credit in told.accounts.values()), ZERO),
        clearing=tuple(sorted(told.clearing.items())),
        closed_by="" if kept is None else names.get(kept.closed_by, kept.closed_by),
        closed_at=None if kept is None else kept.closed_at,
        may_close=told.checklist.may_close and _may(Permission.CLOSE_DAY),
        why_not=_why_not(told.checklist),
    )


def _items(found: Checklist) -> tuple[tuple[Chip, str], ...]:
    return tuple(
        (
            Chip(*_LOOKS[one.state], words(f"closing.state.{one.state}")),
            words(f"closing.item.{one.key}", n=one.count),
        )
        for one in found.items
    )


def _balance_chip(one: BalanceCheck) -> Chip:
    if one.bank is None:
        return Chip("off", "ask", words("closing.balance.untold"))
    if not one.unexplained:
        return Chip("ok", "check", words("closing.balance.agrees"))
    if one.reason:
        return Chip("warn", "half", words("closing.balance.explained"))
    return Chip("bad", "stop", words("closing.balance.differs"))


def _why_not(found: Checklist) -> str:
    key = "finance.close.why_role" if found.may_close else "closing.why_stops"
    return words(key)


def _may(permission: Permission) -> bool:
    found = current().session
    return found is not None and found.user.may(permission)
