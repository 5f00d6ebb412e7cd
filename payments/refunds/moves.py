"""
What is over of a payment may pay another open invoice of the same patient.

    REQUESTED ─approved by another person─▶ DONE
        └─turned down─▶ REFUSED

Money of one kind goes in one move: what paid for nothing (2200), else what an invoice has too much
after its credit note (1300). The payment that it makes received nothing: the money came before.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from payments.kernel.errors import Conflict, NotFound, Rejected
from payments.kernel.money import ZERO, Money
from payments.refunds.model import NotRefundable


class NoMove(NotFound):
    """Nobody asked for such a move."""

    code = "no-move"


class MoveDealtWith(Conflict):
    """The request was approved or turned down already."""

    code = "move-dealt-with"


class OtherPatient(Rejected):
    """The other invoice is of another person, or the payment named no invoice of this one."""

    code = "other-patient"


class SameInvoice(Rejected):
    """The payment belongs to that invoice."""

    code = "same-invoice"


class OwesLess(Rejected):
    """The other invoice owes less than is to be moved to it."""

    code = "owes-less"


class Part(StrEnum):
    SUSPENSE = "suspense"
    INVOICE = "invoice"
    #: What is left of an advance (2000): paid back, never moved to an invoice by this way.
    DEPOSIT = "deposit"


class State(StrEnum):
    REQUESTED = "requested"
    DONE = "done"
    REFUSED = "refused"


#: Money that these will take, or have taken, is spoken for.
RESERVING: Final = frozenset({State.REQUESTED, State.DONE})


@dataclass(frozen=True, slots=True)
class Move:
    id: UUID
    payment: UUID
    source: UUID
    target: UUID
    part: Part
    amount: Money
    state: State
    reason: str
    requested_by: str
    requested_at: datetime
    approved_by: str | None
    ended_at: datetime | None
    txn: UUID | None
    idem_key: str


@dataclass(frozen=True, slots=True)
class Movable:
    """What of one payment is free, of either kind."""

    suspense: Money
    over: Money

    @property
    def part(self) -> Part:
        return Part.SUSPENSE if self.suspense > ZERO else Part.INVOICE

    @property
    def most(self) -> Money:
        return self.suspense if self.suspense > ZERO else max(ZERO, self.over)

    def part_for(self, amount: Money) -> Part:
        """Say where *amount* is taken. Raises NotRefundable where less is free there."""
        if not Money(1) <= amount <= self.most:
            raise NotRefundable(most=self.most)
        return self.part
