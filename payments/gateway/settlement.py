"""What a gateway says that it pays us for a day, line by line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from payments.kernel.money import Money


class LineKind(StrEnum):
    PAY = "pay"
    REFUND = "refund"
    FEE = "fee"
    ADJUSTMENT = "adjustment"
    DISPUTE = "dispute"


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """One line of what a gateway pays us for a day; *net* = *gross* - *fee* - *tax*."""

    kind: LineKind
    reference: str
    transaction: str
    #: Negative where money goes back.
    gross: Money
    fee: Money
    tax: Money
    net: Money
    occurred_at: datetime
    settle_date: date
    batch: str = ""
    #: Line of the file, counted from 1; 0 where an API was asked.
    line: int = 0
