"""The page objects of files that finance takes out, and of the accounts in the import file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money
from payments.statements.accounts_map import Mapped
from payments.statements.ordering import Order
from payments.web.chips import Chip


@dataclass(frozen=True, slots=True)
class OrderRow:
    order: Order
    title: str
    form: str
    chip: Chip
    by: str
    failure: str
    #: Title and amount of each summed column.
    sums: tuple[tuple[str, Money], ...]
    size: str


@dataclass(frozen=True, slots=True)
class PlanRow:
    id: UUID
    title: str
    form: str
    every: str
    by: str


@dataclass(frozen=True, slots=True)
class ExportsPage:
    template: ClassVar[str] = "finance/exports.html"

    files: tuple[tuple[str, str], ...]
    forms: tuple[tuple[str, str], ...]
    everies: tuple[tuple[str, str], ...]
    chosen: str
    chosen_form: str
    first_day: str
    last_day: str
    today: HospitalDay
    rows: tuple[OrderRow, ...]
    plans: tuple[PlanRow, ...]
    is_making: bool
    kept_days: int
    public_key: str
    failure: str
    failed_field: str


@dataclass(frozen=True, slots=True)
class ExportPage:
    template: ClassVar[str] = "finance/export.html"

    row: OrderRow
    period: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccountRow:
    code: str
    name: str
    #: Empty where nothing was said for today.
    gl_account: str
    is_missing: bool


@dataclass(frozen=True, slots=True)
class AccountsPage:
    template: ClassVar[str] = "finance/accounts.html"

    rows: tuple[AccountRow, ...]
    missing: int
    said: tuple[tuple[Mapped, str], ...]
    first_day: str
    last_day: str
    today: HospitalDay
    may_say: bool
    failure: str
    failed_field: str
