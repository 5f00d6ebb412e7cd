"""The page object of e-invoices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money
from payments.web.chips import Chip


@dataclass(frozen=True, slots=True)
class WithoutRow:
    payment: UUID
    number: str
    invoice: str
    amount: Money
    chip: Chip
    #: What the provider said, or why there is no answer.
    told: str
    may_ask: bool
    #: The refused e-invoice that may be sent again.
    again: UUID | None


@dataclass(frozen=True, slots=True)
class MadeRow:
    id: UUID
    #: All numbers of the chain, oldest first: none is ever dropped.
    numbers: tuple[str, ...]
    receipts: str
    amount: Money
    #: What its receipts are worth today.
    worth: Money
    lookup_code: str
    chip: Chip
    may_replace: bool
    may_adjust: bool


@dataclass(frozen=True, slots=True)
class EInvoicesPage:
    template: ClassVar[str] = "finance/einvoices.html"

    day: HospitalDay
    previous: HospitalDay
    following: HospitalDay | None
    has_account: bool
    is_trial: bool
    count: int
    without: tuple[WithoutRow, ...]
    made: tuple[MadeRow, ...]
    #: Some receipt may get an e-invoice for another buyer.
    may_ask_any: bool
    failure: str
