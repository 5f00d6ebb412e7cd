"""
An order line as another program tells it, and what follows when it changes.

    told ─▶ open ─issued on an invoice─▶ billed ─newer version─▶ draft ─a person confirms─▶ billed
              └─newer version: simply wins                 (credit note or supplement)

Identity: source, order number, line. The price is the catalogue's on the day of the order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from payments.invoicing.model import PatientRequest
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Problem, Rejected
from payments.kernel.money import Money

LINES_MAX: Final = 5_000
#: More at once than a person mends before trying again.
PROBLEMS_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line as it is told; *row* is where, in a file or a list, from 1."""

    row: int
    number: str
    line: int
    version: int
    patient: PatientRequest
    service_code: str
    quantity: int
    ordered_on: HospitalDay
    #: What the other program believes; None where it says nothing.
    declared_price: Money | None
    is_cancelled: bool

    @property
    def key(self) -> tuple[str, int]:
        return self.number, self.line

    def sha256(self) -> bytes:
        """Fingerprint what one version says; a person's name may be mended without a new one."""
        told = [
            self.patient.file_number,
            self.service_code,
            self.quantity,
            str(self.ordered_on),
            self.is_cancelled,
        ]
        return hashlib.sha256(json.dumps(told).encode()).digest()


class WrongOrders(Rejected):
    """Orders were refused whole; each line that is wrong is named, and nothing was taken in."""

    code = "wrong-orders"

    def __init__(self, problems: Sequence[Problem]) -> None:
        found = sorted(problems, key=lambda one: one.line or 0)[:PROBLEMS_MAX]
        super().__init__(count=len(found))
        self.problems = tuple(found)


class Change(StrEnum):
    """What a person is asked to confirm after the invoice."""

    CREDIT = "credit"
    SUPPLEMENT = "supplement"


class ChangeState(StrEnum):
    DRAFT = "draft"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    #: A still newer version came, or the invoice was cancelled.
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the newest version of a line wants billed."""

    service_code: str
    department_code: str
    unit_price: Money
    quantity: int


@dataclass(frozen=True, slots=True)
class Billed:
    """What an invoice that stands bills of a line, credit notes taken off."""

    invoice: UUID
    service_code: str
    department_code: str
    unit_price: Money
    quantity: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A draft: *quantity* is positive, *invoice* the one to credit (None for a supplement)."""

    kind: Change
    invoice: UUID | None
    service_code: str
    department_code: str
    unit_price: Money
    quantity: int


def differences(wanted: Wanted | None, billed: Sequence[Billed]) -> Iterator[Difference]:
    """
    Say what leads from *billed* to *wanted* (None for a cancelled line).

    Another service or price is no edit of a bill: the old is credited whole, the new supplemented.
    """
    missing = 0 if wanted is None else wanted.quantity
    for one in billed:
        is_same = wanted is not None and (one.service_code, one.unit_price) == (
            wanted.service_code,
            wanted.unit_price,
        )
        kept = min(missing, one.quantity) if is_same else 0
        missing -= kept
        if one.quantity > kept:
            yield Difference(
                Change.CREDIT,
                one.invoice,
                one.service_code,
                one.department_code,
                one.unit_price,
                one.quantity - kept,
            )
    if wanted is not None and missing:
        yield Difference(
            Change.SUPPLEMENT,
            None,
            wanted.service_code,
            wanted.department_code,
            wanted.unit_price,
            missing,
        )
