"""Moves as rows, and what they take or wait for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, insert, select, update

from payments.kernel.money import Money, vnd
from payments.refunds.moves import RESERVING, Move, NoMove, Part, State
from payments.refunds.rows import OVERPAID_MOVE
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork


def waiting(
    tx: UnitOfWork,
    part: Part,
    *,
    payment: UUID | None = None,
    invoice: UUID | None = None,
    but: UUID | None = None,
) -> Money:
    """Sum what requests wait for of a payment, or of an invoice."""
    wanted = [OVERPAID_MOVE.c.state == State.REQUESTED.value, OVERPAID_MOVE.c.part == part.value]
    if payment is not None:
        wanted.append(OVERPAID_MOVE.c.payment_id == payment)
    if invoice is not None:
        wanted.append(OVERPAID_MOVE.c.from_invoice_id == invoice)
    return _total(tx, wanted, but)


def taken(
    tx: UnitOfWork,
    part: Part,
    payment: UUID,
    *,
    states: frozenset[State] = RESERVING,
    but: UUID | None = None,
) -> Money:
    """Sum what moves took, or wait for, of one payment."""
    wanted = [
        OVERPAID_MOVE.c.state.in_(sorted(states)),
        OVERPAID_MOVE.c.part == part.value,
        OVERPAID_MOVE.c.payment_id == payment,
    ]
    return _total(tx, wanted, but)


def add(tx: UnitOfWork, move: Move) -> None:
    tx.execute(insert(OVERPAID_MOVE), {"facility_id": tx.facility, **_values(move)})


def save(tx: UnitOfWork, move: Move) -> None:
    """Write back a held move."""
    statement = update(OVERPAID_MOVE).where(
        OVERPAID_MOVE.c.facility_id == tx.facility, OVERPAID_MOVE.c.id == move.id
    )
    tx.execute(statement.values(**_values(move)))


def get(tx: UnitOfWork, move: UUID) -> Move:
    """Read one without holding it. Raises NoMove."""
    row = tx.execute(_all(tx).where(OVERPAID_MOVE.c.id == move)).first()
    if row is None:
        raise NoMove()
    return _model(row)


def lock(tx: UnitOfWork, move: UUID) -> Move:
    """Hold a move until the commit; both its invoices are held before."""
    return _model(tx.lock(Lock.REFUND, _all(tx).where(OVERPAID_MOVE.c.id == move)).one())


def of_idem_key(tx: UnitOfWork, key: str) -> Move | None:
    row = tx.execute(_all(tx).where(OVERPAID_MOVE.c.idem_key == key)).first()
    return None if row is None else _model(row)


def newest(tx: UnitOfWork, *, limit: int) -> list[Move]:
    """List what was asked for last, the newest first."""
    rows = tx.execute(_all(tx).order_by(OVERPAID_MOVE.c.id.desc()).limit(limit))
    return [_model(row) for row in rows]


def _total(tx: UnitOfWork, wanted: list[Any], but: UUID | None) -> Money:
    if but is not None:
        wanted = [*wanted, OVERPAID_MOVE.c.id != but]
    total = tx.execute(
        select(func.coalesce(func.sum(OVERPAID_MOVE.c.amount), 0)).where(
            OVERPAID_MOVE.c.facility_id == tx.facility, *wanted
        )
    ).scalar_one()
    return vnd(int(total))


def _all(tx: UnitOfWork) -> Select[Any]:
    return select(OVERPAID_MOVE).where(OVERPAID_MOVE.c.facility_id == tx.facility)


def _values(move: Move) -> Mapping[str, Any]:
    return {
        "id": move.id,
        "payment_id": move.payment,
        "from_invoice_id": move.source,
        "to_invoice_id": move.target,
        "part": move.part.value,
        "amount": move.amount.dong,
        "state": move.state.value,
        "reason": move.reason,
        "requested_by": move.requested_by,
        "requested_at": move.requested_at,
        "approved_by": move.approved_by,
        "ended_at": move.ended_at,
        "txn_id": move.txn,
        "idem_key": move.idem_key,
    }


def _model(row: Row[Any]) -> Move:
    return Move(
        row.id,
        row.payment_id,
        row.from_invoice_id,
        row.to_invoice_id,
        Part(row.part),
        vnd(row.amount),
        State(row.state),
        row.reason,
        row.requested_by,
        row.requested_at,
        row.approved_by,
        row.ended_at,
        row.txn_id,
        row.idem_key,
    )
