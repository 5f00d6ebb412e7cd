"""The page objects of the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from markupsafe import Markup

from payments.invoicing.exemptions import Exemption
from payments.invoicing.queries import LineView
from payments.kernel.money import Money
from payments.patients.model import Person
from payments.receipts.cash import Cash
from payments.shifts.model import Shift
from payments.web.cashier.insured_part import InsuredPart
from payments.web.cashier.paying import PayBox
from payments.web.cashier.trays import Trays
from payments.web.chips import Chip
from payments.web.codes import CodeCard
from payments.web.taken_back import TakenBack


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service that can be picked, with what was picked so far."""

    code: str
    name: str
    department: str
    price: Money
    #: Unmarked and lower case: what the search box compares.
    search: str
    is_chosen: bool
    quantity: str
    failure: str


@dataclass(frozen=True, slots=True)
class ServiceList:
    """A part of the desk: it follows from the price list and from what was picked."""

    template: ClassVar[str] = "cashier/services.html"

    rows: tuple[ServiceRow, ...]
    #: How many more services the search box would find.
    hidden: int


@dataclass(frozen=True, slots=True)
class DeskPage:
    template: ClassVar[str] = "cashier/desk.html"

    name: str
    birth_year: str
    file_number: str
    search: str
    #: ``ServiceList``, drawn.
    services: Markup
    chosen: tuple[ServiceRow, ...]
    key: str
    failed_field: str
    failure: str
    can_show_code: bool
    #: In words, where no code can be shown.
    why_no_code: str
    trays: Trays
    #: Who was scanned; None where somebody is typed.
    patient: Person | None
    shift: Shift | None
    #: ``LightPart``, drawn.
    light: Markup


@dataclass(frozen=True, slots=True)
class PaymentRow:
    id: UUID
    received: Money
    applied: Money
    suspense: Money
    received_at: datetime
    receipt_number: str | None
    chips: tuple[Chip, ...]
    #: None where the money came by the bank.
    cash: Cash | None


@dataclass(frozen=True, slots=True)
class HoldRow:
    """Money that a gateway set aside for the invoice; *under_way* says in words what goes on."""

    intent: UUID
    name: str
    amount: Money
    under_way: str
    #: Why the last try did not succeed, in words; or "".
    trouble: str
    can_release: bool


@dataclass(frozen=True, slots=True)
class InvoicePage:
    template: ClassVar[str] = "cashier/invoice.html"

    id: UUID
    number: str
    version: int
    patient_name: str
    birth_year: int
    file_number: str
    issued_at: datetime
    lines: tuple[LineView, ...]
    total: Money
    #: By credit notes.
    credited: Money
    insured: InsuredPart
    exemptions: tuple[Exemption, ...]
    paid: Money
    refunded: Money
    #: What gateways took back or hold, for a desk that is asked why there is something due again.
    taken_back: tuple[TakenBack, ...]
    due: Money
    chip: Chip
    is_cancelled: bool
    cancel_reason: str
    code: CodeCard | None
    had_code: bool
    holds: tuple[HoldRow, ...]
    pay: PayBox
    payments: tuple[PaymentRow, ...]
    #: The newest numbered one, for the key that prints.
    receipt: PaymentRow | None
    #: How often it was printed.
    receipt_prints: int
    #: This desk prints on its roll without opening a paper; a fresh receipt without a key too.
    prints_itself: bool
    is_fresh: bool
    #: A number is still to come: the page goes on asking each second.
    is_numbering: bool
    suspense: Money
    can_cancel: bool
    can_credit: bool
    can_exempt: bool
    #: Of the newest payment, where that was cash: what is to be given back now.
    change: Money | None
    shift: Shift | None
    can_show_code: bool
    patient_link: str
    trays: Trays
    #: ``LightPart``, drawn.
    light: Markup
    #: The second screens of this desk show something else, or nothing.
    can_show_on_screen: bool
