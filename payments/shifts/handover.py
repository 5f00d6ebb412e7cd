"""Notes that go from one person's drawer to another, or to the safe: given, then counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from payments.kernel.errors import Conflict, Forbidden, NotFound, Rejected
from payments.kernel.money import Money

#: Letters of the number that is printed on a sealed bag.
BAG_MAX: Final = 40


class Kind(StrEnum):
    #: Change for whoever works at a cash point: in no account, for nobody paid it.
    FLOAT = "float"
    #: Takings for the safe: P40 when the safe has counted them.
    SAFE = "safe"


class State(StrEnum):
    WAITING = "waiting"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class NoHandover(NotFound):
    """There is no such hand-over."""

    code = "no-handover"


class HandoverDealtWith(Conflict):
    """It was accepted, refused or withdrawn meanwhile."""

    code = "handover-dealt-with"


class HandoverWaits(Conflict):
    """Notes of this drawer or for it are on their way: they are counted by the receiver first."""

    code = "handover-waits"


class OwnHandover(Forbidden):
    """Who hands notes over does not count them for the receiver."""

    code = "own-handover"


class TooLittleToHandOver(Rejected):
    """The books say that less change, or less takings, lies in the drawer."""

    code = "too-little-to-hand-over"


@dataclass(frozen=True, slots=True)
class Giving:
    """
    What *shift* hands over: change to *cash_point*, or takings to the safe in a *bag*.

    *key* names the click: a second one with it makes nothing new.
    """

    shift: UUID
    kind: Kind
    amount: Money
    key: str
    cash_point: str = ""
    bag: str = ""


@dataclass(frozen=True, slots=True)
class Handover:
    """*counted* and *reason* are the receiver's; *slip* is the number of its paper."""

    id: UUID
    shift: UUID
    kind: Kind
    cash_point: str
    slip: str
    bag: str
    amount: Money
    state: State
    made_at: datetime
    made_by: str
    counted: Money | None
    reason: str
    answered_at: datetime | None
    answered_by: str | None

    @property
    def is_waiting(self) -> bool:
        return self.state is State.WAITING
