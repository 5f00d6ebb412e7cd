"""What a statement holds, and what may be wrong with its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from payments.bank.statement_text import Row
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Problem, Rejected
from payments.kernel.money import Money

LINES_MAX: Final = 100_000
PROBLEMS_MAX: Final = 50
#: Rows of a file that are shown before it is taken in.
SAMPLE_MAX: Final = 20


class UnreadableStatement(Rejected):
    """The statement was refused whole: lines that cannot be read, or sums that do not fit."""

    code = "unreadable-statement"

    def __init__(self, problems: Sequence[Problem]) -> None:
        kept = tuple(problems[:PROBLEMS_MAX])
        super().__init__(problems=kept)
        self.problems = kept


@dataclass(frozen=True, slots=True)
class Line:
    """One movement; *amount* is negative for money that left."""

    number: int
    occurred_at: datetime
    amount: Money
    reference: str = ""
    memo: str = field(default="", repr=False)
    balance: Money | None = None

    @property
    def day(self) -> HospitalDay:
        return HospitalDay.of(self.occurred_at)


@dataclass(frozen=True, slots=True)
class Statement:
    """A whole statement; the days are None where it has no line and does not name them."""

    account: str
    opening: Money | None
    closing: Money | None
    first_day: HospitalDay | None
    last_day: HospitalDay | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """
    What a file says, before its sums are proven; titles and lines say where it says so.

    *sample* are the first rows of a table as they stand there, cell by cell under *titles*.
    """

    account: str | None
    account_line: int | None
    opening: Money | None
    closing: Money | None
    closing_line: int | None
    first_day: HospitalDay | None
    last_day: HospitalDay | None
    lines: tuple[Line, ...]
    closing_title: str
    balance_title: str = ""
    newest_first: bool = False
    titles: tuple[str, ...] = ()
    sample: tuple[Row, ...] = field(default=(), repr=False)
