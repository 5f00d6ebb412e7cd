"""
An amount that no transfer by QR carries, paid in parts: a rule without a database.

NAPAS lets one transfer by QR carry less than 500,000,000 đ. A person agrees with the payer on
parts; one of them is asked for at a time, the next one after it is paid:

    parts     400 | 400 | 200        whole 1,000, in millions of đồng
    received    0 … 399              what is missing of the first part is asked for
              400 … 799              of the second
              800 … 999              of the third

How far a plan has come follows from what is still due, and from nothing else: money that comes by
any way, short or over, moves it, and what is covered is never asked for again. A plan is true as
long as the amount changes by payments only; a credit note, an exemption or money given back makes
another amount of which nobody has agreed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import accumulate
from typing import Final

from payments.kernel.errors import InvalidField, Rejected
from payments.kernel.money import ZERO, Money, vnd

#: NAPAS: a transfer by QR stays below 500,000,000 đồng.
CODE_MAX: Final = vnd(499_999_999)
PARTS_MIN: Final = 2
#: More parts than a person pays on one day; beyond them a transfer at the bank's counter is easier.
PARTS_MAX: Final = 24


class PlanNotNeeded(Rejected):
    """One code carries the whole amount: parts would only make more work."""

    code = "plan-not-needed"


class Standing(StrEnum):
    """What a plan is worth for an amount due."""

    HOLDS = "holds"
    #: All of it has come.
    DONE = "done"
    #: The amount changed by something else than payments.
    OVERTAKEN = "overtaken"
    #: A person took it back.
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Part:
    """One part; *paid* is what has come of it."""

    number: int
    amount: Money
    paid: Money
    #: The one that is asked for now.
    is_asked: bool

    @property
    def is_paid(self) -> bool:
        return self.paid == self.amount

    @property
    def rest(self) -> Money:
        return self.amount - self.paid


@dataclass(frozen=True, slots=True)
class Plan:
    """What was agreed of an invoice that *owed* so much and had *refunded* so much then."""

    number: int
    #: Empty where a person took the plan before this one back.
    amounts: tuple[Money, ...]
    owed: Money
    refunded: Money
    by: str
    at: datetime

    @property
    def whole(self) -> Money:
        return sum(self.amounts, ZERO)

    def standing(self, *, owed: Money, refunded: Money, due: Money) -> Standing:
        """Say what the plan is worth for an invoice with these amounts."""
        if not self.amounts:
            return Standing.WITHDRAWN
        if (owed, refunded) != (self.owed, self.refunded) or due > self.whole:
            return Standing.OVERTAKEN
        return Standing.HOLDS if due else Standing.DONE

    def parts(self, due: Money) -> tuple[Part, ...]:
        """Say of each part how much has come when *due* is left of the whole."""
        received = self.whole - due
        ends = list(accumulate(self.amounts))
        paid = [
            max(ZERO, min(amount, received - (end - amount)))
            for amount, end in zip(self.amounts, ends, strict=True)
        ]
        is_open = [has != amount for has, amount in zip(paid, self.amounts, strict=True)]
        asked = is_open.index(True) if True in is_open else None
        return tuple(
            Part(index + 1, amount, paid[index], is_asked=index == asked)
            for index, amount in enumerate(self.amounts)
        )

    def asked(self, due: Money) -> Money:
        """Say what is asked for now: what is missing of the first part that is not whole."""
        return sum((one.rest for one in self.parts(due) if one.is_asked), ZERO)


def parts_least(due: Money) -> int:
    """Say into how many parts *due* must be cut at least so that a transfer carries each."""
    return max(PARTS_MIN, -(-due.dong // CODE_MAX.dong))


def equal(due: Money, count: int) -> tuple[Money, ...]:
    """Cut *due* into *count* parts that differ by 1 đ at most; they sum to the whole."""
    return due.share([1] * count)


def checked(amounts: Sequence[Money], due: Money) -> tuple[Money, ...]:
    """
    Check what was agreed for *due*.

    Raises:
        PlanNotNeeded: one code carries *due*, or nothing is due.
        InvalidField: ``parts`` (too few or too many), ``amount-N`` (nothing, or more than a
            transfer carries) or ``amounts`` (they do not sum to what is due).
    """
    if due <= CODE_MAX:
        raise PlanNotNeeded(most=CODE_MAX)
    if not PARTS_MIN <= len(amounts) <= PARTS_MAX:
        raise InvalidField("parts", "plan_parts", least=parts_least(due), most=PARTS_MAX)
    for number, amount in enumerate(amounts, start=1):
        if not ZERO < amount <= CODE_MAX:
            raise InvalidField(f"amount-{number}", "plan_part", most=CODE_MAX)
    told = sum(amounts, ZERO)
    if told != due:
        raise InvalidField("amounts", "plan_sum", told=told, due=due)
    return tuple(amounts)
