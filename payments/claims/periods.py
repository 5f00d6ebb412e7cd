"""
Forms 01/BH and 02/BH: the visits of a month by groups of visit types, and a quarter of such months.

Columns of the form: (2) whole cost = 3 + 6 + 7, (3) insured = 4 + 5, (4) fund, (5) co-payment,
(6) other payers, (7) own money, in whole đồng. Each of 4 to 7 is rounded once for a group, half up;
3 and 2 are their sums, so both checks hold, and what rounding brought is told beside them. Where
another payer stepped into the insured part (personal support, programmes) the plain sums of XML1
break the first check by that part; then column 3 is the sum of what was really split, and the
difference from T_TONGCHI_BH is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from payments.claims.findings import plain
from payments.claims.tables import Record
from payments.insurance.coverage.model import ZERO
from payments.insurance.coverage.rounding import dong
from payments.kernel.errors import Rejected
from payments.kernel.money import ZERO as NO_MONEY
from payments.kernel.money import Money

#: Visit types (MA_LOAI_KCB) of each group of the form; the later types have no group yet.
GROUPS: Final = MappingProxyType(
    {
        "I": ("01", "06", "07"),
        "II": ("02", "05", "08"),
        "III": ("04", "09"),
        "IV": ("03",),
    }
)


#: Columns 2 to 7 of the form by the names of XML1, and what rounding and support brought.
COLUMNS: Final = (
    *("group", "visits", "SO_NGAY_DTRI", "T_TONGCHI_BV", "T_TONGCHI_BH", "T_BHTT", "T_BNCCT"),
    *("T_NGUONKHAC", "T_BNTT", "cost_differs_by", "insured_differs_by"),
)


class NoGroup(Rejected):
    """A visit type stands in no group of form 01/BH: the form would leave its money out."""

    code = "visit-type-without-group"


class OtherPeriod(Rejected):
    """A visit is of another settlement month, or the months are not those of one quarter."""

    code = "other-settlement-period"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the form: a group, or the sum of all."""

    group: str
    visits: int
    days: int
    fund: Money
    copayment: Money
    others: Money
    own: Money
    #: What XML1 says in sum, before rounding: T_TONGCHI_BV and T_TONGCHI_BH.
    declared_cost: Decimal
    declared_insured: Decimal

    @property
    def insured(self) -> Money:
        return self.fund + self.copayment

    @property
    def cost(self) -> Money:
        return self.insured + self.others + self.own

    @property
    def cost_differs_by(self) -> Decimal:
        """Column 2 less what XML1 says; above a few đồng it is another payer's, or an error."""
        return Decimal(self.cost.dong) - self.declared_cost

    @property
    def insured_differs_by(self) -> Decimal:
        return Decimal(self.insured.dong) - self.declared_insured


@dataclass(frozen=True, slots=True)
class Form01:
    """A month (``202609``) of a facility: a row for each group, in their order."""

    period: str
    rows: tuple[Row, ...]

    @property
    def total(self) -> Row:
        return _sum("", self.rows)


def cells(row: Row) -> tuple[str, ...]:
    """Write a row under ``COLUMNS``; the sum of all is named ``total``."""
    amounts = (row.cost, row.insured, row.fund, row.copayment, row.others, row.own)
    differences = (row.cost_differs_by, row.insured_differs_by)
    return (
        row.group or "total",
        str(row.visits),
        str(row.days),
        *(str(amount.dong) for amount in amounts),
        *map(plain, differences),
    )


def period_of(summary: Record) -> str:
    """Give the settlement month of a visit: ``202609``."""
    return f"{summary['NAM_QT']}{summary['THANG_QT']:0>2}"


def month(period: str, summaries: Iterable[Record]) -> Form01:
    """
    Sum the visits (XML1) of a settlement month, NAM_QT and THANG_QT.

    Raises:
        OtherPeriod: a visit is of another month.
        NoGroup: a visit type is in no group.
    """
    group_of = {kind: group for group, kinds in GROUPS.items() for kind in kinds}
    found: dict[str, list[Record]] = {group: [] for group in GROUPS}
    for summary in summaries:
        settled = period_of(summary)
        if settled != period:
            raise OtherPeriod(visit=summary["MA_LK"][:100], period=settled, wanted=period)
        kind = summary["MA_LOAI_KCB"]
        if kind not in group_of:
            raise NoGroup(visit=summary["MA_LK"][:100], kind=kind)
        found[group_of[kind]].append(summary)
    return Form01(period, tuple(_row(group, visits) for group, visits in found.items()))


def quarter(months: Sequence[Form01]) -> tuple[Row, ...]:
    """
    Add the three forms 01/BH of a quarter up to form 02/BH: its groups, then the sum of all.

    Raises:
        OtherPeriod: they are not the three months of one quarter, each once.
    """
    periods = sorted(form.period for form in months)
    year, number = periods[0][:4], periods[0][4:]
    begins = number in ("01", "04", "07", "10")
    wanted = [f"{year}{int(number) + n:02d}" for n in range(3)] if begins else []
    if periods != wanted:
        raise OtherPeriod(visit="", period=", ".join(periods), wanted=", ".join(wanted))
    rows = tuple(
        _sum(group, [row for form in months for row in form.rows if row.group == group])
        for group in GROUPS
    )
    return (*rows, _sum("", rows))


def _row(group: str, visits: Sequence[Record]) -> Row:
    def whole(field: str) -> Money:
        return dong(_total(field, visits))

    return Row(
        group,
        len(visits),
        int(_total("SO_NGAY_DTRI", visits)),
        fund=whole("T_BHTT"),
        copayment=whole("T_BNCCT"),
        others=whole("T_NGUONKHAC"),
        own=whole("T_BNTT"),
        declared_cost=_total("T_TONGCHI_BV", visits),
        declared_insured=_total("T_TONGCHI_BH", visits),
    )


def _total(field: str, visits: Sequence[Record]) -> Decimal:
    return sum((visit.amount(field) for visit in visits), ZERO)


def _sum(group: str, rows: Sequence[Row]) -> Row:
    return Row(
        group,
        sum(row.visits for row in rows),
        sum(row.days for row in rows),
        fund=sum((row.fund for row in rows), NO_MONEY),
        copayment=sum((row.copayment for row in rows), NO_MONEY),
        others=sum((row.others for row in rows), NO_MONEY),
        own=sum((row.own for row in rows), NO_MONEY),
        declared_cost=sum((row.declared_cost for row in rows), ZERO),
        declared_insured=sum((row.declared_insured for row in rows), ZERO),
    )
