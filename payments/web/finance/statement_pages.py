"""The page that shows a statement before it is taken in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from payments.bank.statement_preview import Proof
from payments.kernel.calendar import HospitalDay
from payments.web.chips import Chip


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as the file has it, and what to do about it where it is wrong."""

    text: str
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class SampleRow:
    line: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class StatementPage:
    template: ClassVar[str] = "finance/statement.html"

    day: HospitalDay
    account: str
    #: Said of the whole file: may it be taken in, is it of another period, was it told before.
    told: Sequence[tuple[Chip, str]]
    titles: Sequence[str]
    rows: Sequence[SampleRow]
    line_count: int
    problems: Sequence[tuple[int | None, str]]
    proof: Proof | None
    proof_chip: Chip | None
    may_take: bool
    #: The file, packed, that comes back with the next form; empty where it is too large for one.
    carried: str
    #: Fields of the column map with their values; empty for a form without columns.
    fields: Sequence[tuple[str, str]]
    newest_first: bool
    is_map_wanted: bool
