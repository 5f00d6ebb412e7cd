"""The page objects of closing a day and a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money
from payments.reconciliation.balances import BalanceCheck
from payments.reconciliation.late import Late
from payments.web.chips import Chip

#: Account with its debit and credit.
Total = tuple[str, tuple[Money, Money]]


@dataclass(frozen=True, slots=True)
class ClosingPage:
    template: ClassVar[str] = "finance/closing.html"

    day: HospitalDay
    month: str
    items: tuple[tuple[Chip, str], ...]
    balances: tuple[tuple[BalanceCheck, Chip], ...]
    totals: tuple[Total, ...]
    #: ``left`` went to a later day, ``taken`` came from an earlier one.
    late: tuple[tuple[str, tuple[Late, ...]], ...]
    is_closed: bool
    closed_by: str
    closed_at: datetime | None
    may_close: bool
    why_not: str
    may_explain: bool
    failure: str


@dataclass(frozen=True, slots=True)
class MonthPage:
    template: ClassVar[str] = "finance/month.html"

    name: str
    month: str
    previous: str
    #: Empty in the month that runs.
    following: str
    first_day: HospitalDay
    last_day: HospitalDay
    items: tuple[tuple[Chip, str], ...]
    open_days: tuple[HospitalDay, ...]
    totals: tuple[Total, ...]
    debits: Money
    credits: Money
    clearing: tuple[tuple[str, Money], ...]
    closed_by: str
    closed_at: datetime | None
    may_close: bool
    why_not: str
