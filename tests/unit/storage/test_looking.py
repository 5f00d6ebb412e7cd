"""A program that uses PostgreSQL tells the database's time from its first transaction on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from structlog.testing import capture_logs

from payments.kernel.clock import FrozenClock
from payments.kernel.database_clock import DatabaseClock
from payments.kernel.scope import Scope
from payments.storage.unit_of_work import Database

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def test_first_transaction_takes_over_the_time_of_the_database(
    postgres: Database, scope: Scope
) -> None:
    clock = DatabaseClock(FrozenClock(LONG_AGO))
    database = Database(postgres.engine.url.render_as_string(hide_password=False), clock)

    with capture_logs() as logs, database.reading(scope) as tx:
        told = tx.execute(text("SELECT clock_timestamp()")).scalar_one()
        assert abs(tx.now() - told) < timedelta(minutes=1)
    database.close()

    # Whoever watches the log learns that this machine is wrong by years.
    assert [one["event"] for one in logs] == ["clock.differs"]
    assert not clock.is_due
