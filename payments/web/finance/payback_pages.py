"""The page object of payments back to a bank account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from payments.kernel.money import Money
from payments.refunds.move_queries import MovablePayment
from payments.web.chips import Chip


@dataclass(frozen=True, slots=True)
class PaybackRow:
    id: UUID
    amount: Money
    reason: str
    requested_at: datetime
    code: str
    chip: Chip
    #: What the payee opens, while she may name an account; or "".
    link: str
    #: Bank and last four digits, or "".
    account: str
    #: When an account that was never paid before may be paid; None where it may at once.
    ready_at: datetime | None
    may_approve: bool
    may_turn_down: bool
    may_pass: bool
    may_send_back: bool
    may_close: bool
    #: Number of the file in which it stands; None where in none.
    file: int | None
    may_take_out: bool
    #: It stands in a file that this person made: somebody else takes it out.
    is_own_file: bool
    may_come_back: bool
    #: It waits for somebody else: whoever asked neither approves nor lets the account pass.
    is_own: bool


@dataclass(frozen=True, slots=True)
class FileRow:
    """A list for the bank; after the first download each further one is a copy."""

    id: UUID
    number: int
    sha256: str
    lines: int
    total: Money
    made_by: str
    made_at: datetime
    downloads: int
    taken_out: int
    chip: Chip


@dataclass(frozen=True, slots=True)
class PaybacksPage:
    template: ClassVar[str] = "finance/paybacks.html"

    number: str
    is_unknown: bool
    payments: tuple[MovablePayment, ...]
    rows: tuple[PaybackRow, ...]
    files: tuple[FileRow, ...]
    #: How many may be paid out now and stand in no file.
    ready: int
    may_ask: bool
    failure: str
