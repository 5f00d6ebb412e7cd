"""What the payments of a day cost by the fee table, and what each channel would have cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from payments.channels.comparing import Cost, costs
from payments.identity.permissions import Permission
from payments.intents.taken import taken
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO, Money
from payments.web.current import runtime, scope
from payments.web.finance.days import day_of
from payments.web.finance.views import finance
from payments.web.offers import collecting, name_of
from payments.web.pages import render
from payments.web.security import requires


@dataclass(frozen=True, slots=True)
class CostRow:
    name: str
    cost: Cost


@dataclass(frozen=True, slots=True)
class FeesOfDayPage:
    template: ClassVar[str] = "finance/fees.html"

    day: HospitalDay
    rows: tuple[CostRow, ...]
    count: int
    amount: Money
    fee: Money


@finance.get("/finance/day/<date>/fees")
@requires(Permission.SEE_FINANCE)
def fees(date: str) -> str:
    day = day_of(date)
    with runtime().database.reading(scope()) as tx:
        options = [option for option, _ in collecting(tx, runtime(), day)]
        found = costs(options, taken(tx, day))
    return render(
        FeesOfDayPage(
            day,
            tuple(CostRow(name_of(one.channel), one) for one in found),
            sum(one.count for one in found),
            sum((one.amount for one in found), ZERO),
            sum((one.fee for one in found), ZERO),
        )
    )
