"""What gateways took back, as rows, and what is left of a payment; held by its invoice's lock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, bindparam, func, insert, select, update

from payments.intents.rows import GATEWAY_BOOKING
from payments.kernel.money import Money, vnd
from payments.ledger.model import Subject
from payments.ledger.queries import subject_balance
from payments.receipts.rows import PAYMENT
from payments.refunds import move_repository, payback_repository
from payments.refunds.disputes import TAKING, Dispute, Kind, NoDispute, State
from payments.refunds.moves import Part
from payments.refunds.moves import State as Moved
from payments.refunds.rows import DISPUTE, REFUND
from payments.refunds.status import BOOKED
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

_TAKING: Final = tuple(sorted(state.value for state in TAKING))
_BOOKED: Final = tuple(sorted(state.value for state in BOOKED))
_OF_INVOICE: Final = Prepared(
    select(DISPUTE)
    .where(mine(DISPUTE), DISPUTE.c.invoice_id == bindparam("invoice"))
    .order_by(DISPUTE.c.id)
)


@dataclass(frozen=True, slots=True)
class Capture:
    """A payment that a gateway took, and its name there."""

    payment: UUID
    transaction: str
    applied: Money


def captures(tx: UnitOfWork, intent: UUID) -> list[Capture]:
    """List what *intent* brought, first first."""
    rows = tx.execute(
        select(PAYMENT.c.id, GATEWAY_BOOKING.c.transaction, PAYMENT.c.applied)
        .join(
            PAYMENT,
            (PAYMENT.c.facility_id == GATEWAY_BOOKING.c.facility_id)
            & (PAYMENT.c.id == GATEWAY_BOOKING.c.payment_id),
        )
        .where(
            GATEWAY_BOOKING.c.facility_id == tx.facility,
            GATEWAY_BOOKING.c.intent_id == intent,
            GATEWAY_BOOKING.c.kind == "capture",
        )
        .order_by(GATEWAY_BOOKING.c.made_at, GATEWAY_BOOKING.c.payment_id)
    )
    return [Capture(row.id, row.transaction, vnd(row.applied)) for row in rows]


def intent_of_payment(tx: UnitOfWork, channel: str, transaction: str) -> UUID | None:
    """Find the attempt whose payment *channel* calls so; messages of disputes name no order."""
    found: UUID | None = tx.execute(
        select(GATEWAY_BOOKING.c.intent_id).where(
            GATEWAY_BOOKING.c.facility_id == tx.facility,
            GATEWAY_BOOKING.c.channel == channel,
            GATEWAY_BOOKING.c.transaction == transaction,
            GATEWAY_BOOKING.c.kind == "capture",
        )
    ).scalar()
    return found


def left(tx: UnitOfWork, capture: Capture) -> tuple[Money, Money]:
    """Say what of a payment is still here: in suspense, and applied to its invoice."""
    in_suspense = -subject_balance(tx, "2200", Subject("payment", capture.payment))
    held = _sum(tx, DISPUTE, DISPUTE.c.from_suspense, capture.payment, (State.OPEN.value,))
    gone = _sum(tx, DISPUTE, DISPUTE.c.from_invoice, capture.payment, _TAKING)
    refunded = _sum(tx, REFUND, REFUND.c.from_invoice, capture.payment, _BOOKED)
    done = frozenset({Moved.DONE})
    moved = move_repository.taken(tx, Part.INVOICE, capture.payment, states=done)
    moved += payback_repository.taken(tx, Part.INVOICE, capture.payment, is_booked=True)
    return in_suspense - held, capture.applied - gone - refunded - moved


def taken(tx: UnitOfWork, payment: UUID) -> tuple[Money, Money]:
    """Say what gateways took or hold of *payment*: of suspense, and of its invoice."""
    return (
        _sum(tx, DISPUTE, DISPUTE.c.from_suspense, payment, _TAKING),
        _sum(tx, DISPUTE, DISPUTE.c.from_invoice, payment, _TAKING),
    )


def add(tx: UnitOfWork, dispute: Dispute) -> None:
    values = {"facility_id": tx.facility, "made_at": tx.now(), **_values(dispute)}
    tx.execute(insert(DISPUTE), values)


def save(tx: UnitOfWork, dispute: Dispute) -> None:
    """Write back one whose invoice is held."""
    statement = update(DISPUTE).where(
        DISPUTE.c.facility_id == tx.facility, DISPUTE.c.id == dispute.id
    )
    tx.execute(statement.values(**_values(dispute)))


def named(tx: UnitOfWork, channel: str, name: str) -> Dispute | None:
    found = _all(tx).where(DISPUTE.c.channel == channel, DISPUTE.c.name == name)
    row = tx.execute(found).first()
    return None if row is None else _model(row)


def get(tx: UnitOfWork, dispute: UUID) -> Dispute:
    """Read one. Raises NoDispute."""
    row = tx.execute(_all(tx).where(DISPUTE.c.id == dispute)).first()
    if row is None:
        raise NoDispute()
    return _model(row)


def newest(tx: UnitOfWork, *, limit: int) -> list[Dispute]:
    """List what was told of last; what nobody of finance has seen comes first."""
    rows = tx.execute(
        _all(tx).order_by(DISPUTE.c.seen_at.is_not(None), DISPUTE.c.id.desc()).limit(limit)
    )
    return [_model(row) for row in rows]


def of_invoice(tx: UnitOfWork, invoice: UUID) -> list[Dispute]:
    """List what was taken back of an invoice's payments, first first."""
    return [_model(row) for row in _OF_INVOICE.all(tx, invoice=invoice)]


def _sum(tx: UnitOfWork, table: Any, column: Any, payment: UUID, states: tuple[str, ...]) -> Money:
    total = tx.execute(
        select(func.coalesce(func.sum(column), 0)).where(
            table.c.facility_id == tx.facility,
            table.c.payment_id == payment,
            table.c.state.in_(states),
        )
    ).scalar_one()
    return vnd(int(total))


def _all(tx: UnitOfWork) -> Select[Any]:
    return select(DISPUTE).where(DISPUTE.c.facility_id == tx.facility)


def _values(dispute: Dispute) -> Mapping[str, Any]:
    return {
        "id": dispute.id,
        "channel": dispute.channel,
        "name": dispute.name,
        "kind": dispute.kind.value,
        "payment_id": dispute.payment,
        "intent_id": dispute.intent,
        "invoice_id": dispute.invoice,
        "amount": dispute.amount.dong,
        "from_suspense": dispute.from_suspense.dong,
        "from_invoice": dispute.from_invoice.dong,
        "state": dispute.state.value,
        "told_at": dispute.told_at,
        "ended_at": dispute.ended_at,
        "open_txn_id": dispute.open_txn,
        "end_txn_id": dispute.end_txn,
        "seen_by": dispute.seen_by,
        "seen_at": dispute.seen_at,
    }


def _model(row: Row[Any]) -> Dispute:
    return Dispute(
        row.id,
        row.channel,
        row.name,
        Kind(row.kind),
        row.payment_id,
        row.intent_id,
        row.invoice_id,
        vnd(row.amount),
        vnd(row.from_suspense),
        vnd(row.from_invoice),
        State(row.state),
        row.told_at,
        row.ended_at,
        row.open_txn_id,
        row.end_txn_id,
        row.seen_by,
        row.seen_at,
    )
