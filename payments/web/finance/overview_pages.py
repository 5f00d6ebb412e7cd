"""The page object of the board over several days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money
from payments.web.charts import Bars, Curve, Row


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """One series of the first chart as a row of its table."""

    place: int
    name: str
    amounts: tuple[Money, ...]
    total: Money


@dataclass(frozen=True, slots=True)
class RateRow:
    day: HospitalDay
    transfers: int
    automatic: int
    share: str


@dataclass(frozen=True, slots=True)
class AgeRow:
    name: str
    count: int
    amount: Money


@dataclass(frozen=True, slots=True)
class FeeRow:
    channel: str
    gross: Money
    fee: Money
    tax: Money
    share: str


@dataclass(frozen=True, slots=True)
class OverviewPage:
    template: ClassVar[str] = "finance/overview.html"

    day: HospitalDay
    previous: HospitalDay
    following: HospitalDay | None
    days: tuple[HospitalDay, ...]
    unit: str
    bars: Bars
    series: tuple[SeriesRow, ...]
    totals: tuple[Money, ...]
    bars_said: str
    curve: Curve
    rates: tuple[RateRow, ...]
    curve_said: str
    age_bars: tuple[Row, ...]
    ages: tuple[AgeRow, ...]
    ages_said: str
    cashless: str
    cashless_said: str
    fees: tuple[FeeRow, ...]
    collected: Money
