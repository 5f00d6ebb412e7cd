"""Refunds as rows, and what they leave of their payment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, func, insert, select, update

from payments.gateway import Trouble
from payments.invoicing.model import Invoice
from payments.kernel.money import Money, vnd
from payments.receipts.rows import PAYMENT
from payments.refunds import dispute_repository, move_repository, payback_repository
from payments.refunds.model import NoRefund, Refund, Refundable, refundable
from payments.refunds.moves import Part
from payments.refunds.rows import REFUND
from payments.refunds.sources import Source
from payments.refunds.status import BOOKED, RESERVING, State
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork

_RESERVING: Final = tuple(sorted(state.value for state in RESERVING))
#: Approved: the invoice has been debited, so that it counts as refunded already.
_BOOKED: Final = tuple(sorted(state.value for state in BOOKED))


def left(tx: UnitOfWork, of: Source, invoice: Invoice, *, but: UUID | None = None) -> Refundable:
    """Say what may go back of a payment whose *invoice* is held; *but* leaves one refund out."""
    rows = tx.execute(
        _all(tx).where(REFUND.c.intent_id == of.intent, REFUND.c.state.in_(_RESERVING))
    ).all()
    others = [row for row in rows if row.id != but]
    of_payment = [row for row in others if row.payment_id == of.payment]
    waiting = _waiting(tx, invoice.id, but)
    waiting += move_repository.waiting(tx, Part.INVOICE, invoice=invoice.id)
    over = invoice.paid - invoice.refunded - invoice.owed - waiting
    gone = dispute_repository.taken(tx, of.payment)
    waits = payback_repository.waiting(tx, Part.INVOICE, invoice=invoice.id)
    moved = [
        move_repository.taken(tx, part, of.payment) + payback_repository.taken(tx, part, of.payment)
        for part in (Part.SUSPENSE, Part.INVOICE)
    ]
    return refundable(
        received_suspense=of.suspense,
        applied=of.applied if of.invoice is not None else vnd(0),
        over=over - waits,
        reserved=(
            vnd(sum(row.from_suspense for row in of_payment)) + gone[0] + moved[0],
            vnd(sum(row.from_invoice for row in of_payment)) + gone[1] + moved[1],
        ),
    )


def _waiting(tx: UnitOfWork, invoice: UUID, but: UUID | None) -> Money:
    """Sum what requests of the same invoice wait for, through whichever of its payments."""
    waiting = (
        select(func.coalesce(func.sum(REFUND.c.from_invoice), 0))
        .join(
            PAYMENT,
            (PAYMENT.c.facility_id == REFUND.c.facility_id) & (PAYMENT.c.id == REFUND.c.payment_id),
        )
        .where(
            REFUND.c.facility_id == tx.facility,
            PAYMENT.c.invoice_id == invoice,
            REFUND.c.state == State.REQUESTED.value,
        )
    )
    if but is not None:
        waiting = waiting.where(REFUND.c.id != but)
    return vnd(int(tx.execute(waiting).scalar_one()))


def given_back(tx: UnitOfWork, payment: UUID) -> Money:
    """Sum what approved refunds of *payment* take."""
    total = tx.execute(
        select(func.coalesce(func.sum(REFUND.c.amount), 0)).where(
            REFUND.c.facility_id == tx.facility,
            REFUND.c.payment_id == payment,
            REFUND.c.state.in_(_BOOKED),
        )
    ).scalar_one()
    return vnd(int(total))


def add(tx: UnitOfWork, refund: Refund) -> None:
    tx.execute(insert(REFUND), {"facility_id": tx.facility, **_values(refund)})


def save(tx: UnitOfWork, refund: Refund) -> None:
    """Write back a held refund."""
    statement = update(REFUND).where(REFUND.c.facility_id == tx.facility, REFUND.c.id == refund.id)
    tx.execute(statement.values(**_values(refund)))


def get(tx: UnitOfWork, refund: UUID) -> Refund:
    """Read one without holding it. Raises NoRefund."""
    row = tx.execute(_all(tx).where(REFUND.c.id == refund)).first()
    if row is None:
        raise NoRefund()
    return _model(row)


def lock(tx: UnitOfWork, refund: UUID) -> Refund:
    """Hold a refund until the commit; its invoice must be held before."""
    return _model(tx.lock(Lock.REFUND, _all(tx).where(REFUND.c.id == refund)).one())


def of_idem_key(tx: UnitOfWork, key: str) -> Refund | None:
    row = tx.execute(_all(tx).where(REFUND.c.idem_key == key)).first()
    return None if row is None else _model(row)


def of_intent(tx: UnitOfWork, intent: UUID) -> list[Refund]:
    """List the refunds of what *intent* brought, first first."""
    rows = tx.execute(_all(tx).where(REFUND.c.intent_id == intent).order_by(REFUND.c.id))
    return [_model(row) for row in rows]


def newest(tx: UnitOfWork, *, limit: int) -> list[Refund]:
    """List the refunds that were asked for last."""
    rows = tx.execute(_all(tx).order_by(REFUND.c.id.desc()).limit(limit))
    return [_model(row) for row in rows]


def due(tx: UnitOfWork, now: datetime, *, limit: int, channel: str | None = None) -> list[Refund]:
    """List what gateways are to be asked about, the longest due first; *channel*: that one only."""
    wanted = _all(tx).where(REFUND.c.next_ask_at <= now)
    if channel is not None:
        wanted = wanted.where(REFUND.c.channel == channel)
    rows = tx.execute(wanted.order_by(REFUND.c.next_ask_at).limit(limit))
    return [_model(row) for row in rows]


def due_channels(tx: UnitOfWork, now: datetime) -> frozenset[str]:
    """Name the channels that are to be asked about refunds."""
    rows = tx.execute(
        select(REFUND.c.channel)
        .where(REFUND.c.facility_id == tx.facility, REFUND.c.next_ask_at <= now)
        .distinct()
    )
    return frozenset(rows.scalars())


def claim(tx: UnitOfWork, refund: Refund, next_ask_at: datetime | None) -> bool:
    """Take one asking of *refund*; False where another worker has taken it."""
    statement = update(REFUND).where(
        REFUND.c.facility_id == tx.facility,
        REFUND.c.id == refund.id,
        REFUND.c.asked == refund.asked,
        REFUND.c.next_ask_at == refund.next_ask_at,
    )
    taken = tx.execute(statement.values(asked=refund.asked + 1, next_ask_at=next_ask_at))
    return taken.rowcount == 1


def _all(tx: UnitOfWork) -> Select[Any]:
    return select(REFUND).where(REFUND.c.facility_id == tx.facility)


def _values(refund: Refund) -> Mapping[str, Any]:
    return {
        "id": refund.id,
        "key": refund.key,
        "payment_id": refund.payment,
        "intent_id": refund.intent,
        "channel": refund.channel,
        "amount": refund.amount.dong,
        "from_suspense": refund.from_suspense.dong,
        "from_invoice": refund.from_invoice.dong,
        "refunded_before": refund.refunded_before.dong,
        "state": refund.state.value,
        "reason": refund.reason,
        "requested_by": refund.requested_by,
        "requested_at": refund.requested_at,
        "approved_by": refund.approved_by,
        "approved_at": refund.approved_at,
        "approved_login": refund.approved_login,
        "gateway_id": refund.gateway_id,
        "trouble": refund.trouble.value if refund.trouble else "",
        "must_send": refund.must_send,
        "asked": refund.asked,
        "next_ask_at": refund.next_ask_at,
        "suspense_txn_id": refund.suspense_txn,
        "invoice_txn_id": refund.invoice_txn,
        "ended_at": refund.ended_at,
        "idem_key": refund.idem_key,
    }


def _model(row: Row[Any]) -> Refund:
    return Refund(
        row.id,
        row.key,
        row.payment_id,
        row.intent_id,
        row.channel,
        vnd(row.amount),
        vnd(row.from_suspense),
        vnd(row.from_invoice),
        vnd(row.refunded_before),
        State(row.state),
        row.reason,
        row.requested_by,
        row.requested_at,
        row.approved_by,
        row.approved_at,
        row.approved_login,
        row.gateway_id,
        Trouble(row.trouble) if row.trouble else None,
        bool(row.must_send),
        row.asked,
        row.next_ask_at,
        row.suspense_txn_id,
        row.invoice_txn_id,
        row.ended_at,
        row.idem_key,
    )
