"""How many calls to a gateway have no answer yet: a slow one must not take every thread."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import bindparam, func, select

from payments.intents.answering import FIRST_ASK
from payments.intents.rows import GATEWAY_ATTEMPT, INTENT
from payments.intents.status import Status
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

#: A gateway of which so many calls have waited so long gets no more: the threads are for others.
WAITING_MAX: Final = 4
SLOW_AFTER: Final = timedelta(seconds=2)
_WAITING: Final = Prepared(
    select(func.count().label("calls"))
    .select_from(GATEWAY_ATTEMPT)
    .join(
        INTENT,
        (INTENT.c.facility_id == GATEWAY_ATTEMPT.c.facility_id)
        & (INTENT.c.id == GATEWAY_ATTEMPT.c.intent_id),
    )
    .where(
        mine(GATEWAY_ATTEMPT),
        GATEWAY_ATTEMPT.c.next_ask_at > bindparam("soonest"),
        GATEWAY_ATTEMPT.c.next_ask_at <= bindparam("latest"),
        INTENT.c.channel == bindparam("channel"),
        INTENT.c.state == Status.CREATED.value,
    )
)


def is_stalling(tx: UnitOfWork, channel: str) -> bool:
    """Say whether the gateway of *channel* keeps as many waiting as we can spare threads for."""
    now = tx.now()
    # Stored attempts are first asked about when their call is surely over: till then it waits.
    row = _WAITING.one(tx, channel=channel, soonest=now, latest=now + FIRST_ASK - SLOW_AFTER)
    return int(row.calls) >= WAITING_MAX
