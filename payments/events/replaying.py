"""Sends again what a receiver lost: one delivery, one event, or all of a time."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select, update

from payments import audit
from payments.events import queue, subscriptions
from payments.events.model import Delivery, wire_id
from payments.events.rows import EVENT, EVENT_DELIVERY
from payments.events.subscriptions import Subscription
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

_REPLAYED_MAX: Final = 10_000
#: Values of one IN (…).
_BATCH: Final = 500


def send_again(runtime: Runtime, scope: Scope, delivery: UUID) -> None:
    """
    Send one delivery again, from the first try of the schedule. Raises NotFound.

    Also one that was taken: whoever lost it asks for it. The id on the wire is the same.
    """
    with runtime.database.transaction(scope) as tx:
        if not _again(tx, [delivery]):
            raise NotFound(f"there is no delivery {delivery}")
        audit.append(tx, "events.sent_again", f"event_delivery:{delivery}")


def replay(
    runtime: Runtime,
    scope: Scope,
    name: str,
    *,
    event: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    """
    Send *event*, or what happened from *since* to *until*, to the subscriber *name* again.

    What the subscriber had not been told at the time, being new or disabled, is told now.

    Raises:
        NotFound: there is no such subscription or event.
        InvalidField: neither an event nor a time is named, or more than 10,000 events are meant.
    """
    if event is None and since is None:
        raise InvalidField("since", "replay_what")
    with runtime.database.transaction(scope) as tx:
        wanted = subscriptions.subscription(tx, runtime.keys, name)
        found = _events(tx, wanted, event, since, until or tx.now())
        if event is not None and not found:
            raise NotFound(f"{name} is not told of an event {wire_id(event)}")
        again = [one for one in found if not queue.put(tx, one, name)]
        _again(tx, _deliveries(tx, name, again))
        audit.append(tx, "events.replayed", f"event_subscription:{name}", count=len(found))
    return len(found)


def _events(
    tx: UnitOfWork,
    wanted: Subscription,
    event: UUID | None,
    since: datetime | None,
    until: datetime,
) -> list[UUID]:
    statement = select(EVENT.c.id).where(
        EVENT.c.facility_id == tx.facility,
        EVENT.c.kind.in_(sorted(kind.value for kind in wanted.kinds)),
    )
    if event is not None:
        statement = statement.where(EVENT.c.id == event)
    if since is not None:
        statement = statement.where(EVENT.c.occurred_at >= since, EVENT.c.occurred_at <= until)
    found = list(tx.execute(statement.limit(_REPLAYED_MAX + 1)).scalars())
    if len(found) > _REPLAYED_MAX:
        raise InvalidField("since", "replay_many", most=_REPLAYED_MAX)
    return found


def _deliveries(tx: UnitOfWork, name: str, events: list[UUID]) -> list[UUID]:
    found: list[UUID] = []
    for start in range(0, len(events), _BATCH):
        rows = tx.execute(
            select(EVENT_DELIVERY.c.id).where(
                EVENT_DELIVERY.c.facility_id == tx.facility,
                EVENT_DELIVERY.c.subscription == name,
                EVENT_DELIVERY.c.event_id.in_(events[start : start + _BATCH]),
            )
        )
        found += rows.scalars()
    return found


def _again(tx: UnitOfWork, deliveries: list[UUID]) -> int:
    count = 0
    for start in range(0, len(deliveries), _BATCH):
        changed = tx.execute(
            update(EVENT_DELIVERY)
            .where(
                EVENT_DELIVERY.c.facility_id == tx.facility,
                EVENT_DELIVERY.c.id.in_(deliveries[start : start + _BATCH]),
            )
            .values(state=Delivery.WAITING.value, attempts=0, next_at=tx.now(), delivered_at=None)
        )
        count += changed.rowcount
    return count
