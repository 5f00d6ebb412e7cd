"""A shift: one person, one cash point, one drawer of notes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from payments.kernel.errors import Conflict, Rejected
from payments.kernel.money import Money, vnd

#: More small change than any desk holds; a longer number is a slip of the finger.
FLOAT_MAX: Final = vnd(100_000_000)
#: What a drawer may hold when it is counted: a day of many thousand payments.
COUNTED_MAX: Final = vnd(100_000_000_000)


class NoShift(Rejected):
    """Cash is taken by somebody who answers for a drawer: open a shift first."""

    code = "no-shift"


class ShiftOpen(Conflict):
    """This person answers for another cash point until that shift is closed."""

    code = "shift-open"


class CashPointTaken(Conflict):
    """Somebody else answers for this cash point until that shift is closed."""

    code = "cash-point-taken"


@dataclass(frozen=True, slots=True)
class Shift:
    """*opening_float* is the change that lay in the drawer: in no account, for nobody paid it."""

    id: UUID
    cash_point: str
    cashier: str
    opening_float: Money
    opened_at: datetime
    closed_at: datetime | None = None

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None


@dataclass(frozen=True, slots=True)
class Count:
    """One count of a drawer, the opening float included; the one that *closes* is the last."""

    shift: UUID
    number: int
    counted: Money
    expected: Money
    #: Why they differ; empty where they do not, and where it is not said yet.
    reason: str
    counted_at: datetime
    closes: bool

    @property
    def difference(self) -> Money:
        """Counted less expected: negative when notes are missing."""
        return self.counted - self.expected

    @property
    def times(self) -> int:
        """How often the drawer was counted: giving a reason is no count."""
        return self.number - bool(self.reason)

    def says(self, counted: Money, expected: Money) -> bool:
        return (self.counted, self.expected) == (counted, expected)
