"""Cost and insured part of a line: Decision 4750, THANH_TIEN_BV and THANH_TIEN_BH."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from payments.insurance.coverage.model import HUNDRED, Line, Table
from payments.insurance.coverage.rounding import round2

_PER_CENT: Final = Decimal("0.01")
_PER_MYRIAD: Final = Decimal("0.0001")
#: Looking a member up in its class costs as much as a multiplication.
_XML2: Final = Table.XML2


def cost(line: Line) -> Decimal:
    """Give THANH_TIEN_BV: what the hospital charges, whoever pays."""
    if line.table is _XML2:
        return round2(line.quantity * line.price)
    if line.without_difference:
        taken_off = line.quantity * fund_price(line) * (HUNDRED - line.service_rate) * _PER_CENT
        return round2(line.quantity * line.price - taken_off)
    return round2(line.quantity * line.price * line.service_rate * _PER_CENT)


def insured(line: Line, cost_of_line: Decimal) -> Decimal:
    """
    Give THANH_TIEN_BH of a line that is covered, before caps and support to the facility.

    *cost_of_line* is what ``cost`` gave: it is the same where the fund takes price and ratio whole.
    """
    # Without a price of the fund the alternative form of the cost is the usual one.
    if line.insurance_rate == HUNDRED and (line.fund_price is None or line.table is _XML2):
        return cost_of_line
    if line.table is _XML2:
        return round2(line.quantity * line.price * line.insurance_rate * _PER_CENT)
    rates = line.service_rate * line.insurance_rate * _PER_MYRIAD
    return round2(line.quantity * fund_price(line) * rates)


def fund_price(line: Line) -> Decimal:
    """Give DON_GIA_BH: never above what the hospital takes, whatever the list says."""
    if line.fund_price is None or line.fund_price > line.price:
        return line.price
    return line.fund_price
