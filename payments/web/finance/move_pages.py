"""The page object of moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from payments.kernel.money import Money
from payments.refunds.move_queries import MovablePayment, Target
from payments.web.chips import Chip


@dataclass(frozen=True, slots=True)
class MoveRow:
    id: UUID
    source: str
    target: str
    amount: Money
    reason: str
    requested_at: datetime
    chip: Chip
    may_approve: bool
    may_turn_down: bool
    #: It waits for somebody else: whoever asked does not approve.
    is_own: bool


@dataclass(frozen=True, slots=True)
class MovesPage:
    template: ClassVar[str] = "finance/moves.html"

    number: str
    is_unknown: bool
    payments: tuple[MovablePayment, ...]
    targets: tuple[Target, ...]
    rows: tuple[MoveRow, ...]
    may_ask: bool
    failure: str
