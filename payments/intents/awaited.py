"""Which gateways are to be asked now: about attempts, or for what is wanted of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from payments.intents.rows import GATEWAY_ATTEMPT, GATEWAY_ERRAND, INTENT
from payments.storage.unit_of_work import UnitOfWork


def channels_to_ask(tx: UnitOfWork, now: datetime) -> frozenset[str]:
    """Name the channels of which an attempt or an errand is due."""
    found: set[str] = set()
    for table in (GATEWAY_ATTEMPT, GATEWAY_ERRAND):
        rows = tx.execute(
            select(INTENT.c.channel)
            .join(
                table,
                (table.c.facility_id == INTENT.c.facility_id) & (table.c.intent_id == INTENT.c.id),
            )
            .where(table.c.facility_id == tx.facility, table.c.next_ask_at <= now)
            .distinct()
        )
        found.update(rows.scalars())
    return frozenset(found)
