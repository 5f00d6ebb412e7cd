"""The page objects of payouts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from payments.kernel.money import Money
from payments.payouts.crediting import Candidate
from payments.payouts.landing import Landing
from payments.payouts.queries import Batch, Clearing
from payments.payouts.reporting import Reporter
from payments.web.chips import Chip


@dataclass(frozen=True, slots=True)
class BatchRow:
    batch: Batch
    chip: Chip


@dataclass(frozen=True, slots=True)
class PayoutsPage:
    template: ClassVar[str] = "finance/payouts.html"

    rows: tuple[BatchRow, ...]
    clearings: tuple[Clearing, ...]
    landings: tuple[Landing, ...]
    reporters: tuple[Reporter, ...]
    accounts: tuple[str, ...]
    #: The day before today, of which reports come this morning; ISO.
    yesterday: str
    may_import: bool
    may_resolve: bool
    #: What became of the report that was just taken in, in words; or "".
    notice: str
    failure: str
    #: Line of the file and what is wrong with it; or None.
    failed_line: int | None


@dataclass(frozen=True, slots=True)
class LineRow:
    number: int
    kind: str
    name: str
    gross: Money
    kept: Money
    net: Money
    at: datetime
    chip: Chip
    reason: str
    may_accept: bool


@dataclass(frozen=True, slots=True)
class PayoutPage:
    template: ClassVar[str] = "finance/payout.html"

    batch: Batch
    chip: Chip
    rows: tuple[LineRow, ...]
    shown_max: int
    candidates: tuple[Candidate, ...]
    #: What is on its way against this batch: zero when every line is booked and the bank has paid.
    on_its_way: Money
    may_resolve: bool
    failure: str
