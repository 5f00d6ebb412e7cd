"""What a statement holds, and what may be wrong with its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Rejected
from payments.kernel.money import Money

LINES_MAX: Final = 100_000
PROBLEMS_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, in words; *line* is its line in the file, None for the whole."""

    line: int | None
    field: str
    detail: str


class UnreadableStatement(Rejected):
    """The statement was refused whole: lines that cannot be read, or sums that do not fit."""

    code = "unreadable-statement"

    def __init__(self, problems: Sequence[Problem]) -> None:
        kept = tuple(problems[:PROBLEMS_MAX])
        first = kept[0]
        where = "" if first.line is None else f"Dòng {first.line}: "
        told = [{"line": one.line, "field": one.field, "detail": one.detail} for one in kept]
        super().__init__(f"{where}{first.detail}", problems=told)
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
