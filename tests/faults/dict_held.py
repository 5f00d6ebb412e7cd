"""One sequence of K8: the services on one hand, the dicts on the other, each held to each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

from hypothesis.stateful import RuleBasedStateMachine

from payments.bank.model import Arrival
from payments.gateway import Declined, Notification, OutcomeUnknown, RefundOrder, Trouble
from payments.gateway import Outcome as Told
from payments.kernel.clock import FrozenClock
from payments.kernel.errors import VienphiError
from payments.kernel.money import vnd
from payments.refunds import repository
from tests.faults.dict_books import Books, Row
from tests.support.doubles import AtTheGateway
from tests.support.stage import MORNING

_OUTCOMES: Final = {
    "done": Told.REFUNDED,
    "accepted": Told.REFUND_PENDING,
    "declined": Told.REFUND_REFUSED,
}


class Held(RuleBasedStateMachine):
    """The hospital is shared by many sequences; its rows and the books are this one's own."""

    gateway: ClassVar[AtTheGateway]
    clock: ClassVar[FrozenClock]
    done: ClassVar[Counter[str]] = Counter()
    sequences: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        Held.sequences += 1
        self.books = Books()
        self.ids: dict[int, UUID] = {}
        self.codes: dict[int, str] = {}
        self.attempts: list[tuple[Row, UUID, str, int]] = []
        self.sent: list[Arrival] = []
        self.cancels = 0
        self.orders: dict[int, RefundOrder] = {}
        self.clock.set(MORNING)
        self.hospital = self.gateway.hospital

    def expect(self, what: str, refusal: str, work: Callable[[], Any]) -> Any:
        """Do *work*; it must be refused with the code *refusal*, or not where that is empty."""
        self.did(f"{what}: {refusal}" if refusal else what)
        made, found = None, ""
        try:
            made = work()
        except VienphiError as error:
            found = error.code
        assert found == refusal, f"{what}: {found or 'done'}, the model says {refusal or 'done'}"
        return made

    def same(self, invoice: Row) -> None:
        """Hold what a page would show against the dicts."""
        ours = self.ids[id(invoice)]
        view = self.hospital.view(ours)
        told = {
            "total": view.total.dong, "credited": view.credited.dong, "paid": view.paid.dong,
            "refunded": view.refunded.dong, "cancelled": view.document == "cancelled",
            "due": view.due.dong, "payment": str(view.payment),
        }  # fmt: skip
        wanted = {key: invoice[key] for key in ("total", "credited", "paid", "refunded")}
        wanted |= {"cancelled": invoice["cancelled"], "due": self.books.due(invoice)}
        assert told == wanted | {"payment": self.books.says(invoice)}
        found = [
            (one.method, one.received.dong, one.applied.dong, one.suspense.dong)
            for one in self.hospital.payments(ours)
        ]
        named = ("method", "received", "applied", "suspense")
        mine = [one for one in self.books.payments if one["invoice"] is invoice]
        assert sorted(found) == sorted(tuple(one[key] for key in named) for one in mine)
        with self.hospital.runtime.database.reading(self.hospital.scope) as tx:
            for refund in self.books.refunds:
                if refund["payment"]["invoice"] is invoice and id(refund) in self.ids:
                    stored = repository.get(tx, self.ids[id(refund)])
                    parts = (stored.from_suspense.dong, stored.from_invoice.dong)
                    assert (str(stored.state), *parts) == (
                        refund["state"],
                        refund["suspense"],
                        refund["over"],
                    )

    def capture_once(self, place: int, *, copies: int) -> None:
        """Let the gateway tell *copies* times of one capture, of a transaction of its own."""
        invoice, intent, code, amount = self.attempts[place]
        transaction = f"T-{intent}-{len(self.books.payments)}"
        self.did("captured")
        self.books.receive(invoice, amount, "gateway")
        for _ in range(copies):
            self.gateway.tell(self.message(Told.CAPTURED, code, transaction, amount))
        self.same(invoice)

    def did(self, what: str) -> None:
        self.done[what] += 1
        self.clock.advance(timedelta(seconds=1))

    def an_invoice(self, place: int) -> Row:
        # The newest are drawn most: a sequence that scatters tells nothing of any invoice.
        return self.books.invoices[-1 - place % len(self.books.invoices)]

    def a_refund(self, place: int) -> Row:
        return self.books.refunds[-1 - place % len(self.books.refunds)]

    def payment_id(self, payment: Row) -> UUID:
        if id(payment) not in self.ids:
            stored = self.hospital.payments(self.ids[id(payment["invoice"])])
            mine = [one for one in self.books.payments if one["invoice"] is payment["invoice"]]
            in_order = sorted(stored, key=lambda one: (one.received_at, one.id))
            for ours, theirs in zip(mine, in_order, strict=True):
                self.ids[id(ours)] = theirs.id
        return self.ids[id(payment)]

    def message(self, outcome: Told, code: str, transaction: str, amount: int) -> Notification:
        return Notification(
            event_id=f"{transaction}:{outcome}",
            outcome=outcome,
            amount=vnd(amount),
            occurred_at=self.clock.now(),
            reference=code,
            transaction=transaction,
        )

    def answer(self, order: RefundOrder, answer: str) -> Notification:
        if answer == "silent":
            raise OutcomeUnknown("silence")
        if answer == "declined":
            raise Declined(Trouble.NOT_REFUNDABLE)
        return of_refund(order, answer, self.clock.now())

    @staticmethod
    def settled(order: RefundOrder) -> Notification:
        """Answer the worker, at the end, that what it asks about is done."""
        return of_refund(order, "done", MORNING)


def of_refund(order: RefundOrder, answer: str, at: datetime) -> Notification:
    return Notification(
        event_id=f"{order.refund}:{answer}",
        outcome=_OUTCOMES[answer],
        amount=order.amount,
        occurred_at=at,
        reference=order.attempt.reference,
        transaction=f"R-{order.refund[-8:]}",
        refund=order.refund,
    )
