"""Issues, cancels and credits invoices."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sqlalchemy import select

from payments import audit
from payments.catalogue.queries import priced
from payments.encounters.service import open_visit
from payments.events.model import Kind
from payments.idempotency import Around, alone
from payments.invoicing import making, repository
from payments.invoicing.booking import book
from payments.invoicing.making import Making
from payments.invoicing.model import (
    Invoice,
    Line,
    LineRequest,
    PatientRequest,
    by_department,
    checked,
    priced_lines,
)
from payments.invoicing.rows import INVOICE
from payments.invoicing.status import Document, Event, after
from payments.invoicing.telling import tell
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Conflict, InvalidField
from payments.kernel.money import ZERO
from payments.kernel.scope import Scope
from payments.kernel.text import is_line, nfc
from payments.ledger import Subject, reverse
from payments.ledger.queries import transactions_of
from payments.numbering.service import NumberTaken, take, use
from payments.patients.service import register
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

#: Phiếu yêu cầu thanh toán: VP26000123.
SERIES: Final = "VP"
_KEY_MAX: Final = 100
_COVERAGE: Final = ("coverage.grow", "coverage.withdraw")
REASON_MIN: Final = 3
REASON_MAX: Final = 200


class KeyReusedForOther(Conflict):
    """The same key with another content is a mistake of the caller, not a second click."""

    code = "key-reused"


class MoneyReceived(Conflict):
    """Money came in or the invoice was reduced: a credit note and a refund correct it."""

    code = "money-received"


@dataclass(frozen=True, slots=True)
class IssueRequest:
    """What the cashier sends; *key* is the same for every click on one form."""

    patient: PatientRequest
    lines: tuple[LineRequest, ...]
    key: str

    def sha256(self) -> bytes:
        told = [
            [self.patient.name, self.patient.birth_year, self.patient.file_number],
            [[line.service_code, line.quantity] for line in self.lines],
        ]
        return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).digest()


def issue(runtime: Runtime, scope: Scope, request: IssueRequest, *, around: Around = alone) -> UUID:
    """
    Issue an invoice at today's prices and book what the patient owes (P01); returns its id.

    A repeat with the same key and content returns the same invoice. The number is reserved in a
    short transaction of its own, so that issuing never queues behind the counter.

    Raises:
        InvalidField: names the field or line that is wrong; nothing is kept.
        KeyReusedForOther: the key was used with other content.
    """
    today = HospitalDay.of(runtime.clock.now())
    if not 8 <= len(request.key) <= _KEY_MAX:
        raise InvalidField("key", "form_key")
    request = replace(request, patient=checked(request.patient, this_year=today.date.year))
    with runtime.database.reading(scope) as tx:
        known = _issued_before(tx, request)
        if known is not None:
            return known
        lines = priced_lines(request.lines, priced(tx, {x.service_code for x in request.lines}))
    return issue_priced(runtime, scope, request, lines, around=around)


def issue_priced(
    runtime: Runtime,
    scope: Scope,
    request: IssueRequest,
    lines: Sequence[Line],
    *,
    also: Callable[[UnitOfWork, UUID], None] | None = None,
    around: Around = alone,
) -> UUID:
    """
    Issue *request*, which is checked, at the prices of *lines*; *also* is done in the same commit.

    Raises:
        KeyReusedForOther: as ``issue`` says; and whatever *also* raises, when nothing is kept.
    """
    subject = f"invoice:{request.key}"
    with runtime.database.transaction(scope) as tx:
        number = take(tx, SERIES, subject, state="reserved")
    try:
        return runtime.database.run(
            scope,
            lambda tx: around(tx, lambda: _issued(tx, runtime, request, lines, number, also)),
        )
    except NumberTaken:
        # The other click of the same form committed while this one waited for its number.
        with runtime.database.reading(scope) as tx:
            known = _issued_before(tx, request)
        if known is None:
            raise
        return known


def _issued(
    tx: UnitOfWork,
    runtime: Runtime,
    request: IssueRequest,
    lines: Sequence[Line],
    number: str,
    also: Callable[[UnitOfWork, UUID], None] | None,
) -> UUID:
    invoice = _issue(tx, runtime, request, lines, number)
    if also is not None:
        also(tx, invoice)
    return invoice


def _issue(
    tx: UnitOfWork, runtime: Runtime, request: IssueRequest, lines: Sequence[Line], number: str
) -> UUID:
    use(tx, SERIES, f"invoice:{request.key}")
    invoice = new_id()
    patient = register(
        tx,
        runtime.keys,
        file_number=request.patient.file_number,
        name=request.patient.name,
        birth_year=request.patient.birth_year,
    )
    total = sum((line.amount for line in lines), ZERO)
    booked = book(tx, invoice, by_department(lines), total)
    document = after(Document.DRAFT, Event.ISSUE)
    encounter = open_visit(tx, patient)
    made = Invoice(invoice, encounter, number, document, 1, total, ZERO, ZERO, ZERO)
    making.add(tx, made, lines, Making(request.key, request.sha256(), booked))
    return invoice


def _issued_before(tx: UnitOfWork, request: IssueRequest) -> UUID | None:
    row = tx.execute(
        select(INVOICE.c.id, INVOICE.c.request_sha256).where(
            INVOICE.c.facility_id == tx.facility, INVOICE.c.idem_key == request.key
        )
    ).first()
    if row is None:
        return None
    if row.request_sha256 != request.sha256():
        raise KeyReusedForOther()
    found: UUID = row.id
    return found


def cancel(tx: UnitOfWork, invoice: Invoice, reason: str) -> Invoice:
    """
    Cancel a locked invoice for which no money was received (P02: exact reversal).

    Raises:
        MoneyReceived: money came in; correct it by a credit note and a refund.
        IllegalStep: it is cancelled already.
        InvalidField: *reason* is empty or too long.
    """
    cleaned = checked_reason(reason)
    if invoice.paid or invoice.credited:
        raise MoneyReceived()
    cancelled = replace(invoice, document=after(invoice.document, Event.CANCEL))
    issued = tx.execute(
        select(INVOICE.c.issue_txn_id).where(
            INVOICE.c.facility_id == tx.facility, INVOICE.c.id == invoice.id
        )
    ).scalar_one()
    # P02 takes back what the fund was booked to owe in the meantime as well (P37, P38).
    changed = transactions_of(tx, _COVERAGE, Subject("invoice", invoice.id))
    for booked in (*changed, *([] if issued is None else [issued])):
        reverse(tx, booked, reason=cleaned, source="cashier", kind="invoice.void")
    repository.save(tx, cancelled, cancel_reason=cleaned)
    audit.append(tx, "invoice.cancelled", f"invoice:{invoice.id}", reason=cleaned)
    after_cancel = replace(cancelled, version=invoice.version + 1)
    tell(tx, Kind.CANCELLED, after_cancel)
    return after_cancel


def checked_reason(reason: str) -> str:
    cleaned = nfc(" ".join(reason.split()))
    if not REASON_MIN <= len(cleaned) <= REASON_MAX or not is_line(cleaned):
        raise InvalidField("reason", "reason", least=REASON_MIN, most=REASON_MAX)
    return cleaned
