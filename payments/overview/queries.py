"""Counts a span of hospital days."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import and_, func, select

from payments.bank.rows import BANK_CREDIT
from payments.intents.rows import GATEWAY_BOOKING
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO, Money, vnd
from payments.matching.rows import MATCH_DECISION
from payments.overview.model import BANK, CASH, Fee, MatchRate, Received
from payments.payouts.rows import PAYOUT, PAYOUT_LINE
from payments.receipts.rows import PAYMENT, SUSPENSE_UNMATCH
from payments.storage.unit_of_work import UnitOfWork


def received(tx: UnitOfWork, first: HospitalDay, last: HospitalDay) -> tuple[Received, ...]:
    """Sum what came from *first* to *last* by day and channel; what was attached came before."""
    rows = tx.execute(
        select(
            PAYMENT.c.received_at, PAYMENT.c.received, PAYMENT.c.method, GATEWAY_BOOKING.c.channel
        )
        .outerjoin(
            GATEWAY_BOOKING,
            and_(
                GATEWAY_BOOKING.c.facility_id == PAYMENT.c.facility_id,
                GATEWAY_BOOKING.c.payment_id == PAYMENT.c.id,
                GATEWAY_BOOKING.c.kind == "capture",
            ),
        )
        .where(
            PAYMENT.c.facility_id == tx.facility,
            PAYMENT.c.received > 0,
            PAYMENT.c.received_at >= first.starts_at,
            PAYMENT.c.received_at < last.ends_at,
        )
    )
    amounts: dict[tuple[HospitalDay, str], Money] = defaultdict(lambda: ZERO)
    counts: dict[tuple[HospitalDay, str], int] = defaultdict(int)
    for row in rows:
        channel = row.channel or (CASH if row.method == "cash" else BANK)
        key = (HospitalDay.of(row.received_at), channel)
        amounts[key] += vnd(row.received)
        counts[key] += 1
    return tuple(
        Received(day, channel, amounts[day, channel], counts[day, channel])
        for day, channel in sorted(amounts)
    )


def match_rates(tx: UnitOfWork, first: HospitalDay, last: HospitalDay) -> tuple[MatchRate, ...]:
    """
    Count the transfers of each day, and those of which a person said, or must say, what they are.

    What a rule matched and nobody took back needed no person.
    """
    by_rule = (
        select(MATCH_DECISION.c.id)
        .outerjoin(
            SUSPENSE_UNMATCH,
            and_(
                SUSPENSE_UNMATCH.c.facility_id == MATCH_DECISION.c.facility_id,
                SUSPENSE_UNMATCH.c.match_id == MATCH_DECISION.c.id,
            ),
        )
        .where(
            MATCH_DECISION.c.facility_id == BANK_CREDIT.c.facility_id,
            MATCH_DECISION.c.credit_id == BANK_CREDIT.c.id,
            MATCH_DECISION.c.rule_id.is_not(None),
            SUSPENSE_UNMATCH.c.match_id.is_(None),
        )
        .exists()
    )
    waited = (
        select(PAYMENT.c.id)
        .where(
            PAYMENT.c.facility_id == BANK_CREDIT.c.facility_id,
            PAYMENT.c.credit_id == BANK_CREDIT.c.id,
            PAYMENT.c.suspense > 0,
        )
        .exists()
    )
    mine = (
        BANK_CREDIT.c.facility_id == tx.facility,
        BANK_CREDIT.c.direction == "in",
        BANK_CREDIT.c.bank_day.between(first.date, last.date),
    )
    grouped = select(BANK_CREDIT.c.bank_day, func.count().label("n")).where(*mine)
    every = {row.bank_day: row.n for row in tx.execute(grouped.group_by(BANK_CREDIT.c.bank_day))}
    asked = grouped.where(waited, ~by_rule).group_by(BANK_CREDIT.c.bank_day)
    hand = {row.bank_day: row.n for row in tx.execute(asked)}
    return tuple(
        MatchRate(day, every.get(day.date, 0), hand.get(day.date, 0)) for day in days(first, last)
    )


def fees(tx: UnitOfWork, first: HospitalDay, last: HospitalDay) -> tuple[Fee, ...]:
    """Sum what each channel kept of the payouts that it settled from *first* to *last*."""
    rows = tx.execute(
        select(
            PAYOUT.c.channel,
            *(
                func.coalesce(func.sum(PAYOUT_LINE.c[name]), 0).label(name)
                for name in ("gross", "fee", "tax")
            ),
        )
        .join(
            PAYOUT_LINE,
            and_(
                PAYOUT_LINE.c.facility_id == PAYOUT.c.facility_id,
                PAYOUT_LINE.c.payout_id == PAYOUT.c.id,
            ),
        )
        .where(
            PAYOUT.c.facility_id == tx.facility,
            PAYOUT.c.settle_date.between(first.date, last.date),
        )
        .group_by(PAYOUT.c.channel)
        .order_by(PAYOUT.c.channel)
    )
    return tuple(
        Fee(row.channel, vnd(int(row.gross)), vnd(int(row.fee)), vnd(int(row.tax))) for row in rows
    )


def days(first: HospitalDay, last: HospitalDay) -> tuple[HospitalDay, ...]:
    """List the days from *first* to *last*, both included."""
    span = (last.date - first.date).days
    return tuple(first.plus(count) for count in range(span + 1))
