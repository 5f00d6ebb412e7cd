"""Records payments and numbers their receipts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import insert, select

from payments import audit, jobs
from payments.invoicing import repository
from payments.invoicing.model import Invoice
from payments.invoicing.telling import tell_received
from payments.kernel.money import Money
from payments.kernel.scope import Scope
from payments.numbering.service import take
from payments.receipts.model import Allocation
from payments.receipts.rows import PAYMENT, RECEIPT
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

#: Biên lai of payments without a desk: one series for the facility.
SERIES: Final = "BL"
_RECORD: Final = insert(PAYMENT)
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


def record(
    tx: UnitOfWork, arrived: Arrived, allocation: Allocation, invoice: Invoice | None
) -> UUID:
    """
    Keep the payment and take what it pays off its locked *invoice*; returns the payment's id.

    The receipt is numbered by a job: the counter must not be held beside the money.
    """
    payment = new_id()
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
        invoice = tx.execute(
            select(PAYMENT.c.invoice_id).where(
                PAYMENT.c.facility_id == tx.facility, PAYMENT.c.id == payment
            )
        ).scalar_one()
        if invoice is not None:
            # Before the counter, as the one order of locks has it: a number never waits for money.
            repository.touch(tx, invoice)
        given = take(tx, SERIES, f"payment:{payment}")
        is_new = insert_new(
            tx,
            RECEIPT,
            {"payment_id": payment, "series": SERIES, "number": given, "issued_at": tx.now()},
        )
        if is_new:
            audit.append(tx, "receipt.numbered", f"payment:{payment}", number=given)
        return given
