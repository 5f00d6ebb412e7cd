"""What stands billed of order lines, and the drafts that lead from there to the newest version."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, insert, or_, select, update

from payments.interop.orders.model import Billed, Change, ChangeState, Difference
from payments.interop.orders.rows import ORDER_BILL, ORDER_CHANGE, ORDER_LINE
from payments.invoicing.rows import INVOICE
from payments.kernel.money import vnd
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork


def is_free() -> ColumnElement[bool]:
    """Say that a line stands on no invoice, or on one that was cancelled."""
    return or_(
        ORDER_LINE.c.invoice_id.is_(None),
        exists().where(
            INVOICE.c.facility_id == ORDER_LINE.c.facility_id,
            INVOICE.c.id == ORDER_LINE.c.invoice_id,
            INVOICE.c.document == "cancelled",
        ),
    )


def billed(tx: UnitOfWork, order: UUID) -> list[Billed]:
    """Sum what invoices that stand bill of a line, the oldest first."""
    quantity = func.sum(ORDER_BILL.c.quantity)
    rows = tx.execute(
        select(
            ORDER_BILL.c.invoice_id,
            ORDER_BILL.c.service_code,
            ORDER_BILL.c.department_code,
            ORDER_BILL.c.unit_price,
            quantity.label("quantity"),
            func.min(ORDER_BILL.c.made_at).label("since"),
        )
        .join(
            INVOICE,
            (INVOICE.c.facility_id == ORDER_BILL.c.facility_id)
            & (INVOICE.c.id == ORDER_BILL.c.invoice_id),
        )
        .where(
            ORDER_BILL.c.facility_id == tx.facility,
            ORDER_BILL.c.order_id == order,
            INVOICE.c.document == "issued",
        )
        .group_by(
            ORDER_BILL.c.invoice_id,
            ORDER_BILL.c.service_code,
            ORDER_BILL.c.department_code,
            ORDER_BILL.c.unit_price,
        )
        .having(quantity > 0)
        .order_by("since", ORDER_BILL.c.invoice_id)
    )
    return [
        Billed(
            row.invoice_id,
            row.service_code,
            row.department_code,
            vnd(row.unit_price),
            int(row.quantity),
        )
        for row in rows
    ]


def unsettled(tx: UnitOfWork, orders: Sequence[UUID]) -> set[UUID]:
    """Say which of *orders* stand on an invoice that still owes something."""
    owed = INVOICE.c.total - INVOICE.c.covered - INVOICE.c.credited
    owes = INVOICE.c.paid - INVOICE.c.refunded < owed
    rows = tx.execute(
        select(ORDER_BILL.c.order_id)
        .join(
            INVOICE,
            (INVOICE.c.facility_id == ORDER_BILL.c.facility_id)
            & (INVOICE.c.id == ORDER_BILL.c.invoice_id),
        )
        .where(
            ORDER_BILL.c.facility_id == tx.facility,
            ORDER_BILL.c.order_id.in_(orders),
            INVOICE.c.document == "issued",
            owes,
        )
    )
    return set(rows.scalars())


def bill(tx: UnitOfWork, order: UUID, entry: Billed) -> None:
    """Note what an invoice bills of a line; a negative quantity is a credit note."""
    tx.execute(
        insert(ORDER_BILL),
        {
            "facility_id": tx.facility,
            "id": new_id(),
            "order_id": order,
            "invoice_id": entry.invoice,
            "service_code": entry.service_code,
            "department_code": entry.department_code,
            "unit_price": entry.unit_price.dong,
            "quantity": entry.quantity,
            "made_at": tx.now(),
        },
    )


def supersede(tx: UnitOfWork, orders: Sequence[UUID]) -> None:
    """End the drafts of *orders*: what they would have led to is no longer wanted."""
    tx.execute(
        update(ORDER_CHANGE)
        .where(
            ORDER_CHANGE.c.facility_id == tx.facility,
            ORDER_CHANGE.c.order_id.in_(orders),
            ORDER_CHANGE.c.state == ChangeState.DRAFT.value,
        )
        .values(state=ChangeState.SUPERSEDED.value, decided_at=tx.now(), decided_by="system")
    )


def draft(tx: UnitOfWork, order: UUID, version: int, found: Iterable[Difference]) -> int:
    """Keep *found* as drafts for a person; returns how many."""
    rows = [
        {
            "facility_id": tx.facility,
            "id": new_id(),
            "order_id": order,
            "version": version,
            "kind": one.kind.value,
            "invoice_id": one.invoice if one.kind is Change.CREDIT else None,
            "service_code": one.service_code,
            "department_code": one.department_code,
            "unit_price": one.unit_price.dong,
            "quantity": one.quantity,
            "state": ChangeState.DRAFT.value,
            "reason": "",
            "made_at": tx.now(),
            "decided_at": None,
            "decided_by": "",
        }
        for one in found
    ]
    if rows:
        tx.execute(insert(ORDER_CHANGE), rows)
    return len(rows)
