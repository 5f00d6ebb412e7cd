"""
Asks for, approves and orders refunds.

An order goes out in three steps, as every question to a gateway: approved and booked (commit),
ordered, the answer noted (commit). Whatever is lost in between is asked about under the same name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from payments import audit
from payments.channels.service import adapter_of, valid_versions
from payments.gateway import (
    Declined,
    Misconfigured,
    Notification,
    NotSent,
    OutcomeUnknown,
    RefundOrder,
    Refunds,
)
from payments.intents import attempts
from payments.intents import repository as intents
from payments.invoicing import repository as invoices
from payments.invoicing.service import checked_reason
from payments.kernel.money import Money
from payments.kernel.scope import Scope
from payments.refunds import bouncing, repository, requesting, settling, voiding
from payments.refunds.booking import book, hold
from payments.refunds.model import CannotRefund, Refund, Refundable
from payments.refunds.sources import source
from payments.refunds.status import Event, State, after
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork
from payments.switches.service import refuse_refunds

#: An order that never left may be sent again blindly; more often helps nobody who waits.
_TRIES_MAX: Final = 2


@dataclass(frozen=True, slots=True)
class RefundRequest:
    payment: UUID
    amount: Money
    reason: str
    key: str


def what_is_left(tx: UnitOfWork, payment: UUID) -> Refundable:
    """Say what may go back of *payment*, for a screen: nothing is held. Raises CannotRefund."""
    of = source(tx, payment)
    return repository.left(tx, of, invoices.read(tx, intents.get(tx, of.intent).invoice))


def request(runtime: Runtime, scope: Scope, asked: RefundRequest) -> Refund:
    """
    Ask for a refund; what it takes is spoken for from now on. A repeat of the key gives the same.

    Raises:
        CannotRefund: no gateway took the payment, or its gateway gives nothing back.
        OnlyTheWhole, VoidDayOver: its gateway voids: the whole, on the day.
        NotRefundable: more than the overpaid part that nobody else waits for.
        InvalidField: *reason* is empty or too long.
    """
    reason = checked_reason(asked.reason)
    with runtime.database.reading(scope) as tx:
        of = source(tx, asked.payment)
    _refunder(runtime, scope, of.channel)

    def work(tx: UnitOfWork) -> Refund:
        invoice = hold(tx, of)
        repeated = repository.of_idem_key(tx, asked.key)
        if repeated is not None:
            return repeated
        free = repository.left(tx, of, invoice)
        voiding.check(tx, runtime, of, free.total, asked.amount)
        from_suspense, from_invoice = free.parts(asked.amount)
        made = requesting.new(
            tx, of, asked.amount, reason, asked.key, (from_suspense, from_invoice)
        )
        repository.add(tx, made)
        audit.append(
            tx,
            "refund.requested",
            f"refund:{made.id}",
            payment=str(of.payment),
            amount=made.amount.dong,
            reason=reason,
        )
        return made

    return runtime.database.run(scope, work)


def approve(runtime: Runtime, scope: Scope, refund: UUID, *, login: str) -> Refund:
    """
    Approve a refund, book it (P12, P16) and order it from its gateway.

    Raises:
        NoRefund: no such refund.
        SamePerson: the one who approves has asked for it.
        NotRefundable: meanwhile less may be given back.
        VoidDayOver: its gateway voids on the day alone, and that is over.
        IllegalRefundStep: it is no longer a request.
    """
    with runtime.database.reading(scope) as tx:
        asked = repository.get(tx, refund)
        of = source(tx, asked.payment)
    refunder = _refunder(runtime, scope, of.channel)

    def work(tx: UnitOfWork) -> Refund:
        refuse_refunds(tx)
        # What was asked for is spoken for already; only the day can have gone by.
        voiding.check(tx, runtime, of, of.received, asked.amount)
        return book(tx, of, refund, login)

    booked = runtime.database.run(scope, work)
    with runtime.database.reading(scope) as tx:
        order = order_of(tx, booked)
    answer = ordered(refunder, order)
    return note(runtime, scope, booked.id, answer)


def order_again(runtime: Runtime, scope: Scope, refund: UUID, *, login: str) -> Refund:
    """
    Order a refund that came back once more from its gateway, under a new name.

    Raises:
        NoRefund, SamePerson, IllegalRefundStep: as ``approve`` says; it must have come back.
        CannotRefund: the gateway gives nothing back any more.
    """
    with runtime.database.reading(scope) as tx:
        found = repository.get(tx, refund)
        of = source(tx, found.payment)
    refunder = _refunder(runtime, scope, of.channel)

    def work(tx: UnitOfWork) -> tuple[Refund, RefundOrder]:
        refuse_refunds(tx)
        hold(tx, of)
        again = bouncing.order_anew(tx, repository.lock(tx, refund), login)
        return again, order_of(tx, again)

    booked, order = runtime.database.run(scope, work)
    return note(runtime, scope, booked.id, ordered(refunder, order))


def turn_down(runtime: Runtime, scope: Scope, refund: UUID) -> Refund:
    """
    Turn a request down: what it took is free again. Whoever asked may take it back so.

    Raises:
        NoRefund: no such refund.
        IllegalRefundStep: it is no longer a request.
    """
    with runtime.database.reading(scope) as tx:
        of = source(tx, repository.get(tx, refund).payment)

    def work(tx: UnitOfWork) -> Refund:
        hold(tx, of)
        held = repository.lock(tx, refund)
        ended = replace(held, state=after(held.state, Event.TURNED_DOWN), ended_at=tx.now())
        repository.save(tx, ended)
        audit.append(tx, "refund.turned_down", f"refund:{refund}", amount=held.amount.dong)
        return ended

    return runtime.database.run(scope, work)


def order_of(tx: UnitOfWork, refund: Refund) -> RefundOrder:
    """Write the order of an approved refund: the same for ever, so that a repeat is the same."""
    intent = intents.get(tx, refund.intent)
    attempt = attempts.of_intent(tx, refund.intent)
    if attempt is None or refund.approved_at is None:
        raise CannotRefund()
    return RefundOrder(
        refund=refund.key,
        attempt=attempt.ref(intent),
        amount=refund.amount,
        ordered_at=refund.approved_at,
        ordered_by=refund.approved_login,
        refunded_before=refund.refunded_before,
        transaction=refund.gateway_id,
    )


def ordered(refunder: Refunds, order: RefundOrder) -> Notification | Exception:
    """Order it from the gateway; what it answers is a value, also where it is a failure."""
    last: Exception = NotSent()
    for _ in range(_TRIES_MAX):
        try:
            return refunder.refund(order)
        except NotSent as failure:
            last = failure
        except (Declined, OutcomeUnknown, Misconfigured) as failure:
            return failure
    return last


def note(runtime: Runtime, scope: Scope, refund: UUID, answer: Notification | Exception) -> Refund:
    """Let an answer take effect; a message of the gateway may have been faster."""

    def work(tx: UnitOfWork) -> Refund:
        found = repository.get(tx, refund)
        invoice = invoices.lock(tx, intents.get(tx, found.intent).invoice)
        held = repository.lock(tx, refund)
        if held.state not in (State.PENDING, State.UNKNOWN):
            return held
        if isinstance(answer, Notification):
            return settling.told(tx, invoice, held, answer)
        return settling.failed(tx, invoice, held, answer)

    return runtime.database.run(scope, work)


def _refunder(runtime: Runtime, scope: Scope, channel: str) -> Refunds:
    with runtime.database.reading(scope) as tx:
        versions = valid_versions(tx, runtime, channel)
    adapter = adapter_of(runtime, versions[0]) if versions else None
    if not isinstance(adapter, Refunds):
        raise CannotRefund()
    return adapter
