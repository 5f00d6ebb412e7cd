"""The page object of refunds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from payments.kernel.money import Money
from payments.web.chips import Chip
from payments.web.taken_back import TakenBack


@dataclass(frozen=True, slots=True)
class RefundRow:
    id: UUID
    invoice_number: str
    channel: str
    amount: Money
    reason: str
    requested_at: datetime
    chip: Chip
    #: What the gateway said was in the way, in words; or "".
    trouble: str
    may_approve: bool
    may_turn_down: bool
    #: It was paid out and came back: it may be ordered once more.
    may_order_again: bool
    #: It waits for somebody else: whoever asked does not approve.
    is_own: bool


@dataclass(frozen=True, slots=True)
class FlaggedRow:
    """An attempt at a gateway at which a person should look."""

    code: str
    channel: str
    amount: Money
    opened_at: datetime
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """What a gateway took back by itself, and of which invoice."""

    invoice_number: str
    taken: TakenBack
    may_see: bool


@dataclass(frozen=True, slots=True)
class PaidRow:
    """A payment through a gateway, and what of it may go back now."""

    payment: UUID
    channel: str
    received: Money
    received_at: datetime
    most: Money
    #: Its gateway gives back the whole of it, on its day, or nothing.
    is_whole: bool
    #: Why that is not possible now, in words; or "".
    why_not: str


@dataclass(frozen=True, slots=True)
class HeldRow:
    """Money that a gateway set aside, and what is done with it, in words; or ""."""

    invoice_number: str
    channel: str
    amount: Money
    since: datetime
    under_way: str


@dataclass(frozen=True, slots=True)
class RefundsPage:
    template: ClassVar[str] = "finance/refunds.html"

    number: str
    is_unknown: bool
    payments: tuple[PaidRow, ...]
    rows: tuple[RefundRow, ...]
    flagged: tuple[FlaggedRow, ...]
    disputes: tuple[DisputeRow, ...]
    #: How many of them nobody of finance has looked at.
    unseen: int
    held: tuple[HeldRow, ...]
    may_ask: bool
    failure: str
