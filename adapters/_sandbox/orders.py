"""
The order book of a sandbox gateway, in memory.

    pending ─▶ paid | failed | cancelled | expired | review
    refunds of a paid one: pending ─▶ done | refused
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from threading import RLock
from typing import Any, Final

from payments.kernel.errors import InvalidField

_NUMBERS_FROM: Final = 14_000_001


class State(StrEnum):
    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    #: Debited, and the gateway is not sure.
    REVIEW = "review"


class RefundState(StrEnum):
    PENDING = "pending"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Refund:
    #: The merchant's name of it: the idempotency key.
    refund: str
    #: The gateway's number.
    number: int
    amount: int
    at: datetime
    state: RefundState
    #: What the gateway wants to remember of the request.
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Order:
    """One order; amounts are whole đồng, whatever the wire says."""

    reference: str
    amount: int
    created_at: datetime
    return_url: str
    notify_url: str
    expires_at: datetime | None = None
    state: State = State.PENDING
    #: The gateway's number; of the order or of the payment, as the gateway has it.
    number: int = 0
    #: The gateway's result code of the end.
    code: str = ""
    paid: int = 0
    paid_at: datetime | None = None
    refunds: tuple[Refund, ...] = ()
    #: Request fields that the gateway repeats, or needs again.
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def refunded(self) -> int:
        """What went back or is on its way."""
        return sum(one.amount for one in self.refunds if one.state is not RefundState.REFUSED)

    def ended(self, state: State, code: str, now: datetime) -> Order:
        paid = self.amount if state in (State.PAID, State.REVIEW) else 0
        return replace(self, state=state, code=code, paid=paid, paid_at=now if paid else None)

    def with_refund(self, refund: Refund) -> Order:
        """Add *refund*, or put it in the place of its former state."""
        others = tuple(one for one in self.refunds if one.number != refund.number)
        return replace(self, refunds=(*others, refund))


class Orders:
    """All orders by reference; numbers are given once."""

    def __init__(self, first: int = _NUMBERS_FROM) -> None:
        self._orders: dict[str, Order] = {}
        self._next = first
        self.lock = RLock()

    def __iter__(self) -> Any:
        with self.lock:
            return iter(tuple(self._orders.values()))

    def new_number(self) -> int:
        with self.lock:
            self._next += 1
            return self._next - 1

    def find(self, reference: str) -> Order | None:
        with self.lock:
            return self._orders.get(reference)

    def get(self, reference: str) -> Order:
        """Give an order that must be there. Raises InvalidField."""
        found = self.find(reference)
        if found is None:
            raise InvalidField("order", "sandbox_order")
        return found

    def save(self, order: Order) -> Order:
        with self.lock:
            self._orders[order.reference] = order
            return order

    def refund(self, number: int) -> tuple[Order, Refund]:
        """Give the refund of the gateway's *number* and its order. Raises InvalidField."""
        for order in self:
            for refund in order.refunds:
                if refund.number == number:
                    return order, refund
        raise InvalidField("refund", "sandbox_order")
