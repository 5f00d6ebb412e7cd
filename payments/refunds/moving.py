"""Asks for, approves and books moves of what is over to another invoice: P11, or P16 with P17."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from payments import audit
from payments.bank.model import State as CreditState
from payments.bank.service import lock as lock_credit
from payments.bank.service import mark
from payments.intents import repository as intents
from payments.intents.service import due_changed
from payments.invoicing import repository as invoices
from payments.invoicing.model import Invoice, amount_due
from payments.invoicing.service import checked_reason
from payments.invoicing.telling import tell_received
from payments.kernel.money import Money
from payments.kernel.scope import Scope
from payments.ledger import post
from payments.ledger.posting_rules.refunds import overpaid_moved
from payments.ledger.posting_rules.suspense import suspense_matched, suspense_moved
from payments.receipts import attached
from payments.receipts.attached import Placed
from payments.receipts.model import Purpose
from payments.refunds import movable, move_repository
from payments.refunds.model import SamePerson
from payments.refunds.movable import Paid
from payments.refunds.moves import (
    Move,
    MoveDealtWith,
    OtherPatient,
    OwesLess,
    Part,
    SameInvoice,
    State,
)
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class MoveRequest:
    payment: UUID
    target: UUID
    amount: Money
    reason: str
    key: str


def request(runtime: Runtime, scope: Scope, asked: MoveRequest) -> Move:
    """
    Ask that what is over of a payment pays another invoice; it is spoken for from now on.

    Raises:
        NoPayment, NoInvoice: no such payment or invoice.
        SameInvoice, OtherPatient, OwesLess: the other invoice does not fit.
        NotRefundable: less is over that nobody else waits for.
        InvalidField: the reason is empty or too long.
    """
    reason = checked_reason(asked.reason)

    def work(tx: UnitOfWork) -> Move:
        of = movable.paid(tx, asked.payment)
        held = _hold(tx, of, asked.target)
        repeated = move_repository.of_idem_key(tx, asked.key)
        if repeated is not None:
            return repeated
        _must_owe(held[asked.target], asked.amount)
        assert of.invoice is not None, "only what names an invoice is held"
        part = movable.movable(tx, of, held[of.invoice]).part_for(asked.amount)
        made = Move(
            id=new_id(),
            payment=of.payment,
            source=of.invoice,
            target=asked.target,
            part=part,
            amount=asked.amount,
            state=State.REQUESTED,
            reason=reason,
            requested_by=tx.scope.actor,
            requested_at=tx.now(),
            approved_by=None,
            ended_at=None,
            txn=None,
            idem_key=asked.key,
        )
        move_repository.add(tx, made)
        audit.append(
            tx, "move.requested", f"move:{made.id}", amount=made.amount.dong, reason=reason
        )
        return made

    return runtime.database.run(scope, work)


def approve(runtime: Runtime, scope: Scope, move: UUID) -> Move:
    """
    Approve a move and book it: the other invoice is paid, with a receipt of its own.

    Raises:
        NoMove: nobody asked for it.
        SamePerson: the one who approves has asked for it.
        MoveDealtWith: it is no longer a request.
        NotRefundable, OwesLess, OtherPatient: meanwhile it does not fit any more.
    """

    def work(tx: UnitOfWork) -> Move:
        found = move_repository.get(tx, move)
        of = movable.paid(tx, found.payment)
        held = _hold(tx, of, found.target)
        active = intents.lock_active(tx, found.target)
        if of.credit is not None:
            lock_credit(tx, of.credit)
        asked = _requested(tx, move)
        if asked.requested_by == tx.scope.actor:
            raise SamePerson()
        target = held[asked.target]
        _must_owe(target, asked.amount)
        free = movable.movable(tx, of, held[asked.source], but=asked.id)
        if free.part_for(asked.amount) is not asked.part:
            raise MoveDealtWith()
        txn, paid = _book(tx, of, asked, held)
        due_changed(tx, runtime, paid, active)
        tell_received(tx, paid)
        done = replace(
            asked, state=State.DONE, approved_by=tx.scope.actor, ended_at=tx.now(), txn=txn
        )
        move_repository.save(tx, done)
        audit.append(tx, "move.done", f"move:{move}", amount=asked.amount.dong)
        return done

    return runtime.database.run(scope, work)


def turn_down(runtime: Runtime, scope: Scope, move: UUID) -> Move:
    """Turn a request down: what it took is free again. Raises NoMove, MoveDealtWith."""

    def work(tx: UnitOfWork) -> Move:
        found = move_repository.get(tx, move)
        movable.hold(tx, found.source, found.target)
        ended = replace(_requested(tx, move), state=State.REFUSED, ended_at=tx.now())
        move_repository.save(tx, ended)
        audit.append(tx, "move.turned_down", f"move:{move}", amount=ended.amount.dong)
        return ended

    return runtime.database.run(scope, work)


def _requested(tx: UnitOfWork, move: UUID) -> Move:
    held = move_repository.lock(tx, move)
    if held.state is not State.REQUESTED:
        raise MoveDealtWith()
    return held


def _hold(tx: UnitOfWork, of: Paid, target: UUID) -> dict[UUID, Invoice]:
    """Hold both invoices, of one person. Raises NoInvoice, SameInvoice, OtherPatient."""
    if of.invoice is None:
        raise OtherPatient()
    if target == of.invoice:
        raise SameInvoice()
    invoices.read(tx, target)
    held = movable.hold(tx, of.invoice, target)
    if movable.patient_of(tx, of.invoice) != movable.patient_of(tx, target):
        raise OtherPatient()
    return held


def _must_owe(target: Invoice, amount: Money) -> None:
    due = amount_due(target)
    if amount > due:
        raise OwesLess(most=due)


def _book(tx: UnitOfWork, of: Paid, move: Move, held: dict[UUID, Invoice]) -> tuple[UUID, Invoice]:
    """Post it, and let the other invoice be paid; returns the transaction and that invoice."""
    target, source = held[move.target], held[move.source]
    if move.part is Part.INVOICE:
        entry = overpaid_moved(move=move.id, source=source.id, target=target.id, amount=move.amount)
        txn = post(tx, entry, effective_at=tx.now(), source="finance").txn_id
        invoices.save(tx, replace(source, refunded=source.refunded + move.amount))
        placed = Placed(move.id, of.method, move.amount, of.received_at, txn)
        return txn, attached.place(tx, placed, target)
    invoices.touch(tx, source.id)
    if of.credit is None:
        entry = suspense_moved(move=move.id, owner=of.owner, invoice=target.id, amount=move.amount)
        txn = post(tx, entry, effective_at=tx.now(), source="finance").txn_id
        placed = Placed(move.id, of.method, move.amount, of.received_at, txn)
        return txn, attached.place(tx, placed, target)
    entry = suspense_matched(match=move.id, credit=of.credit, invoice=target.id, amount=move.amount)
    txn = post(tx, entry, effective_at=tx.now(), source="finance").txn_id
    match = attached.Match(move.id, of.credit, Purpose.INVOICE, move.amount, move.reason, txn)
    paid = attached.attach(tx, match, target, received_at=of.received_at)
    is_left = bool(attached.in_suspense(tx, of.credit))
    state = CreditState.SUSPENSE if is_left else CreditState.MATCHED
    mark(tx, of.credit, state, "moved_to_another_invoice")
    return txn, paid
