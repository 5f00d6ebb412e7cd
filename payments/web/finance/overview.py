"""The board over a week: collected by channel, matched without a person, what waits, fees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flask import request

from payments.exceptions import gathering, service
from payments.exceptions.model import Age, Item
from payments.identity.permissions import Permission
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO
from payments.overview import model, queries
from payments.overview.model import BANK, CASH, OTHERS, Fee, MatchRate, Stacked
from payments.web import charts
from payments.web.current import runtime, scope, words
from payments.web.finance.days import day_of
from payments.web.finance.overview_pages import (
    AgeRow,
    FeeRow,
    OverviewPage,
    RateRow,
    SeriesRow,
)
from payments.web.finance.views import finance
from payments.web.pages import render
from payments.web.security import requires
from payments.words.formats import local_date, vnd

_DAYS: Final = 7
_THOUSAND, _MILLION = 1_000, 1_000_000
#: From here on a chart in millions says more than zeros.
_MANY: Final = 3 * _MILLION


@finance.get("/finance/overview")
@requires(Permission.SEE_FINANCE)
def overview() -> str:
    today = HospitalDay.of(runtime().clock.now())
    asked = request.args.get("day", "")
    return render(_page(min(day_of(asked), today) if asked else today, today))


def _page(day: HospitalDay, today: HospitalDay) -> OverviewPage:
    first = day.plus(1 - _DAYS)
    with runtime().database.reading(scope()) as tx:
        received = queries.received(tx, first, day)
        rates = queries.match_rates(tx, first, day)
        kept = queries.fees(tx, first, day)
        items = service.inbox(tx)
    days = queries.days(first, day)
    names = [f"{one.date:%d/%m}" for one in days]
    told = model.stacked(received, days)
    totals = tuple(told.total(one) for one in days)
    unit = _MILLION if max(totals).dong >= _MANY else _THOUSAND
    stacks = [[told.amounts[series, one].dong for series in told.series] for one in days]
    free = model.cashless(received)
    ages = _ages(items, today)
    return OverviewPage(
        day=day,
        previous=day.plus(-_DAYS),
        following=min(day.plus(_DAYS), today) if day < today else None,
        days=days,
        unit=words("overview.unit.million" if unit == _MILLION else "overview.unit.thousand"),
        bars=charts.bars(names, stacks, unit=unit),
        series=_series(told),
        totals=totals,
        bars_said=_said(told),
        curve=charts.curve(names, [one.per_mille for one in rates], top=1000, unit=10),
        rates=tuple(_rate(one) for one in rates),
        curve_said=_matched(rates),
        age_bars=charts.rows(
            [one.name for one in ages],
            [one.count for one in ages],
            [f"{one.count} · {vnd(one.amount)}" for one in ages],
        ),
        ages=ages,
        ages_said=words(
            "overview.ages.said",
            n=len(items),
            overdue=sum(one.is_overdue(today) for one in items),
        ),
        cashless=_percent(free.per_mille),
        cashless_said=words(
            "overview.cashless.said",
            n=free.count,
            all=free.count_all,
            amount=vnd(free.amount),
            amount_all=vnd(free.amount_all),
        ),
        fees=tuple(_fee(one) for one in kept),
        collected=free.amount_all,
    )


def _series(told: Stacked) -> tuple[SeriesRow, ...]:
    found = []
    for place, name in enumerate(told.series, start=1):
        amounts = tuple(told.amounts[name, day] for day in told.days)
        found.append(SeriesRow(place, _channel(name), amounts, sum(amounts, ZERO)))
    return tuple(found)


def _channel(name: str) -> str:
    return words(f"overview.channel.{name}") if name in (BANK, CASH, OTHERS) else name


def _said(told: Stacked) -> str:
    """Say the finding of the first chart: the best day, and the largest channel."""
    best = max(told.days, key=told.total)
    if not told.series or not told.total(best):
        return words("overview.bars.none")
    day, amount = local_date(best.starts_at), vnd(told.total(best))
    return words("overview.bars.said", day=day, amount=amount, channel=_channel(told.series[0]))


def _rate(one: MatchRate) -> RateRow:
    return RateRow(one.day, one.transfers, one.automatic, _percent(one.per_mille))


def _matched(rates: Sequence[MatchRate]) -> str:
    every = sum(one.transfers for one in rates)
    automatic = sum(one.automatic for one in rates)
    share = _percent(MatchRate(rates[-1].day, every, every - automatic).per_mille)
    return words("overview.rate.said", n=automatic, all=every, share=share)


def _ages(items: Sequence[Item], today: HospitalDay) -> tuple[AgeRow, ...]:
    found = []
    for age in Age:
        mine = tuple(one for one in items if Age.of(one.age_days(today)) is age)
        found.append(AgeRow(words(f"inbox.age.{age}"), len(mine), gathering.total(mine)))
    return tuple(found)


def _fee(one: Fee) -> FeeRow:
    cost, gross = one.fee + one.tax, one.gross.dong
    share = _percent(cost.dong * 1000 // gross if gross > 0 else None)
    return FeeRow(one.channel, one.gross, one.fee, one.tax, share)


def _percent(per_mille: int | None) -> str:
    return "–" if per_mille is None else f"{per_mille // 10},{per_mille % 10} %"
