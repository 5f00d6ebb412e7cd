"""Keeps what was handed over for a cash payment and what was given back; and lists it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select

from payments.kernel.money import Money, vnd
from payments.receipts.rows import CASH_PAYMENT, PAYMENT
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

_KEEP: Final = insert(CASH_PAYMENT)
_WITH_INVOICE: Final = (
    select(
        CASH_PAYMENT.c.payment_id,
        PAYMENT.c.invoice_id,
        CASH_PAYMENT.c.tendered,
        CASH_PAYMENT.c.change,
    )
    .join(
        PAYMENT,
        (PAYMENT.c.facility_id == CASH_PAYMENT.c.facility_id)
        & (PAYMENT.c.id == CASH_PAYMENT.c.payment_id),
    )
    .where(mine(CASH_PAYMENT))
)
_OF_KEY: Final = Prepared(_WITH_INVOICE.where(CASH_PAYMENT.c.idem_key == bindparam("key")))
_OF_INVOICE: Final = Prepared(_WITH_INVOICE.where(PAYMENT.c.invoice_id == bindparam("invoice")))
_OF_SHIFT: Final = Prepared(
    select(
        func.count().label("number"),
        func.coalesce(func.sum(CASH_PAYMENT.c.tendered), 0).label("tendered"),
        func.coalesce(func.sum(CASH_PAYMENT.c.change), 0).label("change"),
    ).where(mine(CASH_PAYMENT), CASH_PAYMENT.c.shift_id == bindparam("shift"))
)


@dataclass(frozen=True, slots=True)
class CashTotal:
    """What a shift took: how often, what lay on the desk, what went back."""

    number: int
    tendered: Money
    change: Money


@dataclass(frozen=True, slots=True)
class Cash:
    """*tendered* lay on the desk; *change* went back; the difference is the payment."""

    payment: UUID
    #: None for an advance (tạm ứng).
    invoice: UUID | None
    tendered: Money
    change: Money


def keep(tx: UnitOfWork, taken: Cash, *, shift: UUID, key: str) -> None:
    """Keep *taken* beside its payment, which was recorded before in this transaction."""
    tx.write(
        _KEEP,
        {
            "facility_id": tx.facility,
            "payment_id": taken.payment,
            "shift_id": shift,
            "tendered": taken.tendered.dong,
            "change": taken.change.dong,
            "idem_key": key,
        },
    )


def of_key(tx: UnitOfWork, key: str) -> Cash | None:
    """Find what the form *key* took before; None where it is new."""
    row = _OF_KEY.first(tx, key=key)
    return None if row is None else _cash(row)


def of_invoice(tx: UnitOfWork, invoice: UUID) -> dict[UUID, Cash]:
    """List the cash of an invoice by payment."""
    return {row.payment_id: _cash(row) for row in _OF_INVOICE.all(tx, invoice=invoice)}


def of_shift(tx: UnitOfWork, shift: UUID) -> CashTotal:
    """Add up the cash of a shift."""
    row = _OF_SHIFT.one(tx, shift=shift)
    return CashTotal(row.number, vnd(int(row.tendered)), vnd(int(row.change)))


def _cash(row: Any) -> Cash:
    return Cash(row.payment_id, row.invoice_id, vnd(row.tendered), vnd(row.change))
