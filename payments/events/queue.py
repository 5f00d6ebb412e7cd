"""Deliveries as rows: made for each new event, taken by one worker at a time, sent again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select, update

from payments.events.model import Amounts, Delivery, Event, Kind, Reference, body
from payments.events.rows import EVENT, EVENT_DELIVERY, INVOICE_REFERENCE
from payments.events.subscriptions import Subscription
from payments.kernel.scope import FacilityId
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork

#: A worker that died holds its delivery this long; far above the limit of one try.
_LEASE: Final = timedelta(minutes=2)
_NEW_AT_ONCE: Final = 200
_DUE_AT_ONCE: Final = 20


@dataclass(frozen=True, slots=True)
class Due:
    id: UUID
    event: UUID
    subscription: str
    attempts: int


def has_new(tx: UnitOfWork) -> bool:
    statement = select(EVENT.c.id).where(EVENT.c.facility_id == tx.facility, EVENT.c.state == "new")
    return tx.execute(statement.limit(1)).first() is not None


def distribute(tx: UnitOfWork, subscriptions: Sequence[Subscription]) -> int:
    """Make a delivery of each new event for each active subscriber that asked for its kind."""
    rows = tx.execute(
        select(EVENT.c.id, EVENT.c.kind)
        .where(EVENT.c.facility_id == tx.facility, EVENT.c.state == "new")
        .order_by(EVENT.c.occurred_at, EVENT.c.id)
        .limit(_NEW_AT_ONCE)
    ).all()
    for row in rows:
        for one in subscriptions:
            if one.is_active and Kind(row.kind) in one.kinds:
                put(tx, row.id, one.name)
    if rows:
        told = [row.id for row in rows]
        tx.execute(
            update(EVENT)
            .where(EVENT.c.facility_id == tx.facility, EVENT.c.id.in_(told))
            .values(state="told")
        )
    return len(rows)


def put(tx: UnitOfWork, event: UUID, subscription: str) -> bool:
    """Add a delivery that is due now; False where this event has one for this subscriber."""
    facts = {
        "id": new_id(),
        "event_id": event,
        "subscription": subscription,
        "state": Delivery.WAITING.value,
        "attempts": 0,
        "next_at": tx.now(),
        "made_at": tx.now(),
        "delivered_at": None,
    }
    return insert_new(tx, EVENT_DELIVERY, facts)


def due(tx: UnitOfWork, subscription: str) -> list[Due]:
    """List what is due for one subscriber, the longest due first."""
    rows = tx.execute(
        select(EVENT_DELIVERY)
        .where(
            EVENT_DELIVERY.c.facility_id == tx.facility,
            EVENT_DELIVERY.c.state == Delivery.WAITING.value,
            EVENT_DELIVERY.c.next_at <= tx.now(),
            EVENT_DELIVERY.c.subscription == subscription,
        )
        .order_by(EVENT_DELIVERY.c.next_at, EVENT_DELIVERY.c.id)
        .limit(_DUE_AT_ONCE)
    )
    return [Due(row.id, row.event_id, row.subscription, row.attempts) for row in rows]


def claim(tx: UnitOfWork, one: Due) -> bool:
    """Take a delivery for the length of a try; False where another worker has it."""
    taken = tx.execute(
        update(EVENT_DELIVERY)
        .where(
            EVENT_DELIVERY.c.facility_id == tx.facility,
            EVENT_DELIVERY.c.id == one.id,
            EVENT_DELIVERY.c.state == Delivery.WAITING.value,
            EVENT_DELIVERY.c.attempts == one.attempts,
            EVENT_DELIVERY.c.next_at <= tx.now(),
        )
        .values(attempts=one.attempts + 1, next_at=tx.now() + _LEASE)
    )
    return taken.rowcount == 1


def settle(tx: UnitOfWork, delivery: UUID, state: Delivery, next_at: datetime | None) -> None:
    """Write what came of a try; *next_at* is when to try again, if at all."""
    is_taken = state is Delivery.DELIVERED
    tx.execute(
        update(EVENT_DELIVERY)
        .where(EVENT_DELIVERY.c.facility_id == tx.facility, EVENT_DELIVERY.c.id == delivery)
        .values(
            state=state.value,
            next_at=next_at or tx.now(),
            delivered_at=tx.now() if is_taken else None,
        )
    )


def message(tx: UnitOfWork, event: UUID) -> bytes:
    """Write the body of an event: the same at every try."""
    row = tx.execute(
        select(EVENT).where(EVENT.c.facility_id == tx.facility, EVENT.c.id == event)
    ).one()
    references = tx.execute(
        select(INVOICE_REFERENCE).where(
            INVOICE_REFERENCE.c.facility_id == tx.facility,
            INVOICE_REFERENCE.c.invoice_id == row.invoice_id,
        )
    )
    return body(_event(row), [Reference(one.source, one.number, one.line) for one in references])


def _event(row: Row[Any]) -> Event:
    amounts = Amounts(
        invoice=row.invoice_id,
        number=row.number,
        document=row.document,
        payment=row.payment,
        version=row.version,
        total=row.total,
        credited=row.credited,
        paid=row.paid,
        refunded=row.refunded,
        due=row.due,
    )
    facility = FacilityId(row.facility_id)
    return Event(facility, row.id, Kind(row.kind), row.sequence, row.occurred_at, amounts)
