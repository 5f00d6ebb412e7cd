"""The database's time goes on by a counter; a machine's clock that leaps moves nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from payments.kernel.clock import FrozenClock, SystemClock
from payments.kernel.database_clock import DatabaseClock, other_time

NOON = datetime(2026, 12, 31, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@dataclass
class Counter:
    seconds: float = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def looked(machine: FrozenClock, counter: Counter) -> DatabaseClock:
    """A clock whose database said noon."""
    clock = DatabaseClock(machine, counter)
    clock.told(NOON, asked=counter(), heard=counter())
    return clock


@pytest.mark.parametrize("off", [timedelta(minutes=15), timedelta(minutes=-15), timedelta(days=1)])
def test_wrong_clock_of_the_machine_is_not_told(off: timedelta) -> None:
    counter = Counter()
    clock = looked(FrozenClock(NOON + off), counter)

    counter.seconds += 30

    assert clock.now() == NOON + timedelta(seconds=30)
    assert clock.machine_is_ahead == off - timedelta(seconds=30)


def test_leap_of_the_machine_between_two_looks_changes_nothing() -> None:
    machine, counter = FrozenClock(NOON), Counter()
    clock = looked(machine, counter)

    machine.set(NOON + timedelta(days=365))

    assert clock.now() == NOON


def test_machine_is_believed_until_the_database_was_looked_at() -> None:
    clock = DatabaseClock(FrozenClock(NOON), Counter())

    assert clock.is_due
    assert clock.now() == NOON


def test_database_is_looked_at_once_a_minute() -> None:
    counter = Counter()
    clock = looked(FrozenClock(NOON), counter)
    assert not clock.is_due

    counter.seconds += 60

    assert clock.is_due


def test_answer_that_took_long_is_not_believed_where_a_better_one_is_known() -> None:
    counter = Counter()
    clock = looked(FrozenClock(NOON), counter)

    clock.told(NOON + timedelta(hours=1), asked=counter(), heard=counter() + 5)

    assert clock.now() == NOON


def test_two_clocks_that_are_apart_are_two_witnesses() -> None:
    clock = looked(FrozenClock(NOON + timedelta(hours=1)), Counter())

    assert other_time(clock, apart=MINUTE) == NOON + timedelta(hours=1)
    assert other_time(looked(FrozenClock(NOON), Counter()), apart=MINUTE) is None
    assert other_time(SystemClock(), apart=MINUTE) is None
