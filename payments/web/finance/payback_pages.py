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
    may_come_back: bool
    #: It waits for somebody else: whoever asked neither approves nor lets the account pass.
    is_own: bool


@dataclass(frozen=True, slots=True)
class PaybacksPage:
    template: ClassVar[str] = "finance/paybacks.html"

    number: str
    is_unknown: bool
    payments: tuple[MovablePayment, ...]
    rows: tuple[PaybackRow, ...]
    #: How many may be paid out now.
    ready: int
    may_ask: bool
    failure: str
