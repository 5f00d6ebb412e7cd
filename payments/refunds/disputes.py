"""
Money that a gateway took back without being asked: refunds made at its portal, reversals, disputes.

    (nothing) ─held back──▶ OPEN ─given back to us─▶ WON
        │                    └────gone for good────▶ LOST
        └─told at its end: WON moved nothing, LOST is held back and gone at once

A refund or a reversal that is told of is gone already; a dispute is held until it is decided.
Messages come in any order: an end that is told first stays the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from payments.gateway import Notification, Outcome
from payments.kernel.errors import Conflict, NotFound
from payments.kernel.money import ZERO, Money


class NoDispute(NotFound):
    """No gateway took back money under this name."""

    code = "no-dispute"


class NotBookedYet(Conflict):
    """Money is taken back that is not booked yet: the message waits until the payment is."""

    code = "not-booked-yet"


class Kind(StrEnum):
    #: Somebody refunded it at the gateway's own portal.
    REFUND = "refund"
    #: The gateway or a bank undid the payment.
    REVERSAL = "reversal"
    #: The payer's bank asks for it, and a decision is awaited.
    DISPUTE = "dispute"


class State(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


#: Which kind an outcome tells of, and what has become of it by then.
TOLD: Final[Mapping[Outcome, tuple[Kind, State]]] = MappingProxyType(
    {
        Outcome.REFUNDED: (Kind.REFUND, State.LOST),
        Outcome.REVERSED: (Kind.REVERSAL, State.LOST),
        Outcome.DISPUTED: (Kind.DISPUTE, State.OPEN),
        Outcome.DISPUTE_WON: (Kind.DISPUTE, State.WON),
        Outcome.DISPUTE_LOST: (Kind.DISPUTE, State.LOST),
    }
)
#: Money that these took, or hold, is not ours to give back as well.
TAKING: Final = frozenset({State.OPEN, State.LOST})
_NAME_MAX: Final = 120


@dataclass(frozen=True, slots=True)
class Dispute:
    id: UUID
    channel: str
    #: Unique in its channel for ever: however often and by whomever it is told, it is one.
    name: str
    kind: Kind
    payment: UUID
    intent: UUID
    invoice: UUID
    amount: Money
    from_suspense: Money
    from_invoice: Money
    state: State
    told_at: datetime
    ended_at: datetime | None
    open_txn: UUID | None
    end_txn: UUID | None
    seen_by: str | None
    seen_at: datetime | None


def name_of(told: Notification, capture: str) -> str:
    """
    Name what was taken back: as the gateway does, or after the payment where it names no other.

    Under the payment's own name the same sum counts once: what is told again and what is a second
    refund of the same sum look alike, and only the settlement tells them apart.
    """
    own = told.refund or told.transaction
    if own and own != capture:
        return own[:_NAME_MAX]
    kind, _ = TOLD[told.outcome]
    what = "dispute" if kind is Kind.DISPUTE else "back"
    return f"{capture[:_NAME_MAX]}:{what}:{told.amount.dong}"


def parts(amount: Money, *, suspense: Money, applied: Money) -> tuple[Money, Money] | None:
    """
    Split what was taken: what belongs to nobody goes first, the rest is owed again.

    *suspense* and *applied* are what is left of the payment in each; None where *amount* is more
    than both: the gateway and we do not speak of the same money.
    """
    from_suspense = min(amount, max(ZERO, suspense))
    from_invoice = amount - from_suspense
    return None if from_invoice > max(ZERO, applied) else (from_suspense, from_invoice)


def contradicts(state: State, told: State) -> bool:
    """Say whether *told* denies an end that is booked."""
    return state is not State.OPEN and told is not State.OPEN and told is not state
