"""The page object of the patient's page: nothing clinical, no full name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from payments.kernel.money import Money
from payments.web.chips import Chip
from payments.web.codes import CodeCard


@dataclass(frozen=True, slots=True)
class ReceivedRow:
    received: Money
    received_at: datetime
    receipt_number: str | None


@dataclass(frozen=True, slots=True)
class PayPage:
    template: ClassVar[str] = "patient/pay.html"

    token: str
    version: int
    number: str
    #: Masked: who holds the link need not be the patient.
    patient: str
    issued_at: datetime
    owed: Money
    paid: Money
    due: Money
    suspense: Money
    chip: Chip
    is_cancelled: bool
    code: CodeCard | None
    had_code: bool
    can_show_code: bool
    received: tuple[ReceivedRow, ...]
