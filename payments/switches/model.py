"""
What a person may stop, and who lets it go on.

    OFF ─thrown─▶ ON ─one asks─▶ LIFT_ASKED ─another agrees─▶ OFF
                  │                    └─thrown again─▶ ON
                  └─its time is over─▶ off by itself

Whoever stops acts alone, within seconds; what guards money is let go on by two people.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from payments.kernel.errors import Conflict, Forbidden, Unavailable

REASON_MIN: Final = 3
REASON_MAX: Final = 200
#: A stop that nobody looks at for so long was forgotten.
HOURS_MAX: Final = 72


class Kind(StrEnum):
    READ_ONLY = "read_only"
    NO_REFUNDS = "no_refunds"
    NO_SIGN_IN = "no_sign_in"


class State(StrEnum):
    ON = "on"
    LIFT_ASKED = "lift_asked"
    OFF = "off"


#: One person lets people sign in again: else nobody might be left to agree.
BY_TWO: Final = frozenset({Kind.READ_ONLY, Kind.NO_REFUNDS})


class ReadOnly(Unavailable):
    """An administrator stopped all changes: pages show, nothing is written."""

    code = "read-only"


class RefundsFrozen(Unavailable):
    """An administrator stopped all money that goes out."""

    code = "refunds-frozen"


class SignInStopped(Unavailable):
    """An administrator lets nobody new sign in."""

    code = "sign-in-stopped"


class NotStopped(Conflict):
    """The switch is off already, or somebody else was faster."""

    code = "not-stopped"


class AnotherLifts(Forbidden):
    """Whoever threw it, or asked to lift it, is one; another person is the second."""

    code = "another-lifts"


@dataclass(frozen=True, slots=True)
class Stop:
    """The newest change of one switch; *until* is when it ends by itself."""

    kind: Kind
    number: int
    state: State
    reason: str
    until: datetime
    made_at: datetime
    made_by: str

    def holds(self, now: datetime) -> bool:
        return self.state is not State.OFF and now < self.until


def lifted(stop: Stop, by: str) -> State:
    """
    Say what a held *stop* becomes when *by* wants it lifted.

    Raises:
        AnotherLifts: the second person is the first one again.
    """
    if stop.kind not in BY_TWO:
        return State.OFF
    if stop.state is State.ON:
        return State.LIFT_ASKED
    if stop.made_by == by:
        raise AnotherLifts()
    return State.OFF


def ends(now: datetime, hours: int) -> datetime:
    return now + timedelta(hours=hours)
