"""What a channel may bill for a month: its fee table's cost, less what it kept of its payouts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, func, select

from payments.channels import fees
from payments.gateway import LineKind
from payments.intents.taken import taken
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.kernel.money import Money, vnd
from payments.payouts.rows import PAYOUT, PAYOUT_LINE
from payments.receipts.rows import PAYMENT
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Accrual:
    """
    *cost* is what the payments of the month cost by the fee table of their days, *kept* what the
    gateway has taken of the same payments with its payouts.
    """

    channel: str
    month: date
    payments: int
    cost: Money
    kept: Money

    @property
    def left(self) -> Money:
        """What is still to be billed; negative where the gateway kept more than was agreed."""
        return self.cost - self.kept


def month_of(text: str) -> date:
    """Read ``2026-11``; gives its first day. Raises InvalidField month."""
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise InvalidField("month", "bill_month") from error
    if f"{found:%Y-%m}" != text or not 2000 <= found.year <= 2100:
        raise InvalidField("month", "bill_month")
    return found


def accrued(tx: UnitOfWork, channel: str, month: date) -> Accrual:
    """Add up the days of *month*, each by the terms that held on it."""
    count, cost = 0, vnd(0)
    for day in _days(month):
        terms = fees.terms(tx, day).get(channel, fees.FREE)
        for one in taken(tx, day):
            if one.channel == channel:
                count += one.count
                cost += terms.fee.of(one.amount) * one.count
    return Accrual(channel, month, count, cost, _kept(tx, channel, month))


def _kept(tx: UnitOfWork, channel: str, month: date) -> Money:
    """Sum fee and tax of the booked lines of a payout whose payments came in *month*."""
    days = list(_days(month))
    total = tx.execute(
        select(func.coalesce(func.sum(PAYOUT_LINE.c.fee + PAYOUT_LINE.c.tax), 0))
        .join(
            PAYOUT,
            and_(
                PAYOUT.c.facility_id == PAYOUT_LINE.c.facility_id,
                PAYOUT.c.id == PAYOUT_LINE.c.payout_id,
            ),
        )
        .join(
            PAYMENT,
            and_(
                PAYMENT.c.facility_id == PAYOUT_LINE.c.facility_id,
                PAYMENT.c.id == PAYOUT_LINE.c.payment_id,
            ),
        )
        .where(
            PAYOUT_LINE.c.facility_id == tx.facility,
            PAYOUT_LINE.c.kind == LineKind.PAY.value,
            PAYOUT_LINE.c.txn_id.is_not(None),
            PAYOUT.c.channel == channel,
            PAYMENT.c.received_at >= days[0].starts_at,
            PAYMENT.c.received_at < days[-1].ends_at,
        )
    ).scalar_one()
    return vnd(int(total))


def _days(month: date) -> Iterator[HospitalDay]:
    day = HospitalDay(month)
    while day.date.month == month.month:
        yield day
        day = day.plus(1)
