"""The page objects of stays, advances and discharge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from markupsafe import Markup

from payments.catalogue.model import Department
from payments.discharging.model import Ladder
from payments.kernel.money import Money
from payments.stays.model import Cost, Deposit
from payments.stays.queries import StayRow
from payments.web.chips import Chip


@dataclass(frozen=True, slots=True)
class StaysPage:
    template: ClassVar[str] = "cashier/stays.html"

    rows: tuple[StayRow, ...]


@dataclass(frozen=True, slots=True)
class AdmitPage:
    template: ClassVar[str] = "cashier/admit.html"

    patient_id: UUID
    patient_name: str
    file_number: str
    departments: tuple[Department, ...]
    department: str
    key: str
    failure: str


@dataclass(frozen=True, slots=True)
class SlipPage:
    """The numbered paper of one advance; the browser prints it."""

    template: ClassVar[str] = "cashier/slip.html"

    encounter: UUID
    stay_number: str
    patient_name: str
    file_number: str
    deposit: Deposit
    balance: Money


@dataclass(frozen=True, slots=True)
class DepositCodeCard:
    picture: Markup
    code: str
    amount: Money | None
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """One part that goes back; *id* is that of notes, None where a transfer carries it."""

    id: UUID | None
    amount: Money
    chip: Chip
    may_approve: bool
    may_pay: bool


@dataclass(frozen=True, slots=True)
class BillRow:
    id: UUID
    number: str
    due: Money


@dataclass(frozen=True, slots=True)
class StayPage:
    template: ClassVar[str] = "cashier/stay.html"

    encounter: UUID
    number: str
    patient_id: UUID
    patient_name: str
    file_number: str
    department: str
    admitted_at: datetime
    chip: Chip
    level: Chip
    is_open: bool
    is_deceased: bool
    heir_document: str
    cost: Cost | None
    advance: Money
    deposits: tuple[Deposit, ...]
    #: Other encounters of the patient that hold an advance: id and amount.
    elsewhere: tuple[tuple[UUID, Money], ...]
    is_untold: bool
    #: What the family opens; "" where nothing is told any more.
    link: str
    code: DepositCodeCard | None
    ladder: Ladder
    bills: tuple[BillRow, ...]
    returns: tuple[ReturnRow, ...]
    amount: str
    reason: str
    key: str
    failed_field: str
    failure: str
