"""Looks at the clock of the database, within a transaction that has begun."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from payments.kernel.database_clock import DatabaseClock

#: A person should know: papers and logs of this machine tell another time.
_APART: Final = timedelta(seconds=30)
_log = structlog.get_logger("operations")


def look_at(clock: DatabaseClock, connection: Connection) -> None:
    """Tell *clock* the time of PostgreSQL behind *connection*; warn where the machine's differs."""
    asked = clock.counter()
    # Not that of the transaction: it may have begun a while ago.
    answer: Any = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    clock.told(answer.astimezone(UTC), asked=asked, heard=clock.counter())
    ahead = clock.machine_is_ahead
    if abs(ahead) >= _APART:
        _log.warning("clock.differs", machine_is_ahead_s=round(ahead.total_seconds()))
