"""
K4: capture, failure, cancellation, credit, refund and chargeback in any interleaving.

    python -m tests.faults.schedules --schedules 100000 --seed 1

A schedule draws what people and the gateway do to one invoice, with repeats, in a random order by
the seed: two payments at the gateway, ends told and untold, money taken back and disputed, an
invoice cancelled or credited, refunds asked for, approved, turned down, done, refused or silent.
What a rule refuses is refused; after each schedule the sums of this invoice must hold, and in the
end the oracle's questions of the whole facility.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from payments.gateway import (
    AttemptRef,
    Declined,
    Notification,
    OutcomeUnknown,
    RefundOrder,
    Trouble,
)
from payments.gateway import Outcome as Told
from payments.inbox.asking import ask_all
from payments.intents.service import cancel_invoice, credit_invoice
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import VienphiError
from payments.kernel.money import vnd
from payments.refunds import repository, service
from payments.refunds.service import RefundRequest
from payments.refunds.status import State
from tests.faults import script
from tests.faults.script import Outcome
from tests.support import oracle
from tests.support.databases import Cluster
from tests.support.doubles import AtTheGateway, double
from tests.support.stage import morning, stage
from tests.unit.inbox.test_attempts import told

_PRICE: Final = 150_000
_STEPS_MAX: Final = 14
#: After so many schedules the oracle is asked, so that a failure is near its cause.
_ASKED_EVERY: Final = 500


@dataclass(slots=True)
class Schedule:
    """One invoice, its attempt and its refunds, at the mercy of the order of events."""

    gateway: AtTheGateway
    clock: FrozenClock
    chance: random.Random
    number: int
    intent: UUID = field(init=False)
    captured: set[str] = field(default_factory=set)
    done: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.gateway.invoice = self.gateway.hospital.issue()
        self.intent = self.gateway.open(key=f"key-{self.number:07d}")
        self.gateway.refund_answer = self._answer
        self.gateway.cancel_answer = self._cancelled

    def play(self) -> None:
        for _ in range(self.chance.randint(2, _STEPS_MAX)):
            name = self.chance.choice(_NAMES)
            self.done.append(name)
            self.clock.advance(timedelta(seconds=self.chance.randint(0, 40)))
            try:
                _STEPS[name](self)
            except VienphiError as refusal:
                self.refused[refusal.code] += 1

    def tell(self, outcome: Told, *, transaction: str = "", copies: int = 1) -> None:
        transaction = f"T{self.number}{transaction}"
        if outcome is Told.CAPTURED:
            self.captured.add(transaction)
        for _ in range(copies):
            self.gateway.tell(told(self.gateway, self.intent, outcome, transaction=transaction))

    def take_back(self, outcome: Told) -> None:
        """Tell that a payment is disputed or taken back; never before it was told."""
        if f"T{self.number}" in self.captured:
            self.tell(outcome)

    def refunds(self, *states: State) -> list[UUID]:
        hospital = self.gateway.hospital
        with hospital.runtime.database.reading(hospital.scope) as tx:
            known = repository.of_intent(tx, self.intent)
        return [one.id for one in known if not states or one.state in states]

    def tell_refund(self, outcome: Told) -> None:
        """Let the gateway tell the end of one that it was ordered, perhaps again."""
        ours = [one for one in self.gateway.refunds if one.attempt.reference == self._code]
        if ours:
            self.gateway.tell(self._of_refund(self.chance.choice(ours), outcome))

    def _answer(self, order: RefundOrder) -> Notification:
        """Answer an order or a question: under way, done, refused, or nothing that can be read."""
        fate = self.chance.random()
        if fate < 0.2:
            raise OutcomeUnknown("silence")
        if fate < 0.3:
            raise Declined(Trouble.NOT_REFUNDABLE)
        outcome = self.chance.choice((Told.REFUND_PENDING, Told.REFUNDED, Told.REFUND_REFUSED))
        return self._of_refund(order, outcome)

    def _cancelled(self, _: AttemptRef) -> Notification:
        """Answer that nothing more can be paid, or not at all."""
        if self.chance.random() < 0.3:
            raise OutcomeUnknown("silence")
        return told(self.gateway, self.intent, Told.CANCELLED, transaction=f"T{self.number}")

    def _of_refund(self, order: RefundOrder, outcome: Told) -> Notification:
        return Notification(
            event_id=f"{order.refund}:{outcome}",
            outcome=outcome,
            amount=order.amount,
            occurred_at=self.clock.now(),
            reference=order.attempt.reference,
            transaction=f"R-{order.refund[-8:]}",
            refund=order.refund,
        )

    @property
    def _code(self) -> str:
        return self.gateway.intent(self.intent).code

    def wrong(self) -> list[str]:
        """Hold this invoice against what came: nothing lost, nothing twice, never below nothing."""
        hospital = self.gateway.hospital
        view, payments = (
            hospital.view(self.gateway.invoice),
            hospital.payments(self.gateway.invoice),
        )
        with hospital.runtime.database.reading(hospital.scope) as tx:
            refunds = repository.of_intent(tx, self.intent)
        received = sum(one.received.dong for one in payments)
        taken = [one for one in refunds if one.state in (State.PENDING, State.UNKNOWN, State.DONE)]
        given = sum(one.amount.dong for one in taken)
        facts = {
            "a transaction was booked twice or never": received == len(self.captured) * _PRICE,
            "more goes back than came": given <= received,
            "refunded is not what was approved": view.refunded.dong
            == sum(one.from_invoice.dong for one in taken),
            "the invoice is below nothing": 0 <= view.refunded.dong <= view.paid.dong,
        }
        order = " > ".join(self.done)
        return [
            f"schedule {self.number}: {what}: {order}" for what, holds in facts.items() if not holds
        ]


def _ask(one: Schedule) -> None:
    payments = one.gateway.hospital.payments(one.gateway.invoice)
    if not payments:
        return
    amount = one.chance.choice((_PRICE, _PRICE // 3, one.chance.randint(1, _PRICE)))
    key = f"ask-{one.number:07d}-{len(one.done)}"
    asked = RefundRequest(one.chance.choice(payments).id, vnd(amount), "trả trùng", key)
    service.request(one.gateway.hospital.runtime, one.gateway.hospital.by("user:asks"), asked)


def _approve(one: Schedule) -> None:
    known = one.refunds()
    if known:
        by = one.gateway.hospital.by(one.chance.choice(("user:approves", "user:asks")))
        runtime = one.gateway.hospital.runtime
        service.approve(runtime, by, one.chance.choice(known), login="ketoan.truong")


def _turn_down(one: Schedule) -> None:
    known = one.refunds()
    if known:
        runtime, scope = one.gateway.hospital.runtime, one.gateway.hospital.scope
        service.turn_down(runtime, scope, one.chance.choice(known))


def _cancel(one: Schedule) -> None:
    hospital = one.gateway.hospital
    cancel_invoice(hospital.runtime, hospital.scope, one.gateway.invoice, "không khám")


def _credit(one: Schedule) -> None:
    hospital = one.gateway.hospital
    amount = vnd(one.chance.choice((_PRICE, 50_000, 20_000)))
    key = f"credit-{one.number:07d}-{len(one.done)}"
    credit_invoice(
        hospital.runtime, hospital.scope, one.gateway.invoice, {"KB": amount},
        reason="không làm dịch vụ", key=key,
    )  # fmt: skip


def _look(one: Schedule) -> None:
    one.gateway.answers = []
    one.clock.advance(timedelta(minutes=1))
    ask_all(one.gateway.hospital.runtime, one.gateway.hospital.scope)


_STEPS: Final[Mapping[str, Callable[[Schedule], None]]] = {
    "captured": lambda one: one.tell(Told.CAPTURED, copies=one.chance.randint(1, 3)),
    "captured twice": lambda one: one.tell(Told.CAPTURED, transaction="b"),
    "failed": lambda one: one.tell(Told.FAILED),
    "cancelled by the payer": lambda one: one.tell(Told.CANCELLED),
    "expired": lambda one: one.tell(Told.EXPIRED),
    "reversed": lambda one: one.take_back(Told.REVERSED),
    "disputed": lambda one: one.take_back(Told.DISPUTED),
    "dispute lost": lambda one: one.take_back(Told.DISPUTE_LOST),
    "invoice cancelled": _cancel,
    "invoice credited": _credit,
    "refund asked": _ask,
    "refund approved": _approve,
    "refund turned down": _turn_down,
    "refund done": lambda one: one.tell_refund(Told.REFUNDED),
    "refund refused": lambda one: one.tell_refund(Told.REFUND_REFUSED),
    "gateway asked": _look,
}
#: What makes the others possible is drawn more often.
_NAMES: Final = (*_STEPS, "captured", "invoice credited", "refund asked", "refund approved")


def run(cluster: Cluster, seed: int, *, schedules: int) -> Outcome:
    outcome = Outcome()
    chance, clock = random.Random(seed), morning()
    steps: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    with stage(cluster, clock) as made:
        gateway = double(made.hospital)
        for number in range(schedules):
            one = Schedule(gateway, clock, chance, number)
            one.play()
            steps.update(one.done)
            refused.update(one.refused)
            outcome.failures += one.wrong()
            if number % _ASKED_EVERY == _ASKED_EVERY - 1:
                made.hospital.work()
                outcome.failures += oracle.findings(made.hospital.runtime, made.scope)
        made.hospital.work()
        outcome.failures += oracle.findings(made.hospital.runtime, made.scope)
    outcome.figures["schedules, steps"] = f"{schedules}, {steps.total()}"
    for name, count in sorted(refused.items()):
        outcome.figures[f"refused: {name}"] = count
    outcome.expect("steps that were never drawn", sorted(set(_STEPS) - set(steps)), [])
    return outcome


if __name__ == "__main__":
    raise SystemExit(
        script.main(run, "K4 refund, capture, cancellation, chargeback", {"schedules": 100_000})
    )
