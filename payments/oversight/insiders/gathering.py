"""Reads the facts for the patterns from the tables of what happened, over some days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Select, func, literal, select, union_all

from payments.catalogue.rows import PRICE_LIST, SERVICE_PRICE
from payments.encounters.rows import ENCOUNTER
from payments.identity.rows import STAFF
from payments.invoicing.rows import CREDIT_NOTE, INVOICE, INVOICE_LINE
from payments.kernel.calendar import HospitalDay
from payments.keys import Keys
from payments.oversight.insiders.model import Asked, Price, Sent, Voided
from payments.qr.vietqr import clean
from payments.receipts.rows import CASH_PAYMENT, PAYMENT, RECEIPT_PRINT
from payments.refunds.rows import CASH_RETURN, PAYBACK, REFUND
from payments.shifts.rows import SHIFT
from payments.storage.unit_of_work import UnitOfWork

_HOLDER: Final = "payback.holder_sealed"


def voided(tx: UnitOfWork, start: datetime, end: datetime) -> Iterator[Voided]:
    """List cash payments with a printed receipt whose invoice was credited in the span."""
    rows = tx.execute(
        select(
            PAYMENT.c.id,
            PAYMENT.c.applied,
            SHIFT.c.cashier,
            SHIFT.c.closed_at,
            RECEIPT_PRINT.c.printed_at,
            CREDIT_NOTE.c.made_at,
            CREDIT_NOTE.c.made_by,
            CREDIT_NOTE.c.amount,
        )
        .join(CASH_PAYMENT, _same(CASH_PAYMENT, "payment_id", PAYMENT, "id"))
        .join(SHIFT, _same(SHIFT, "id", CASH_PAYMENT, "shift_id"))
        .join(
            RECEIPT_PRINT,
            _same(RECEIPT_PRINT, "payment_id", PAYMENT, "id") & (RECEIPT_PRINT.c.number == 1),
        )
        .join(CREDIT_NOTE, _same(CREDIT_NOTE, "invoice_id", PAYMENT, "invoice_id"))
        .where(
            CREDIT_NOTE.c.facility_id == tx.facility,
            CREDIT_NOTE.c.made_at >= start,
            CREDIT_NOTE.c.made_at < end,
        )
        .order_by(CREDIT_NOTE.c.made_at)
    )
    for row in rows:
        yield Voided(
            str(row.id), row.cashier, row.printed_at, row.applied, row.closed_at,
            row.made_at, row.amount, row.made_by,
        )  # fmt: skip


def asked(tx: UnitOfWork, start: datetime, end: datetime) -> Iterator[Asked]:
    """List refunds of every kind that were asked for in the span."""
    every = union_all(
        *(
            select(table.c.id, table.c.requested_by, table.c.requested_at, table.c.amount).where(
                table.c.facility_id == tx.facility,
                table.c.requested_at >= start,
                table.c.requested_at < end,
            )
            for table in (REFUND, PAYBACK, CASH_RETURN)
        )
    )
    for row in tx.execute(every):
        day = HospitalDay.of(row.requested_at).date
        yield Asked(str(row.id), row.requested_by, day, row.amount)


def sent(tx: UnitOfWork, keys: Keys, start: datetime, end: datetime) -> Iterator[Sent]:
    """List paybacks whose account was named, with the user of the same name as its holder."""
    users = {clean(row.name): row.login for row in tx.execute(_users(tx))}
    rows = tx.execute(
        select(
            PAYBACK.c.id,
            PAYBACK.c.payment_id,
            PAYBACK.c.account_hash,
            PAYBACK.c.holder_sealed,
            PAYBACK.c.requested_by,
            PAYBACK.c.named_at,
            PAYBACK.c.amount,
            ENCOUNTER.c.patient_id,
        )
        .outerjoin(INVOICE, _same(INVOICE, "id", PAYBACK, "invoice_id"))
        .outerjoin(ENCOUNTER, _same(ENCOUNTER, "id", INVOICE, "encounter_id"))
        .where(
            PAYBACK.c.facility_id == tx.facility,
            PAYBACK.c.account_hash.is_not(None),
            PAYBACK.c.named_at >= start,
            PAYBACK.c.named_at < end,
        )
    )
    for row in rows:
        holder = keys.open("personal", bytes(row.holder_sealed), context=_HOLDER)
        # Money without an invoice is nobody's patient yet: each payment counts as one.
        patient = str(row.patient_id or row.payment_id)
        yield Sent(
            str(row.id), patient, bytes(row.account_hash).hex(), users.get(clean(holder), ""),
            row.requested_by, row.named_at, row.amount,
        )  # fmt: skip


def prices(tx: UnitOfWork, first: date, last: date) -> Iterator[Price]:
    """List the prices of services that changed in the span, and the ones before."""
    changed = (
        select(SERVICE_PRICE.c.service_code)
        .where(
            SERVICE_PRICE.c.facility_id == tx.facility,
            SERVICE_PRICE.c.valid_from >= first,
            SERVICE_PRICE.c.valid_from <= last,
        )
        .distinct()
    )
    by = {row.valid_from: row.made_by for row in tx.execute(_lists(tx))}
    for row in tx.execute(
        select(SERVICE_PRICE).where(
            SERVICE_PRICE.c.facility_id == tx.facility,
            SERVICE_PRICE.c.service_code.in_(changed),
            ~SERVICE_PRICE.c.ends,
        )
    ):
        yield Price(row.service_code, row.valid_from, row.price, by.get(row.valid_from, ""))


def sold(tx: UnitOfWork, price: Price, until: date) -> int:
    """Count what was sold at *price* before the day *until*."""
    count: int = tx.execute(
        select(func.coalesce(func.sum(INVOICE_LINE.c.quantity), literal(0)))
        .join(INVOICE, _same(INVOICE, "id", INVOICE_LINE, "invoice_id"))
        .where(
            INVOICE_LINE.c.facility_id == tx.facility,
            INVOICE_LINE.c.service_code == price.service,
            INVOICE.c.issued_at >= HospitalDay(price.since).starts_at,
            INVOICE.c.issued_at < HospitalDay(until).starts_at,
        )
    ).scalar_one()
    return int(count)


def _users(tx: UnitOfWork) -> Select[Any]:
    return select(STAFF.c.login, STAFF.c.name).where(STAFF.c.facility_id == tx.facility)


def _lists(tx: UnitOfWork) -> Select[Any]:
    return select(PRICE_LIST.c.valid_from, PRICE_LIST.c.made_by).where(
        PRICE_LIST.c.facility_id == tx.facility, PRICE_LIST.c.applied_at.is_not(None)
    )


def _same(one: Any, column: str, other: Any, of: str) -> Any:
    return (one.c.facility_id == other.c.facility_id) & (one.c[column] == other.c[of])
