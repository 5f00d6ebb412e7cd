"""What people and a gateway do to one invoice, in an order drawn by chance, for K4."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
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
from payments.inbox import asking as attempts_asked
from payments.inbox import errands as errands_run
from payments.intents import attempts, errands
from payments.intents.service import cancel_invoice, credit_invoice
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import VienphiError
from payments.kernel.money import vnd
from payments.refunds import asking as refunds_asked
from payments.refunds import dispute_repository, repository, service
from payments.refunds.service import RefundRequest
from payments.refunds.status import BOOKED, State
from tests.support.doubles import AtTheGateway

PRICE: Final = 150_000
_STEPS_MAX: Final = 12


@dataclass(slots=True)
class Schedule:
    """One open invoice, its attempt and its refunds, at the mercy of the order of events."""

    gateway: AtTheGateway
    clock: FrozenClock
    chance: random.Random
    number: int
    intent: UUID
    code: str = field(init=False)
    invoice: UUID = field(init=False)
    captured: set[str] = field(default_factory=set)
    taken_back: list[Told] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        found = self.gateway.intent(self.intent)
        self.gateway.invoice = self.invoice = found.invoice
        self.code = found.code
        for heard in (self.gateway.asked, self.gateway.cancelled, self.gateway.asked_refunds):
            heard.clear()
        self.gateway.refunds.clear()
        self.gateway.refund_answer = self._answer
        self.gateway.cancel_answer = self._cancelled

    def play(self) -> None:
        for _ in range(self.chance.randint(2, _STEPS_MAX)):
            name = self.chance.choice(_NAMES)
            self.done.append(name)
            self.clock.advance(timedelta(seconds=self.chance.randint(0, 40)))
            try:
                STEPS[name](self)
            except VienphiError as refusal:
                self.refused[refusal.code] += 1

    def tell(self, outcome: Told, *, transaction: str = "", copies: int = 1) -> None:
        transaction = f"T{self.number}{transaction}"
        if outcome is Told.CAPTURED:
            self.captured.add(transaction)
        for _ in range(copies):
            self.gateway.tell(self._told(outcome, transaction))

    def take_back(self, outcome: Told) -> None:
        """Tell that a payment is disputed or taken back, also before it was told, or never is."""
        message = self._told(outcome, f"T{self.number}")
        if self.chance.random() < 0.5:
            # As those tell who know no order of ours: by the payment alone.
            message = replace(
                message, reference="", payment=message.transaction, transaction=f"D{self.number}"
            )
        self.taken_back.append(outcome)
        self.gateway.tell(message)

    def refunds(self, *states: State) -> list[UUID]:
        hospital = self.gateway.hospital
        with hospital.runtime.database.reading(hospital.scope) as tx:
            known = repository.of_intent(tx, self.intent)
        return [one.id for one in known if not states or one.state in states]

    def tell_refund(self, outcome: Told) -> None:
        """Let the gateway tell the end of one that it was ordered, perhaps again."""
        if self.gateway.refunds:
            ours = self.chance.choice(self.gateway.refunds)
            self.gateway.tell(self._of_refund(ours, outcome))

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
        return self._told(Told.CANCELLED, f"T{self.number}")

    def _told(self, outcome: Told, transaction: str) -> Notification:
        return Notification(
            event_id=f"{self.intent}:{transaction}:{outcome}",
            outcome=outcome,
            amount=vnd(PRICE),
            occurred_at=self.clock.now(),
            reference=self.code,
            transaction=transaction,
            trouble=Trouble.INSUFFICIENT_FUNDS if outcome is Told.FAILED else None,
        )

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
        taken = [one for one in refunds if one.state in BOOKED]
        given = sum(one.amount.dong for one in taken)
        facts = {
            "a transaction was booked twice or never": received == len(self.captured) * PRICE,
            "more goes back than came": given <= received,
            "refunded is not what was approved": view.refunded.dong
            == sum(one.from_invoice.dong for one in taken),
            "the invoice is below nothing": 0 <= view.refunded.dong <= view.paid.dong,
        }
        order = " > ".join(self.done)
        return [
            f"schedule {self.number}: {what}: {order}" for what, holds in facts.items() if not holds
        ]

    def forgotten(self) -> list[str]:
        """Say, once the worker is at rest, whether money was taken back and nothing is held."""
        told = set(self.taken_back) - {Told.DISPUTE_WON}
        if not told or f"T{self.number}" not in self.captured:
            return []
        hospital = self.gateway.hospital
        with hospital.runtime.database.reading(hospital.scope) as tx:
            is_known = dispute_repository.of_invoice(tx, self.invoice)
            # Where we had given it back ourselves, no more than that can be taken.
            is_ours = repository.of_intent(tx, self.intent)
        if is_known or is_ours:
            return []
        return [f"schedule {self.number}: taken back and forgotten: {' > '.join(self.done)}"]


def _ask(one: Schedule) -> None:
    payments = one.gateway.hospital.payments(one.gateway.invoice)
    if not payments:
        return
    amount = one.chance.choice((PRICE, PRICE // 3, one.chance.randint(1, PRICE)))
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
    amount = vnd(one.chance.choice((PRICE, 50_000, 20_000)))
    key = f"credit-{one.number:07d}-{len(one.done)}"
    credit_invoice(
        hospital.runtime, hospital.scope, one.gateway.invoice, {"KB": amount},
        reason="không làm dịch vụ", key=key,
    )  # fmt: skip


def _look(one: Schedule) -> None:
    """Let the worker ask what is due of this attempt: itself, its refunds, its errands."""
    hospital = one.gateway.hospital
    runtime, scope = hospital.runtime, hospital.scope
    one.gateway.answers = []
    one.clock.advance(timedelta(minutes=1))
    with runtime.database.reading(scope) as tx:
        now = tx.now()
        attempt = attempts.of_intent(tx, one.intent)
        refunds = repository.of_intent(tx, one.intent)
        errand = errands.of(tx, one.intent, errands.Kind.CANCEL)
    if attempt is not None and attempt.next_ask_at is not None and attempt.next_ask_at <= now:
        attempts_asked.ask(runtime, scope, attempt)
    for refund in refunds:
        if refund.next_ask_at is not None and refund.next_ask_at <= now:
            refunds_asked.ask(runtime, scope, refund)
    if errand is not None and errand.is_under_way:
        errands_run.run(runtime, scope, errand)


STEPS: Final[Mapping[str, Callable[[Schedule], None]]] = {
    "captured": lambda one: one.tell(Told.CAPTURED, copies=one.chance.randint(1, 3)),
    "captured twice": lambda one: one.tell(Told.CAPTURED, transaction="b"),
    "failed": lambda one: one.tell(Told.FAILED),
    "cancelled by the payer": lambda one: one.tell(Told.CANCELLED),
    "expired": lambda one: one.tell(Told.EXPIRED),
    "reversed": lambda one: one.take_back(Told.REVERSED),
    "disputed": lambda one: one.take_back(Told.DISPUTED),
    "dispute lost": lambda one: one.take_back(Told.DISPUTE_LOST),
    "dispute won": lambda one: one.take_back(Told.DISPUTE_WON),
    "refunded by the gateway": lambda one: one.take_back(Told.REFUNDED),
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
_NAMES: Final = (*STEPS, "captured", "invoice credited", "refund asked", "refund approved")
