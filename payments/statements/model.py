"""What a file for finance is: its columns, who may have it, its rows, and what proves its sum."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from payments.identity.permissions import Permission
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField, Unavailable
from payments.kernel.money import ZERO, Money
from payments.keys import Keys
from payments.storage.unit_of_work import UnitOfWork
from payments.words import catalogue

Value = str | Money | int | date | datetime | None
Row = tuple[Value, ...]
#: Files of finance are Vietnamese, as its receipts are.
LANGUAGE: Final = "vi"
#: A year with a leap day: more is asked for in two files.
DAYS_MAX: Final = 366


class TotalsDiffer(Unavailable):
    """The lines do not sum to the ledger's total: the file was not written."""

    code = "totals-differ"


class Kind(StrEnum):
    """How a column is written; an *identifier* keeps its zeros, a *code* is text as it is."""

    TEXT = "text"
    CODE = "code"
    IDENTIFIER = "identifier"
    DAY = "day"
    TIME = "time"
    AMOUNT = "amount"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    kind: Kind = Kind.TEXT
    is_summed: bool = False
    #: The title that another program wants; else the word of ours.
    called: str = ""

    @property
    def title(self) -> str:
        return self.called or catalogue.say(f"statement.column.{self.name}", LANGUAGE)


@dataclass(frozen=True, slots=True)
class Span:
    """Hospital days from *first* to *last*, both in it."""

    first: HospitalDay
    last: HospitalDay

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise InvalidField("last_day", "span_backwards")
        if (self.last.date - self.first.date).days >= DAYS_MAX:
            raise InvalidField("last_day", "span_too_long", most=DAYS_MAX)

    def __iter__(self) -> Iterator[HospitalDay]:
        day = self.first
        while day <= self.last:
            yield day
            day = day.plus(1)

    def __str__(self) -> str:
        days = [f"{one.date:%d/%m/%Y}" for one in (self.first, self.last)]
        return days[0] if self.first == self.last else " – ".join(days)


@dataclass(frozen=True, slots=True)
class Reading:
    """One snapshot of one facility, and the keys that open its names."""

    tx: UnitOfWork
    keys: Keys
    span: Span


@dataclass(frozen=True, slots=True)
class Proof:
    """
    What a file must come to: the ledger's amount, asked for by another way than the rows.

    *columns* are the summed columns with the sign by which they make up that amount.
    """

    columns: tuple[tuple[str, int], ...]
    ledger: Callable[[Reading], Money]


@dataclass(frozen=True, slots=True)
class Statement:
    """One file that finance takes out; the table of all of them is ``registry``."""

    name: str
    columns: tuple[Column, ...]
    rows: Callable[[Reading], Iterator[Row]]
    proof: Proof | None
    permission: Permission = Permission.EXPORT
    #: It tells what is, not what was in the span.
    is_of_now: bool = False
    #: Another program reads it: no line of totals among the rows.
    is_bare: bool = False
    #: Raises what keeps the file from being made at all.
    before: Callable[[Reading], None] | None = None

    @property
    def title(self) -> str:
        return catalogue.say(f"statement.file.{self.name}", LANGUAGE)


class Sums:
    """Counts rows and adds up the summed columns as they pass."""

    def __init__(self, columns: tuple[Column, ...]) -> None:
        self.columns = columns
        self.rows = 0
        self._dong = {at: 0 for at, one in enumerate(columns) if one.is_summed}

    def add(self, row: Row) -> None:
        self.rows += 1
        for place in self._dong:
            value = row[place]
            if isinstance(value, Money):
                self._dong[place] += value.dong

    def of(self, name: str) -> Money:
        place = next(i for i, one in enumerate(self.columns) if one.name == name)
        return Money(self._dong[place])

    def amounts(self) -> dict[str, Money]:
        return {self.columns[place].name: Money(dong) for place, dong in self._dong.items()}

    def at(self, place: int) -> Money | None:
        return Money(self._dong[place]) if place in self._dong else None


def held_against(proof: Proof, sums: Sums, ledger: Money) -> None:
    """Refuse a file whose rows do not sum to what the ledger says. Raises TotalsDiffer."""
    told = sum((_signed(sums.of(name), sign) for name, sign in proof.columns), ZERO)
    if told != ledger:
        raise TotalsDiffer(f"{told.dong} in the lines, {ledger.dong} in the ledger")


def _signed(amount: Money, sign: int) -> Money:
    return amount if sign > 0 else -amount
