"""The patterns themselves: pure functions over facts. Limits are named, and few."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from statistics import median
from typing import Final

from payments.kernel.calendar import HospitalDay
from payments.oversight.insiders.model import Asked, Found, Pattern, Price, Sent, Voided

#: A patient who changes her mind comes back to somebody else, or later than this.
VOID_WITHIN: Final = timedelta(hours=12)
#: Of what was paid: less is a single service that was not done.
VOID_SHARE: Final = 0.9
#: What nobody looks at twice.
SMALL_DONG: Final = 200_000
SMALL_TIMES: Final = 5
#: Beside the middle of the person's other days.
SMALL_FACTOR: Final = 2
#: A mother pays for two children from one account; the third family is a pattern.
PATIENTS_OF_ACCOUNT: Final = 3
PRICE_SHARE: Final = 0.9
PRICE_DAYS_MAX: Final = 3


def void_after_print(voided: Iterable[Voided]) -> Iterator[Found]:
    """Find receipts that were printed for a patient and then credited away by their own cashier."""
    for one in voided:
        is_own = one.credited_by == one.cashier
        is_soon = timedelta(0) <= one.credited_at - one.printed_at <= VOID_WITHIN
        is_same_shift = one.shift_closed_at is None or one.credited_at <= one.shift_closed_at
        if is_own and is_soon and is_same_shift and one.credited >= VOID_SHARE * one.paid:
            minutes = int((one.credited_at - one.printed_at).total_seconds() // 60)
            yield Found(
                Pattern.VOID_AFTER_PRINT,
                one.cashier,
                HospitalDay.of(one.credited_at).date,
                (one.payment,),
                one.paid,
                f"credited {minutes} minutes after the receipt was printed, in the same shift",
            )


def many_small_refunds(asked: Iterable[Asked]) -> Iterator[Found]:
    """Find days on which a person asked for far more small refunds than on others."""
    days: defaultdict[str, defaultdict[date, list[Asked]]] = defaultdict(lambda: defaultdict(list))
    for one in asked:
        if one.amount <= SMALL_DONG:
            days[one.by][one.day].append(one)
    for who, by_day in sorted(days.items()):
        for day, of_day in sorted(by_day.items()):
            others = [len(of) for other, of in by_day.items() if other != day]
            # The middle, not the mean: who does it often would make it usual.
            usual = median(others) if others else 0.0
            if len(of_day) >= SMALL_TIMES and len(of_day) > SMALL_FACTOR * usual:
                yield Found(
                    Pattern.MANY_SMALL_REFUNDS,
                    who,
                    day,
                    tuple(one.id for one in of_day),
                    sum(one.amount for one in of_day),
                    f"{len(of_day)} small refunds; {usual:g} on this person's other days",
                )


def one_account(sent: Iterable[Sent]) -> Iterator[Found]:
    """Find accounts that get the refunds of several patients, or that a user is named as."""
    of_account: defaultdict[str, list[Sent]] = defaultdict(list)
    for one in sent:
        of_account[one.account].append(one)
    for account in sorted(of_account):
        payouts = sorted(of_account[account], key=lambda one: one.at)
        patients = len({one.patient for one in payouts})
        user = next((one.user for one in payouts if one.user), "")
        if patients < PATIENTS_OF_ACCOUNT and not user:
            continue
        why = f"{patients} patients' refunds go to one account"
        yield Found(
            Pattern.ONE_ACCOUNT,
            payouts[-1].by,
            HospitalDay.of(payouts[-1].at).date,
            tuple(one.id for one in payouts),
            sum(one.amount for one in payouts),
            f"{why}, in the name of {user}" if user else why,
        )


def price_dip(prices: Iterable[Price], sold: Callable[[Price, date], int]) -> Iterator[Found]:
    """
    Find prices that were lowered for a few days, sold at, and set back.

    *sold* counts what was sold at a price until a day. It is asked of dips alone: a new price list
    has thousands of prices.
    """
    of_service: defaultdict[str, list[Price]] = defaultdict(list)
    for one in prices:
        of_service[one.service].append(one)
    for service in sorted(of_service):
        line = sorted(of_service[service], key=lambda one: one.since)
        for before, low, after in _dips(line):
            count = sold(low, after.since)
            if count:
                yield Found(
                    Pattern.PRICE_DIP,
                    low.by,
                    low.since,
                    (low.service,),
                    (before.amount - low.amount) * count,
                    f"{before.amount} đ, for {(after.since - low.since).days} days {low.amount} đ,"
                    f" then {after.amount} đ; sold {count} times",
                )


def _dips(line: Sequence[Price]) -> Iterator[tuple[Price, Price, Price]]:
    for (before, low), (_, after) in pairwise(pairwise(line)):
        is_dip = low.amount <= PRICE_SHARE * before.amount and after.amount >= before.amount
        if is_dip and (after.since - low.since).days <= PRICE_DAYS_MAX:
            yield before, low, after
