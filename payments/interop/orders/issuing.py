"""Issues one invoice from open orders, at the prices of the days on which they were ordered."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, not_, select, update

from payments.catalogue.model import ServiceItem
from payments.catalogue.queries import priced_on
from payments.events.model import Reference
from payments.events.writing import refer
from payments.interop.orders import bills
from payments.interop.orders.model import Billed
from payments.interop.orders.rows import ORDER_LINE
from payments.invoicing.model import LINES_MAX, Line, LineRequest, PatientRequest
from payments.invoicing.service import IssueRequest, issue_priced
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Conflict, InvalidField, NotFound
from payments.kernel.money import vnd
from payments.kernel.scope import Scope
from payments.keys import Keys
from payments.patients.rows import PATIENT
from payments.patients.service import name_of
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: Each try lost against a newer version that came in at the same moment.
_TRIES_MAX: Final = 5


class OrdersTaken(Conflict):
    """Some of the orders stand on an invoice already; the page shows which."""

    code = "orders-taken"


class OrderCancelled(Conflict):
    """An order was cancelled in the program that it came from."""

    code = "order-cancelled"


class _Changed(Exception):
    """What was read is no longer so: read again."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    id: UUID
    version: int
    source: str
    number: str
    order_line: int
    line: Line


def issue(runtime: Runtime, scope: Scope, orders: Sequence[UUID]) -> UUID:
    """
    Issue an invoice of *orders*, all of one patient; returns its id.

    The same orders again, also from another desk at the same moment, give the same invoice.

    Raises:
        NotFound, InvalidField: unknown orders, none, too many, or of several patients.
        OrdersTaken: some of them, but not just these, stand on an invoice.
        OrderCancelled: one was cancelled meanwhile.
    """
    wanted = sorted(set(orders))
    if not 1 <= len(wanted) <= LINES_MAX:
        raise InvalidField("order", "orders_count", most=LINES_MAX)
    for _ in range(_TRIES_MAX):
        with runtime.database.reading(scope) as tx:
            rows = _rows(tx, wanted)
            known = _invoice_of(rows)
            if known is not None:
                return known
            patient = _patient(runtime.keys, rows)
            chosen = _chosen(tx, rows)
        request = _request(patient, rows, chosen)
        try:
            return issue_priced(
                runtime,
                scope,
                request,
                [one.line for one in chosen],
                also=partial(_claim, chosen),
            )
        except _Changed:
            continue
    raise OrdersTaken(numbers=", ".join(sorted({one.number for one in chosen})))


def _rows(tx: UnitOfWork, wanted: Sequence[UUID]) -> Sequence[Row[Any]]:
    rows = tx.execute(
        select(
            ORDER_LINE,
            PATIENT.c.file_number,
            PATIENT.c.name_sealed,
            PATIENT.c.birth_year,
            func.coalesce(PATIENT.c.merged_into, PATIENT.c.id).label("person"),
            bills.is_free().label("is_free"),
        )
        .join(
            PATIENT,
            (PATIENT.c.facility_id == ORDER_LINE.c.facility_id)
            & (PATIENT.c.id == ORDER_LINE.c.patient_id),
        )
        .where(ORDER_LINE.c.facility_id == tx.facility, ORDER_LINE.c.id.in_(wanted))
        .order_by(ORDER_LINE.c.number, ORDER_LINE.c.line, ORDER_LINE.c.id)
    ).all()
    if len(rows) != len(wanted):
        raise NotFound("an order is not of this facility")
    return rows


def _invoice_of(rows: Sequence[Row[Any]]) -> UUID | None:
    """Give the invoice on which all of them stand; None when all are free."""
    taken = {row.invoice_id for row in rows if not row.is_free}
    if len(taken) == 1 and not any(row.is_free for row in rows):
        invoice: UUID = taken.pop()
        return invoice
    if taken:
        numbers = ", ".join(sorted({row.number for row in rows if not row.is_free}))
        raise OrdersTaken(numbers=numbers)
    cancelled = sorted({row.number for row in rows if row.is_cancelled})
    if cancelled:
        raise OrderCancelled(numbers=", ".join(cancelled))
    return None


def _patient(keys: Keys, rows: Sequence[Row[Any]]) -> PatientRequest:
    if len({row.person for row in rows}) != 1:
        raise InvalidField("order", "orders_patients")
    row = rows[0]
    return PatientRequest(name_of(keys, row.name_sealed), row.birth_year, row.file_number)


def _chosen(tx: UnitOfWork, rows: Sequence[Row[Any]]) -> list[_Chosen]:
    return [
        _Chosen(
            row.id,
            row.version,
            row.source,
            row.number,
            row.line,
            line_of(tx, row.service_code, row.ordered_on, row.unit_price, _left(tx, row)),
        )
        for row in rows
    ]


def _left(tx: UnitOfWork, row: Row[Any]) -> int:
    """Say how many are to be billed: a supplement may outlive the invoice before it."""
    standing = sum(one.quantity for one in bills.billed(tx, row.id))
    if standing >= row.quantity:
        raise OrdersTaken(numbers=row.number)
    return int(row.quantity) - standing


def line_of(tx: UnitOfWork, code: str, ordered_on: Any, unit_price: int, quantity: int) -> Line:
    """Make a line at the price that the order has, whatever the catalogue says since."""
    item: ServiceItem = priced_on(tx, [code], HospitalDay(ordered_on))[code]
    return Line(replace(item, price=vnd(unit_price)), quantity)


def _request(
    patient: PatientRequest, rows: Sequence[Row[Any]], chosen: Sequence[_Chosen]
) -> IssueRequest:
    """The key names these orders in these versions, so that two desks have the same one."""
    told = "|".join(f"{row.id}:{row.version}:{row.issues}" for row in rows)
    key = f"orders:{hashlib.sha256(told.encode()).hexdigest()}"
    lines = tuple(LineRequest(one.line.item.code, one.line.quantity) for one in chosen)
    return IssueRequest(patient, lines, key)


def _claim(chosen: Sequence[_Chosen], tx: UnitOfWork, invoice: UUID) -> None:
    """Put the orders on *invoice* if they still are what was read, in the same commit."""
    claimed = tx.execute(
        update(ORDER_LINE)
        .where(
            ORDER_LINE.c.facility_id == tx.facility,
            ORDER_LINE.c.id.in_([one.id for one in chosen]),
            not_(ORDER_LINE.c.is_cancelled),
            bills.is_free(),
        )
        .values(invoice_id=invoice, issues=ORDER_LINE.c.issues + 1, changed_at=tx.now())
        .returning(ORDER_LINE.c.id, ORDER_LINE.c.version)
    ).all()
    if {(row.id, row.version) for row in claimed} != {(one.id, one.version) for one in chosen}:
        raise _Changed("orders changed while they were issued")
    for one in chosen:
        item = one.line.item
        bills.bill(
            tx,
            one.id,
            Billed(invoice, item.code, item.department_code, item.price, one.line.quantity),
        )
    bills.supersede(tx, [one.id for one in chosen])
    refer(tx, invoice, [Reference(one.source, one.number, one.order_line) for one in chosen])
