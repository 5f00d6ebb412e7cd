"""
Stops asking a gateway that does not answer: one row for all web processes and workers.

    closed ─five failures in a row─▶ open for a minute ─▶ one payer tries ─▶ closed, or open again

Only openings of attempts count and are stopped. Questions about money that may have moved go on,
and messages of the gateway are booked as ever; codes of our own account ask nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import bindparam, case, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from payments import audit
from payments.channels.rows import CHANNEL_BREAKER
from payments.kernel.errors import Unavailable
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

#: A single lost answer is the network's; five in a row are the gateway's (fault test M6).
FAILURES_MAX: Final = 5
#: Long enough to spare those who wait, short enough to see that it is back.
OPEN_FOR: Final = timedelta(minutes=1)
#: While one payer tries, the others are kept away: longer than a call and its repeat may take.
TRY_FOR: Final = timedelta(seconds=30)
_ALL: Final = Prepared(select(CHANNEL_BREAKER).where(mine(CHANNEL_BREAKER)))
_ONE: Final = Prepared(
    select(CHANNEL_BREAKER).where(
        mine(CHANNEL_BREAKER), CHANNEL_BREAKER.c.channel == bindparam("channel")
    )
)
#: Of those who come when the time is over, the one whose update finds the row unchanged tries.
_TRY: Final = (
    update(CHANNEL_BREAKER)
    .where(
        mine(CHANNEL_BREAKER),
        CHANNEL_BREAKER.c.channel == bindparam("of"),
        CHANNEL_BREAKER.c.open_until == bindparam("seen"),
    )
    .values(open_until=bindparam("until"))
)
_log = structlog.get_logger("security")


class ChannelDown(Unavailable):
    """The gateway has not answered for a while: another way is quicker."""

    code = "channel-down"


@dataclass(frozen=True, slots=True)
class Gauge:
    """How a gateway has answered lately; *open_until* None: it is asked as usual."""

    failures: int
    open_until: datetime | None
    changed_at: datetime
    #: When it was first spared and has not answered since.
    down_since: datetime | None = None

    def is_down(self, now: datetime) -> bool:
        return self.open_until is not None and self.open_until > now


def gauges(tx: UnitOfWork) -> Mapping[str, Gauge]:
    """Give the channels whose gateway ever failed; all others are well."""
    return {
        row.channel: Gauge(row.failures, row.open_until, row.changed_at, row.down_since)
        for row in _ALL.all(tx)
    }


def let_in(tx: UnitOfWork, channel: str) -> bool:
    """
    Let a payer ask the gateway of *channel*; says whether it failed lately.

    Raises:
        ChannelDown: it is spared now, or another payer is trying whether it is back.
    """
    row = _ONE.first(tx, channel=channel)
    if row is None or row.open_until is None:
        return row is not None and row.failures > 0
    now = tx.now()
    told = {
        "mine": tx.facility,
        "of": channel,
        "seen": row.open_until,
        "until": now + TRY_FOR,
    }
    if row.open_until > now or tx.count(_TRY, told) != 1:
        raise ChannelDown()
    return True


def failed(tx: UnitOfWork, channel: str) -> None:
    """Count a call that was not answered, or by which nobody can pay; at the fifth it is spared."""
    now = tx.now()
    dialect = postgresql if tx.is_postgres else sqlite
    one = dialect.insert(CHANNEL_BREAKER).values(
        facility_id=tx.facility,
        channel=channel,
        failures=1,
        open_until=None,
        changed_at=now,
        down_since=None,
    )
    failures = CHANNEL_BREAKER.c.failures + 1
    until = literal(now + OPEN_FOR, CHANNEL_BREAKER.c.open_until.type)
    since = literal(now, CHANNEL_BREAKER.c.down_since.type)
    counted = tx.execute(
        one.on_conflict_do_update(
            index_elements=["facility_id", "channel"],
            set_={
                "failures": failures,
                "open_until": case(
                    (failures >= FAILURES_MAX, until), else_=CHANNEL_BREAKER.c.open_until
                ),
                "changed_at": now,
                "down_since": case(
                    (failures == FAILURES_MAX, since), else_=CHANNEL_BREAKER.c.down_since
                ),
            },
        ).returning(CHANNEL_BREAKER.c.failures)
    ).scalar_one()
    if counted == FAILURES_MAX:
        _tell(tx, channel, is_down=True)


def answered(tx: UnitOfWork, channel: str) -> None:
    """Begin to count anew; the channel is shown again."""
    row = _ONE.first(tx, channel=channel)
    if row is None or not row.failures:
        return
    tx.execute(
        update(CHANNEL_BREAKER)
        .where(CHANNEL_BREAKER.c.facility_id == tx.facility, CHANNEL_BREAKER.c.channel == channel)
        .values(failures=0, open_until=None, changed_at=tx.now(), down_since=None)
    )
    if row.open_until is not None:
        _tell(tx, channel, is_down=False)


def _tell(tx: UnitOfWork, channel: str, *, is_down: bool) -> None:
    audit.append(tx, "channel.down" if is_down else "channel.up", f"channel:{channel}")
    facts: dict[str, Any] = {"channel": channel, "facility": tx.facility}

    def told() -> None:
        if is_down:
            _log.warning("security.channel_down", **facts, failures=FAILURES_MAX)
        else:
            _log.info("security.channel_up", **facts)

    tx.after_commit(told)
