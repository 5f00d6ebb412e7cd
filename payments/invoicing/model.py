"""An invoice and its arithmetic; one function says what is due on screen, QR, print, export."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from payments.catalogue.model import ServiceItem
from payments.invoicing.status import Document, Payment, payment_state
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.money import ZERO, Money
from payments.kernel.text import is_line, nfc

LINES_MAX: Final = 100
QUANTITY_MAX: Final = 999
NAME_MAX: Final = 120
_FILE_NUMBER: Final = re.compile(r"[0-9A-Z][0-9A-Z./-]{0,29}")
_BORN_FROM: Final = 1900
#: How long a patient's link opens: the longest that a hospital goes on asking for a fee by link.
LINK_LIFE: Final = timedelta(days=365)


class NoInvoice(NotFound):
    """This facility has no such invoice, or nobody may know that it has."""

    code = "no-invoice"


@dataclass(frozen=True, slots=True)
class Invoice:
    """
    The amounts of one invoice; *paid* is what payments were applied to it, deposits included.

    *credited* is what was taken off after the issue: credit notes, and what programmes gave up.
    *covered* is what of the total others owe: the fund (BHYT), other payers, and the few đồng by
    which rounded parts differ from a rounded whole.
    """

    id: UUID
    encounter: UUID
    number: str
    document: Document
    version: int
    total: Money
    credited: Money
    paid: Money
    refunded: Money
    covered: Money = ZERO

    @property
    def owed(self) -> Money:
        return self.total - self.covered - self.credited

    @property
    def payment(self) -> Payment:
        return payment_state(owed=self.owed, paid=self.paid, refunded=self.refunded)


def has_link(issued_at: datetime, now: datetime) -> bool:
    """Say whether the patient's link still opens; an ended one is as unknown as a guessed one."""
    return now < issued_at + LINK_LIFE


def amount_due(invoice: Invoice) -> Money:
    """Say what is still to be paid: never negative, zero for what is not issued."""
    if invoice.document is not Document.ISSUED:
        return ZERO
    return max(ZERO, invoice.owed - invoice.paid + invoice.refunded)


@dataclass(frozen=True, slots=True)
class LineRequest:
    service_code: str
    quantity: int


@dataclass(frozen=True, slots=True)
class PatientRequest:
    """Who is billed, as typed."""

    name: str
    birth_year: int
    file_number: str


@dataclass(frozen=True, slots=True)
class Line:
    item: ServiceItem
    quantity: int

    @property
    def amount(self) -> Money:
        return self.item.price * self.quantity


def priced_lines(
    requested: Sequence[LineRequest], catalogue: Mapping[str, ServiceItem]
) -> tuple[Line, ...]:
    """
    Turn what was picked into lines at today's price.

    Raises:
        InvalidField: no line, too many, an unknown service, or a quantity out of 1..999.
    """
    if not requested:
        raise InvalidField("lines", "lines_none")
    if len(requested) > LINES_MAX:
        raise InvalidField("lines", "lines_many", most=LINES_MAX)
    lines = []
    for number, line in enumerate(requested, start=1):
        if line.service_code not in catalogue:
            raise InvalidField("service", "service_unknown", line=number, service=line.service_code)
        if not 1 <= line.quantity <= QUANTITY_MAX:
            raise InvalidField("quantity", "quantity", line=number, most=QUANTITY_MAX)
        lines.append(Line(catalogue[line.service_code], line.quantity))
    return tuple(lines)


def checked(patient: PatientRequest, *, this_year: int) -> PatientRequest:
    """
    Check who is billed, as typed.

    Raises:
        InvalidField: names the field: name, birth_year or file_number.
    """
    name = nfc(" ".join(patient.name.split()))
    if not name or len(name) > NAME_MAX or not is_line(name):
        raise InvalidField("name", "patient_name", most=NAME_MAX)
    if not _BORN_FROM <= patient.birth_year <= this_year:
        raise InvalidField("birth_year", "birth_year", first=_BORN_FROM, last=this_year)
    if not _FILE_NUMBER.fullmatch(patient.file_number):
        raise InvalidField("file_number", "file_number")
    return PatientRequest(name, patient.birth_year, patient.file_number)


def by_department(lines: Sequence[Line]) -> dict[str, Money]:
    """Sum the lines of each department, in the order of first appearance."""
    sums: dict[str, Money] = {}
    for line in lines:
        code = line.item.department_code
        sums[code] = sums.get(code, ZERO) + line.amount
    return sums
