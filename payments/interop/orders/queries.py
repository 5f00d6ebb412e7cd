"""Reads orders for the desk: what is open, what is billed or paid, which changes wait."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, or_, select

from payments.catalogue.rows import DEPARTMENT, SERVICE_ITEM
from payments.interop.orders.bills import is_free, unsettled
from payments.interop.orders.model import Change, ChangeState
from payments.interop.orders.rows import ORDER_CHANGE, ORDER_LINE
from payments.invoicing.rows import INVOICE
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money, vnd
from payments.keys import Keys
from payments.patients.rows import PATIENT
from payments.patients.service import name_of
from payments.storage.unit_of_work import UnitOfWork

_SHOWN_MAX = 200


class Standing(StrEnum):
    OPEN = "open"
    BILLED = "billed"
    #: Every invoice that bills it owes nothing: the service may be given.
    PAID = "paid"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class OrderView:
    id: UUID
    source: str
    number: str
    line: int
    service: str
    department: str
    quantity: int
    unit_price: Money
    ordered_on: HospitalDay
    standing: Standing
    invoice: UUID | None

    @property
    def amount(self) -> Money:
        return self.unit_price * self.quantity


@dataclass(frozen=True, slots=True)
class ChangeView:
    id: UUID
    kind: Change
    number: str
    line: int
    service: str
    quantity: int
    amount: Money
    invoice: UUID | None
    invoice_number: str


@dataclass(frozen=True, slots=True)
class Ordered:
    """Whose orders they are."""

    patient: UUID
    name: str
    birth_year: int
    file_number: str


def patient_of(tx: UnitOfWork, keys: Keys, file_number: str) -> Ordered | None:
    """Find the record that counts of a patient by a hospital's number; None where nobody has it."""
    mine = PATIENT.c.facility_id == tx.facility
    row = tx.execute(select(PATIENT).where(mine, PATIENT.c.file_number == file_number)).first()
    while row is not None and row.merged_into is not None:
        row = tx.execute(select(PATIENT).where(mine, PATIENT.c.id == row.merged_into)).first()
    if row is None:
        return None
    return Ordered(row.id, name_of(keys, row.name_sealed), row.birth_year, row.file_number)


def open_for(tx: UnitOfWork, patient: UUID) -> tuple[OrderView, ...]:
    """List what can be billed for *patient*, the oldest first."""
    return tuple(one for one in of_patient(tx, patient) if one.standing is Standing.OPEN)


def of_patient(tx: UnitOfWork, patient: UUID) -> tuple[OrderView, ...]:
    """List the orders of *patient* with how each stands, open ones first."""
    free = is_free()
    rows = tx.execute(
        select(
            ORDER_LINE,
            SERVICE_ITEM.c.name.label("service"),
            DEPARTMENT.c.name.label("department"),
            free.label("is_free"),
        )
        .join(
            SERVICE_ITEM,
            and_(
                SERVICE_ITEM.c.facility_id == ORDER_LINE.c.facility_id,
                SERVICE_ITEM.c.code == ORDER_LINE.c.service_code,
            ),
        )
        .join(
            DEPARTMENT,
            and_(
                DEPARTMENT.c.facility_id == SERVICE_ITEM.c.facility_id,
                DEPARTMENT.c.code == SERVICE_ITEM.c.department_code,
            ),
        )
        .where(ORDER_LINE.c.facility_id == tx.facility, _is_of(tx, patient))
        .order_by(
            free.desc(),
            ORDER_LINE.c.ordered_on.desc(),
            ORDER_LINE.c.source,
            ORDER_LINE.c.number,
            ORDER_LINE.c.line,
        )
        .limit(_SHOWN_MAX)
    ).all()
    owing = unsettled(tx, [row.id for row in rows])
    return tuple(_order(row, is_owing=row.id in owing) for row in rows)


def changes_for(tx: UnitOfWork, patient: UUID) -> tuple[ChangeView, ...]:
    """List the changes of billed orders of *patient* that wait for a person."""
    rows = tx.execute(
        select(
            ORDER_CHANGE,
            ORDER_LINE.c.number,
            ORDER_LINE.c.line,
            SERVICE_ITEM.c.name.label("service"),
            INVOICE.c.number.label("invoice_number"),
        )
        .join(
            ORDER_LINE,
            and_(
                ORDER_LINE.c.facility_id == ORDER_CHANGE.c.facility_id,
                ORDER_LINE.c.id == ORDER_CHANGE.c.order_id,
            ),
        )
        .join(
            SERVICE_ITEM,
            and_(
                SERVICE_ITEM.c.facility_id == ORDER_CHANGE.c.facility_id,
                SERVICE_ITEM.c.code == ORDER_CHANGE.c.service_code,
            ),
        )
        .outerjoin(
            INVOICE,
            and_(
                INVOICE.c.facility_id == ORDER_CHANGE.c.facility_id,
                INVOICE.c.id == ORDER_CHANGE.c.invoice_id,
            ),
        )
        .where(
            ORDER_CHANGE.c.facility_id == tx.facility,
            _is_of(tx, patient),
            ORDER_CHANGE.c.state == ChangeState.DRAFT.value,
        )
        .order_by(ORDER_LINE.c.number, ORDER_LINE.c.line, ORDER_CHANGE.c.id)
    )
    return tuple(
        ChangeView(
            row.id,
            Change(row.kind),
            row.number,
            row.line,
            row.service,
            row.quantity,
            vnd(row.unit_price) * row.quantity,
            row.invoice_id,
            row.invoice_number or "",
        )
        for row in rows
    )


def _is_of(tx: UnitOfWork, patient: UUID) -> ColumnElement[bool]:
    """Also what was ordered for a record that turned out to be the same person."""
    same = select(PATIENT.c.id).where(
        PATIENT.c.facility_id == tx.facility, PATIENT.c.merged_into == patient
    )
    return or_(ORDER_LINE.c.patient_id == patient, ORDER_LINE.c.patient_id.in_(same))


def _order(row: Row[Any], *, is_owing: bool) -> OrderView:
    return OrderView(
        row.id,
        row.source,
        row.number,
        row.line,
        row.service,
        row.department,
        row.quantity,
        vnd(row.unit_price),
        HospitalDay(row.ordered_on),
        _standing(row, is_owing=is_owing),
        None if row.is_free else row.invoice_id,
    )


def _standing(row: Row[Any], *, is_owing: bool) -> Standing:
    if row.is_free:
        return Standing.CANCELLED if row.is_cancelled else Standing.OPEN
    return Standing.BILLED if is_owing else Standing.PAID
