"""The delivery log, as the page and the command line read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select

from payments.events.model import Delivery
from payments.events.rows import EVENT, EVENT_ATTEMPT, EVENT_DELIVERY
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Attempt:
    attempt: int
    at: datetime
    status: int | None
    duration_ms: int
    failure: str
    #: The head of what the receiver said, cut and without control characters.
    answer: str


@dataclass(frozen=True, slots=True)
class Logged:
    """One event and one subscriber."""

    id: UUID
    event: UUID
    kind: str
    number: str
    sequence: int
    subscription: str
    state: Delivery
    attempts: int
    occurred_at: datetime
    next_at: datetime
    delivered_at: datetime | None
    last: Attempt | None


def log(
    tx: UnitOfWork, *, subscription: str = "", state: Delivery | None = None, limit: int = 100
) -> tuple[Logged, ...]:
    """List deliveries with their last try, the newest event first."""
    statement = (
        select(
            EVENT_DELIVERY,
            EVENT.c.kind,
            EVENT.c.number,
            EVENT.c.sequence,
            EVENT.c.occurred_at,
        )
        .join(
            EVENT,
            (EVENT.c.facility_id == EVENT_DELIVERY.c.facility_id)
            & (EVENT.c.id == EVENT_DELIVERY.c.event_id),
        )
        .where(EVENT_DELIVERY.c.facility_id == tx.facility)
        .order_by(EVENT_DELIVERY.c.made_at.desc(), EVENT.c.sequence.desc(), EVENT_DELIVERY.c.id)
        .limit(limit)
    )
    if subscription:
        statement = statement.where(EVENT_DELIVERY.c.subscription == subscription)
    if state is not None:
        statement = statement.where(EVENT_DELIVERY.c.state == state.value)
    rows = tx.execute(statement).all()
    last = _last(tx, [row.id for row in rows])
    return tuple(_logged(row, last.get(row.id)) for row in rows)


def attempts(tx: UnitOfWork, delivery: UUID) -> tuple[Attempt, ...]:
    """List every try of one delivery, the first first."""
    rows = tx.execute(
        select(EVENT_ATTEMPT)
        .where(EVENT_ATTEMPT.c.facility_id == tx.facility, EVENT_ATTEMPT.c.delivery_id == delivery)
        .order_by(EVENT_ATTEMPT.c.at, EVENT_ATTEMPT.c.id)
    )
    return tuple(_attempt(row) for row in rows)


def counts(tx: UnitOfWork) -> dict[tuple[str, Delivery], int]:
    """Count the deliveries of each subscriber that wait or are dead."""
    rows = tx.execute(
        select(EVENT_DELIVERY.c.subscription, EVENT_DELIVERY.c.state, func.count().label("n"))
        .where(
            EVENT_DELIVERY.c.facility_id == tx.facility,
            EVENT_DELIVERY.c.state.in_((Delivery.WAITING.value, Delivery.DEAD.value)),
        )
        .group_by(EVENT_DELIVERY.c.subscription, EVENT_DELIVERY.c.state)
    )
    return {(row.subscription, Delivery(row.state)): int(row.n) for row in rows}


def _last(tx: UnitOfWork, deliveries: list[UUID]) -> dict[UUID, Attempt]:
    if not deliveries:
        return {}
    rows = tx.execute(
        select(EVENT_ATTEMPT)
        .where(
            EVENT_ATTEMPT.c.facility_id == tx.facility, EVENT_ATTEMPT.c.delivery_id.in_(deliveries)
        )
        .order_by(EVENT_ATTEMPT.c.at, EVENT_ATTEMPT.c.id)
    )
    return {row.delivery_id: _attempt(row) for row in rows}


def _attempt(row: Row[Any]) -> Attempt:
    return Attempt(row.attempt, row.at, row.status, row.duration_ms, row.failure, row.answer)


def _logged(row: Row[Any], last: Attempt | None) -> Logged:
    return Logged(
        id=row.id,
        event=row.event_id,
        kind=row.kind,
        number=row.number,
        sequence=row.sequence,
        subscription=row.subscription,
        state=Delivery(row.state),
        attempts=row.attempts,
        occurred_at=row.occurred_at,
        next_at=row.next_at,
        delivered_at=row.delivered_at,
        last=last,
    )
