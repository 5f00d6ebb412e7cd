"""Paybacks as rows; a row is held before it changes, behind what its money belongs to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, func, insert, select, update

from payments.encounters.rows import ENCOUNTER
from payments.invoicing.rows import INVOICE
from payments.kernel.money import Money, vnd
from payments.patients.rows import PATIENT
from payments.refunds.moves import Part
from payments.refunds.paybacks import RESERVING, NoPayback, Payback, State
from payments.refunds.rows import PAYBACK
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork

#: Fields that the row calls otherwise.
_NAMES: Final = {
    "payment": "payment_id",
    "invoice": "invoice_id",
    "book_txn": "book_txn_id",
    "credit": "credit_id",
    "paid_txn": "paid_txn_id",
}
_RESERVING: Final = tuple(sorted(RESERVING))


def add(tx: UnitOfWork, payback: Payback) -> None:
    tx.execute(insert(PAYBACK), {"facility_id": tx.facility, **_values(payback)})


def save(tx: UnitOfWork, payback: Payback) -> None:
    """Write back a held row."""
    statement = update(PAYBACK).where(
        PAYBACK.c.facility_id == tx.facility, PAYBACK.c.id == payback.id
    )
    tx.execute(statement.values(**_values(payback)))


def get(tx: UnitOfWork, payback: UUID) -> Payback:
    """Read one without holding it. Raises NoPayback."""
    row = tx.execute(_all(tx).where(PAYBACK.c.id == payback)).first()
    if row is None:
        raise NoPayback()
    return _model(row)


def lock(tx: UnitOfWork, payback: UUID) -> Payback:
    """Hold one until the commit. Raises NoPayback."""
    row = tx.lock(Lock.REFUND, _all(tx).where(PAYBACK.c.id == payback)).first()
    if row is None:
        raise NoPayback()
    return _model(row)


def of_idem_key(tx: UnitOfWork, key: str) -> Payback | None:
    return _first(tx, PAYBACK.c.idem_key == key)


def of_token(tx: UnitOfWork, hashes: Collection[bytes]) -> Payback | None:
    """Find the one whose link has one of *hashes*, made under each key of the ring."""
    return _first(tx, PAYBACK.c.token_hash.in_(list(hashes)))


def of_codes(tx: UnitOfWork, codes: Collection[str]) -> list[Payback]:
    return [_model(row) for row in tx.execute(_all(tx).where(PAYBACK.c.code.in_(list(codes))))]


def newest(tx: UnitOfWork, *, limit: int) -> list[Payback]:
    """List what was asked for last, the newest first."""
    rows = tx.execute(_all(tx).order_by(PAYBACK.c.id.desc()).limit(limit))
    return [_model(row) for row in rows]


def ready(tx: UnitOfWork, now: datetime) -> list[Payback]:
    """List what may be paid out now, the oldest first."""
    rows = tx.execute(
        _all(tx)
        .where(PAYBACK.c.state == State.READY.value, PAYBACK.c.ready_at <= now)
        .order_by(PAYBACK.c.ready_at, PAYBACK.c.id)
    )
    return [_model(row) for row in rows]


def was_paid(tx: UnitOfWork, hashes: Collection[bytes]) -> bool:
    """Say whether an account was paid before."""
    paid = _all(tx).where(
        PAYBACK.c.state == State.PAID.value, PAYBACK.c.account_hash.in_(list(hashes))
    )
    return tx.execute(paid).first() is not None


def to_account(tx: UnitOfWork, hashes: Collection[bytes], since: datetime, *, but: UUID) -> Money:
    """Sum what goes to one account since *since*, leaving one out."""
    return _total(
        tx,
        PAYBACK.c.account_hash.in_(list(hashes)),
        PAYBACK.c.requested_at >= since,
        PAYBACK.c.id != but,
    )


def for_patient(tx: UnitOfWork, patient: UUID, since: datetime) -> Money:
    """Sum what is paid back of a patient's invoices since *since*."""
    invoices = (
        select(INVOICE.c.id)
        .join(
            ENCOUNTER,
            (ENCOUNTER.c.facility_id == INVOICE.c.facility_id)
            & (ENCOUNTER.c.id == INVOICE.c.encounter_id),
        )
        .join(
            PATIENT,
            (PATIENT.c.facility_id == ENCOUNTER.c.facility_id)
            & (PATIENT.c.id == ENCOUNTER.c.patient_id),
        )
        .where(
            INVOICE.c.facility_id == tx.facility,
            (PATIENT.c.id == patient) | (PATIENT.c.merged_into == patient),
        )
    )
    return _total(tx, PAYBACK.c.invoice_id.in_(invoices), PAYBACK.c.requested_at >= since)


def of_deposits(tx: UnitOfWork, payments: Collection[UUID]) -> list[Payback]:
    """List what of advances goes back by transfer, first first."""
    rows = tx.execute(
        _all(tx)
        .where(PAYBACK.c.part == Part.DEPOSIT.value, PAYBACK.c.payment_id.in_(list(payments)))
        .order_by(PAYBACK.c.id)
    )
    return [_model(row) for row in rows]


def waiting(
    tx: UnitOfWork,
    part: Part,
    *,
    payment: UUID | None = None,
    invoice: UUID | None = None,
    but: UUID | None = None,
) -> Money:
    """Sum what requests that are not booked wait for, of a payment or of an invoice."""
    wanted = [PAYBACK.c.state == State.REQUESTED.value, PAYBACK.c.part == part.value]
    if payment is not None:
        wanted.append(PAYBACK.c.payment_id == payment)
    if invoice is not None:
        wanted.append(PAYBACK.c.invoice_id == invoice)
    if but is not None:
        wanted.append(PAYBACK.c.id != but)
    return _total(tx, *wanted)


def taken(
    tx: UnitOfWork,
    part: Part,
    payment: UUID,
    *,
    but: UUID | None = None,
    is_booked: bool = False,
) -> Money:
    """Sum what paybacks of one payment took, or wait for; *is_booked*: what they took."""
    wanted = [PAYBACK.c.part == part.value, PAYBACK.c.payment_id == payment]
    if is_booked:
        wanted.append(PAYBACK.c.state != State.REQUESTED.value)
    if but is not None:
        wanted.append(PAYBACK.c.id != but)
    return _total(tx, *wanted)


def _total(tx: UnitOfWork, *wanted: Any) -> Money:
    total = tx.execute(
        select(func.coalesce(func.sum(PAYBACK.c.amount), 0)).where(
            PAYBACK.c.facility_id == tx.facility, PAYBACK.c.state.in_(_RESERVING), *wanted
        )
    ).scalar_one()
    return vnd(int(total))


def _first(tx: UnitOfWork, wanted: Any) -> Payback | None:
    row = tx.execute(_all(tx).where(wanted)).first()
    return None if row is None else _model(row)


def _all(tx: UnitOfWork) -> Select[Any]:
    return select(PAYBACK).where(PAYBACK.c.facility_id == tx.facility)


def _values(payback: Payback) -> Mapping[str, Any]:
    told = {_NAMES.get(name, name): value for name, value in asdict(payback).items()}
    return told | {
        "amount": payback.amount.dong,
        "part": payback.part.value,
        "state": payback.state.value,
    }


def _model(row: Row[Any]) -> Payback:
    told = dict(row._mapping)
    told.pop("facility_id")
    for name, column in _NAMES.items():
        told[name] = told.pop(column)
    told |= {
        "amount": vnd(told["amount"]),
        "part": Part(told["part"]),
        "state": State(told["state"]),
    }
    return Payback(**told)
