"""The page object of fee bills and negative balances."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from payments.payouts.accruing import Accrual
from payments.payouts.bills import FeeBill, Proof
from payments.payouts.debits import Debit
from payments.payouts.topping_up import Short
from payments.web.chips import Chip


@dataclass(frozen=True, slots=True)
class BillRow:
    bill: FeeBill
    chip: Chip
    #: Debits of its amount that may have paid it.
    debits: tuple[Debit, ...]


@dataclass(frozen=True, slots=True)
class ShortRow:
    short: Short
    #: Debits that are no more than it lacks.
    debits: tuple[Debit, ...]


@dataclass(frozen=True, slots=True)
class FeeBillsPage:
    template: ClassVar[str] = "finance/fee_bills.html"

    channels: tuple[str, ...]
    #: What was asked for: a channel, and a month as ``2026-11``.
    channel: str
    month: str
    #: None before a channel and a month were chosen.
    accrual: Accrual | None
    rows: tuple[BillRow, ...]
    proofs: tuple[Proof, ...]
    shorts: tuple[ShortRow, ...]
    may_post: bool
    failure: str
