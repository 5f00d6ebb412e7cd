"""An exception: what it is, since when, by when, whose it is, and the one thing to do next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money

#: Working days that a person has for what no law gives a deadline (workflows S5).
DAYS_TO_DECIDE: Final = 3


class Kind(StrEnum):
    """Where it comes from; with the subject it names the exception."""

    #: A transfer of which something waits in suspense.
    CREDIT = "credit"
    #: Money in suspense that a gateway took.
    GATEWAY = "gateway"
    #: Money that left and that no transaction of ours explains.
    OUTGOING = "outgoing"
    MESSAGE = "message"
    LINE = "line"
    #: What differs between books and bank on a day.
    FINDING = "finding"
    #: A line of a gateway's payout that differs.
    PAYOUT = "payout"
    #: An amount that the insurer refused.
    REFUSAL = "refusal"
    #: A line of the insurer's assessment without a visit.
    ORPHAN = "orphan"


class Next(StrEnum):
    FIND_INVOICE = "find_invoice"
    ASK_REFUND = "ask_refund"
    BOOK_FEE = "book_fee"
    TRY_AGAIN = "try_again"
    EXPLAIN = "explain"
    DECIDE_PAYOUT = "decide_payout"
    ANSWER_INSURER = "answer_insurer"


#: What had no effect may be put away with a reason; money is explained, never put away.
CLOSABLE: Final = frozenset({Kind.MESSAGE, Kind.LINE})


@dataclass(frozen=True, slots=True)
class Item:
    """
    One row of the inbox. *flags* say what is odd, the gravest first; *owner* is empty where nobody
    has taken it; *due* is None where the holidays of its year are not known.
    """

    kind: Kind
    subject: str
    flags: tuple[str, ...]
    #: None where the message does not say.
    amount: Money | None
    since: datetime
    label: str
    next: Next
    #: The number of the invoice that it names, or the payout, claim or day that explains it.
    about: str = ""
    owner: str = ""
    due: HospitalDay | None = None
    has_own_deadline: bool = False

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.subject}"

    @property
    def flag(self) -> str:
        return self.flags[0]

    def age_days(self, today: HospitalDay) -> int:
        return max(0, (today.date - HospitalDay.of(self.since).date).days)

    def is_overdue(self, today: HospitalDay) -> bool:
        return self.due is not None and self.due < today


class Age(StrEnum):
    """Classes of age in days."""

    TODAY = "today"
    FEW = "few"
    WEEK = "week"
    LONG = "long"

    @classmethod
    def of(cls, days: int) -> Age:
        if days < 1:
            return cls.TODAY
        if days < 3:
            return cls.FEW
        return cls.WEEK if days <= 7 else cls.LONG


@dataclass(frozen=True, slots=True)
class Filter:
    """Empty is all; *owner* ``-`` is nobody's."""

    flag: str = ""
    age: str = ""
    owner: str = ""


def in_order(items: Iterable[Item]) -> tuple[Item, ...]:
    """Put the aged first: what came first is dealt with first, whatever kind it is."""
    return tuple(sorted(items, key=lambda one: (one.since, one.key)))


def chosen(items: Sequence[Item], by: Filter, today: HospitalDay) -> tuple[Item, ...]:
    """Keep what *by* asks for."""
    return tuple(
        one
        for one in items
        if by.flag in ("", one.flag)
        and by.age in ("", Age.of(one.age_days(today)).value)
        and (not by.owner or one.owner == ("" if by.owner == "-" else by.owner))
    )
