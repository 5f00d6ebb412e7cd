"""What the administration asks about messages: how many, how old; never what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import case, func, select

from payments.inbox.rows import NOTIFICATION, REFUSED_MESSAGE
from payments.storage.unit_of_work import UnitOfWork

_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Messages of one channel: the last one that was proven, and the last hour."""

    last_at: datetime | None
    proven: int
    applied: int
    refused: int


def traffic(tx: UnitOfWork) -> dict[str, Traffic]:
    """Count the messages of each channel that ever got one."""
    since = tx.now() - _HOUR
    is_fresh = NOTIFICATION.c.received_at > since
    rows = tx.execute(
        select(
            NOTIFICATION.c.channel,
            func.max(NOTIFICATION.c.received_at).label("last_at"),
            func.sum(case((is_fresh, 1), else_=0)).label("proven"),
            func.sum(case((is_fresh & NOTIFICATION.c.applied_at.is_not(None), 1), else_=0)).label(
                "applied"
            ),
        )
        .where(NOTIFICATION.c.facility_id == tx.facility)
        .group_by(NOTIFICATION.c.channel)
    )
    found = {row.channel: (row.last_at, int(row.proven), int(row.applied)) for row in rows}
    refusals = {
        row.channel: int(row.total)
        for row in tx.execute(
            select(REFUSED_MESSAGE.c.channel, func.sum(REFUSED_MESSAGE.c.count).label("total"))
            .where(REFUSED_MESSAGE.c.facility_id == tx.facility, REFUSED_MESSAGE.c.last_at > since)
            .group_by(REFUSED_MESSAGE.c.channel)
        )
    }
    return {
        slug: Traffic(*found.get(slug, (None, 0, 0)), refusals.get(slug, 0))
        for slug in found.keys() | refusals.keys()
    }
