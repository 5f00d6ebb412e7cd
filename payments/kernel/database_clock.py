"""
The database's time, carried on between two looks by a counter that nobody sets.

Several machines serve one database, and the clock of one of them may be wrong: a quarter of an
hour, a day, a year at its turn. Nothing is booked by it (fault test M11). Whoever holds a
connection tells the database's time now and then; in between a counter that only grows goes on
from there, so that a leap of the machine's clock changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from payments.kernel.clock import Clock, SystemClock

#: Two clocks of one machine part by some milliseconds in this time.
LOOK_EVERY_S: Final = 60.0
#: An answer that took longer says too little about the moment that it tells.
_ROUND_TRIP_MAX_S: Final = 1.0


def steady() -> float:
    """Count seconds from some moment; goes on while the machine sleeps, where that can be had."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


@dataclass(frozen=True, slots=True)
class _Look:
    at: datetime
    counter: float


class DatabaseClock:
    """Tells the database's time; the *machine*'s until the database was first looked at."""

    def __init__(self, machine: Clock | None = None, counter: Callable[[], float] = steady) -> None:
        self._machine = machine or SystemClock()
        self.counter = counter
        # Replaced as a whole: threads read it without a lock.
        self._look: _Look | None = None

    def now(self) -> datetime:
        look = self._look
        if look is None:
            return self._machine.now()
        return look.at + timedelta(seconds=self.counter() - look.counter)

    @property
    def is_due(self) -> bool:
        """Whether the database should be asked for its time."""
        look = self._look
        return look is None or self.counter() - look.counter >= LOOK_EVERY_S

    def told(self, at: datetime, *, asked: float, heard: float) -> None:
        """Go on from *at*, the database's time between two readings of ``counter``."""
        if self._look is None or heard - asked <= _ROUND_TRIP_MAX_S:
            self._look = _Look(at, (asked + heard) / 2)

    @property
    def machine_is_ahead(self) -> timedelta:
        """How far the machine's clock is ahead of the database's."""
        return self._machine.now() - self.now()

    def machine_now(self) -> datetime:
        """Tell the machine's time: a second witness, never what is booked by."""
        return self._machine.now()


def other_time(clock: Clock, *, apart: timedelta) -> datetime | None:
    """
    Give the machine's time where it is *apart* from that of *clock*; else None.

    Of two clocks nobody knows which is wrong: what only has to be fresh may be fresh by either.
    """
    if isinstance(clock, DatabaseClock) and abs(clock.machine_is_ahead) >= apart:
        return clock.machine_now()
    return None
