"""Records payments and numbers their receipts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select

from payments import audit, jobs
from payments.invoicing import repository
from payments.invoicing.model import Invoice
from payments.invoicing.telling import tell_received
from payments.kernel.money import Money
from payments.kernel.scope import Scope
from payments.numbering.service import take
from payments.receipts.model import Allocation, Flag
from payments.receipts.rows import CASH_PAYMENT, PAYMENT, RECEIPT
from payments.runtime import Runtime
from payments.shifts.rows import SHIFT
from payments.storage.columns import mine, new_id
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

#: Biên lai of payments without a desk: one series for the facility.
SERIES: Final = "BL"
#: Phiếu thu tạm ứng: an advance is a numbered slip, no receipt for a service.
DEPOSIT_SERIES: Final = "TU"
_RECORD: Final = insert(PAYMENT)
_PAID: Final = (
    select(PAYMENT.c.invoice_id, PAYMENT.c.flags, SHIFT.c.cash_point)
    .outerjoin(
        CASH_PAYMENT,
        (CASH_PAYMENT.c.facility_id == PAYMENT.c.facility_id)
        & (CASH_PAYMENT.c.payment_id == PAYMENT.c.id),
    )
    .outerjoin(
        SHIFT,
        (SHIFT.c.facility_id == CASH_PAYMENT.c.facility_id)
        & (SHIFT.c.id == CASH_PAYMENT.c.shift_id),
    )
    .where(mine(PAYMENT), PAYMENT.c.id == bindparam("payment"))
)
NUMBER_RECEIPT: Final = "receipt.number"


@dataclass(frozen=True, slots=True)
class Arrived:
    """The facts of money that arrived once, as the caller booked it in this transaction."""

    method: str
    received: Money
    received_at: datetime
    txn: UUID
    credit: UUID | None = None
    intent: UUID | None = None
    #: The payment's own id, where the booking is named after it.
    id: UUID | None = None


def record(
    tx: UnitOfWork, arrived: Arrived, allocation: Allocation, invoice: Invoice | None
) -> UUID:
    """
    Keep the payment and take what it pays off its locked *invoice*; returns the payment's id.

    The receipt is numbered by a job: the counter must not be held beside the money.
    """
    payment = arrived.id or new_id()
    tx.write(
        _RECORD,
        {
            "facility_id": tx.facility,
            "id": payment,
            "method": arrived.method,
            "credit_id": arrived.credit,
            "invoice_id": None if invoice is None else invoice.id,
            "intent_id": arrived.intent,
            "received": arrived.received.dong,
            "applied": allocation.applied.dong,
            "suspense": allocation.suspense.dong,
            "flags": ",".join(sorted(allocation.flags)),
            "received_at": arrived.received_at,
            "txn_id": arrived.txn,
            "made_at": tx.now(),
        },
    )
    audit.append(
        tx,
        "payment.received",
        f"payment:{payment}",
        received=arrived.received.dong,
        applied=allocation.applied.dong,
        flags=sorted(allocation.flags),
    )
    if invoice is not None:
        # Also when nothing was applied: the page that waits must show that money came.
        after = replace(invoice, paid=invoice.paid + allocation.applied)
        repository.save(tx, after)
        if allocation.applied:
            tell_received(tx, replace(after, version=invoice.version + 1))
    if allocation.applied:
        jobs.enqueue(tx, NUMBER_RECEIPT, str(payment))
    return payment


def number(runtime: Runtime, scope: Scope, payment: UUID) -> str:
    """Give the payment's receipt its number, in a short transaction of its own; twice is once."""
    with runtime.database.transaction(scope) as tx:
        row = tx.execute(_PAID, {"mine": tx.facility, "payment": payment}).one()
        if row.invoice_id is not None:
            # Before the counter, as the one order of locks has it: a number never waits for money.
            repository.touch(tx, row.invoice_id)
        # One series per cash point, so that no desk waits for another's counter.
        kind = DEPOSIT_SERIES if Flag.DEPOSIT in row.flags.split(",") else SERIES
        series = kind if row.cash_point is None else f"{kind}{row.cash_point}"
        given = take(tx, series, f"payment:{payment}")
        is_new = insert_new(
            tx,
            RECEIPT,
            {"payment_id": payment, "series": series, "number": given, "issued_at": tx.now()},
        )
        if is_new:
            audit.append(tx, "receipt.numbered", f"payment:{payment}", number=given)
        return given
