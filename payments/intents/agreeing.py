"""A person agrees on part payments with a payer, or takes that back; codes follow at once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from payments import audit
from payments.intents import planning, repository
from payments.intents.cash import DueChanged
from payments.intents.plans import Standing, checked
from payments.intents.status import Event
from payments.invoicing import repository as invoices
from payments.invoicing.model import Invoice, amount_due
from payments.kernel.money import Money
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork


def agree(
    runtime: Runtime, scope: Scope, invoice: UUID, amounts: Sequence[Money], *, seen_due: Money
) -> None:
    """
    Let *invoice* be paid in parts of *amounts*; *seen_due* is what the page said was due.

    A former plan is replaced, a code that is shown ends. The same agreed again changes nothing.

    Raises:
        NotFound: no such invoice.
        DueChanged: something else is due by now; nothing was agreed.
        PlanNotNeeded: one code carries what is due.
        InvalidField: the parts are too many or too large, or do not sum to what is due.
    """

    def work(tx: UnitOfWork) -> None:
        held = invoices.lock(tx, invoice)
        due = amount_due(held)
        if due != seen_due:
            raise DueChanged(due=due)
        parts = checked(amounts, due)
        now = planning.holding(tx, held, due)
        if now is not None and now.amounts == parts:
            return
        number = planning.add(tx, held, parts)
        _end_codes(tx, held)
        audit.append(
            tx,
            "plan.agreed",
            f"invoice:{held.id}",
            number=number,
            whole=due.dong,
            parts=",".join(str(one.dong) for one in parts),
        )

    runtime.database.run(scope, work)


def withdraw(runtime: Runtime, scope: Scope, invoice: UUID) -> None:
    """
    Take the plan of *invoice* back: what is still due is asked for as a whole; twice is once.

    Raises:
        NotFound: no such invoice.
    """

    def work(tx: UnitOfWork) -> None:
        held = invoices.lock(tx, invoice)
        plan = planning.newest(tx, held.id)
        due = amount_due(held)
        if plan is None or not due:
            return
        if plan.standing(owed=held.owed, refunded=held.refunded, due=due) is Standing.WITHDRAWN:
            return
        number = planning.add(tx, held, ())
        _end_codes(tx, held)
        audit.append(tx, "plan.withdrawn", f"invoice:{held.id}", number=number)

    runtime.database.run(scope, work)


def _end_codes(tx: UnitOfWork, held: Invoice) -> None:
    """End the codes of our own accounts: they ask for another amount than the next one will."""
    for intent in repository.lock_active(tx, held.id):
        if intent.account:
            repository.happened(tx, intent, Event.DUE_CHANGED)
    invoices.touch(tx, held.id)
