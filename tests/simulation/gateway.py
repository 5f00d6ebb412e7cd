"""
A gateway and a bank of few lines, with books of their own: the truth that ours are held against.

The gateway does what is asked and then answers, late, twice or not at all; it tells of everything
until it is heard. What it has in its books has happened, whatever we were answered.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from payments.gateway import (
    Attempt,
    AttemptRef,
    Declined,
    Notification,
    NotSent,
    Outcome,
    OutcomeUnknown,
    RawNotification,
    Redirect,
    Refunding,
    RefundOrder,
    Trouble,
)
from payments.kernel.clock import FrozenClock
from payments.kernel.money import Money
from tests.simulation.storage import Points
from tests.support.doubles import Double

BEFORE_GATEWAY: Final = "before a gateway is asked"
AFTER_GATEWAY: Final = "after a gateway has acted"


@dataclass(slots=True)
class Order:
    reference: str
    amount: Money
    paid: Money | None = None
    is_cancelled: bool = False
    #: A payment failed and was told; the next one is told for certain, or only the report of the
    #: day would know of it, which is no part of a run.
    has_failed: bool = False
    told: list[Notification] = field(default_factory=list)

    @property
    def transaction(self) -> str:
        return f"T-{self.reference}"


@dataclass(slots=True)
class GatewayBooks:
    """What the gateway knows: *tell* is called with each message that it has to deliver."""

    chance: random.Random
    clock: FrozenClock
    points: Points
    tell: Callable[[Notification], None]
    orders: dict[str, Order] = field(default_factory=dict)
    #: Refunds that moved money, by our key.
    refunded: dict[str, Money] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    sent: list[Notification] = field(default_factory=list)
    may_differ: bool = False
    refunding: Refunding = Refunding.PARTIAL

    def pay(self, reference: str) -> bool:
        """Let a payer pay an order; False where there is none, or it is paid or ended."""
        order = self.orders.get(reference)
        if order is None or order.is_cancelled or order.paid is not None:
            return False
        order.paid = order.amount
        told = self._told(order, Outcome.CAPTURED)
        order.told.append(told)
        self.tell(told)
        return True

    def refuse(self, reference: str) -> None:
        """Let a payment fail; the order stays open for another try of the payer."""
        order = self.orders.get(reference)
        if order is not None and order.paid is None and not order.is_cancelled:
            order.has_failed = True
            self.tell(self._told(order, Outcome.FAILED))

    def _told(self, order: Order, outcome: Outcome) -> Notification:
        return Notification(
            event_id=f"{order.reference}:{outcome}",
            outcome=outcome,
            amount=order.amount,
            occurred_at=self.clock.now(),
            reference=order.reference,
            transaction=order.transaction,
            trouble=Trouble.INSUFFICIENT_FUNDS if outcome is Outcome.FAILED else None,
        )

    def is_certain(self, told: Notification) -> bool:
        """Say whether a message arrives at least once, and is not left to our own question."""
        return self.orders[told.reference].has_failed

    def opened(self, attempt: Attempt) -> None:
        self.orders.setdefault(attempt.reference, Order(attempt.reference, attempt.amount))

    def answers(self, reference: str) -> tuple[Notification, ...]:
        order = self.orders.get(reference)
        if order is None:
            raise Declined(Trouble.NOT_FOUND)
        return tuple(order.told)

    def cancelled(self, reference: str) -> Notification:
        order = self.orders.get(reference)
        if order is None:
            raise Declined(Trouble.NOT_FOUND)
        if order.paid is not None:
            return order.told[-1]
        order.is_cancelled = True
        return self._told(order, Outcome.CANCELLED)

    def refund(self, asked: RefundOrder) -> Notification:
        """Give back once, whatever is asked how often under the same key."""
        order = self.orders[asked.attempt.reference]
        if asked.refund not in self.refunded and asked.refund not in self.refused:
            given = sum(
                (self.refunded[one] for one in self.refunded if self.of[one] == order.reference),
                Money(0),
            )
            self.of[asked.refund] = order.reference
            is_too_much = order.paid is None or given + asked.amount > order.paid
            if is_too_much or self.chance.random() < 0.1:
                self.refused.add(asked.refund)
            else:
                self.refunded[asked.refund] = asked.amount
        return self.refund_told(asked)

    #: Which order a refund is of.
    of: dict[str, str] = field(default_factory=dict)

    def refund_told(self, asked: RefundOrder) -> Notification:
        known = asked.refund in self.refunded
        if not known and asked.refund not in self.refused:
            raise Declined(Trouble.NOT_FOUND)
        outcome = Outcome.REFUNDED if known else Outcome.REFUND_REFUSED
        return Notification(
            event_id=f"{asked.refund}:{outcome}",
            outcome=outcome,
            amount=asked.amount,
            occurred_at=self.clock.now(),
            reference=asked.attempt.reference,
            transaction=f"R-{asked.refund[-8:]}",
            refund=asked.refund,
        )

    def reach(self, work: Callable[[], Any]) -> Any:
        """Do *work* as over a network: it may not arrive, and its answer may not come back."""
        self.points.reach(BEFORE_GATEWAY)
        if self.chance.random() < 0.05:
            raise NotSent("no route")
        result: Any = None
        declined: Declined | None = None
        try:
            result = work()
        except Declined as error:
            declined = error
        self.points.reach(AFTER_GATEWAY)
        if self.chance.random() < 0.12:
            raise OutcomeUnknown("silence")
        if declined is not None:
            raise declined
        return result


class SimulatedAdapter(Double):
    """The adapter in front of ``GatewayBooks``; several requests may be under way at once."""

    desk: Any

    def open(self, attempt: Attempt) -> Redirect:
        self.desk.reach(lambda: self.desk.opened(attempt))
        return Redirect(f"https://pay.example/{attempt.reference}", transaction=attempt.reference)

    def read(self, raw: RawNotification) -> tuple[Notification, ...]:
        return (self.desk.sent[int(raw.body)],)

    def query(self, attempt: AttemptRef) -> tuple[Notification, ...]:
        found: tuple[Notification, ...] = self.desk.reach(
            lambda: self.desk.answers(attempt.reference)
        )
        return found

    def cancel(self, attempt: AttemptRef) -> Notification:
        told: Notification = self.desk.reach(lambda: self.desk.cancelled(attempt.reference))
        return told

    def refund(self, order: RefundOrder) -> Notification:
        told: Notification = self.desk.reach(lambda: self.desk.refund(order))
        return told

    def query_refund(self, order: RefundOrder) -> tuple[Notification, ...]:
        told: Notification = self.desk.reach(lambda: self.desk.refund_told(order))
        return (told,)


def build(books: GatewayBooks) -> Callable[..., SimulatedAdapter]:
    def make(_settings: Mapping[str, str], _transport: Any, _clock: Any) -> SimulatedAdapter:
        return SimulatedAdapter(books)  # type: ignore[arg-type]

    return make
