"""Takes cash for an invoice: notes, change, the ledger, the payment and the code in one commit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from payments.intents import repository
from payments.intents.service import NothingDue, due_changed
from payments.invoicing import repository as invoices
from payments.invoicing.model import Invoice, amount_due
from payments.invoicing.service import KeyReusedForOther
from payments.kernel.errors import Conflict, InvalidField
from payments.kernel.money import ZERO, Money, vnd
from payments.kernel.scope import Scope
from payments.ledger import post
from payments.ledger.posting_rules.money_in import cash_received
from payments.receipts import cash
from payments.receipts.cash import Cash
from payments.receipts.model import Allocation
from payments.receipts.service import Arrived, record
from payments.runtime import Runtime
from payments.shifts.model import Shift
from payments.shifts.service import lock_open
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

#: More than one desk counts at once; a longer number is a slip of the finger.
TENDERED_MAX: Final = vnd(2_000_000_000)


class DueChanged(Conflict):
    """Something else is due than what the page showed: another desk, or a transfer, was faster."""

    code = "due-changed"


@dataclass(frozen=True, slots=True)
class CashRequest:
    """
    What lies on the desk for *invoice*; *seen_due* is what the page said when it was counted.

    *is_part* says that the payer pays less now and the rest by another way: a person's word, for
    less is more often a slip of the finger.
    """

    invoice: UUID
    tendered: Money
    seen_due: Money
    is_part: bool
    key: str


def take_cash(runtime: Runtime, scope: Scope, asked: CashRequest) -> Cash:
    """
    Take what is due of what was *tendered*, never more: the rest is change (P07).

    A code that is being shown becomes one for what is left, in the same commit. A repeat of the key
    gives the same payment. Two desks at once: the second finds another amount due and is refused.

    Raises:
        NoShift: the cashier has not opened a shift.
        DueChanged: something else is due by now; nothing was taken.
        NothingDue: the invoice is settled, cancelled or zero.
        InvalidField: less than what is due, and it is not said to be a part.
        KeyReusedForOther: the key took other cash before.
    """
    if not ZERO < asked.tendered <= TENDERED_MAX:
        raise InvalidField("tendered", "tendered", most=TENDERED_MAX)
    return runtime.database.run(scope, lambda tx: _take(tx, runtime, asked))


def _take(tx: UnitOfWork, runtime: Runtime, asked: CashRequest) -> Cash:
    shift = lock_open(tx)
    held = invoices.lock(tx, asked.invoice)
    known = cash.of_key(tx, asked.key)
    if known is not None:
        if (known.invoice, known.tendered) != (asked.invoice, asked.tendered):
            raise KeyReusedForOther()
        return known
    due = amount_due(held)
    if due != asked.seen_due:
        raise DueChanged(due=due)
    if not due:
        raise NothingDue()
    if asked.tendered < due and not asked.is_part:
        raise InvalidField("tendered", "cash_short", missing=due - asked.tendered)
    amount = min(due, asked.tendered)
    active = repository.lock_active(tx, held.id)
    taken = Cash(new_id(), held.id, asked.tendered, asked.tendered - amount)
    _book(tx, shift, held, taken, amount)
    cash.keep(tx, taken, shift=shift.id, key=asked.key)
    paid = replace(held, paid=held.paid + amount, version=held.version + 1)
    due_changed(tx, runtime, paid, active)
    return taken


def _book(tx: UnitOfWork, shift: Shift, invoice: Invoice, taken: Cash, amount: Money) -> None:
    entry = cash_received(
        till=shift.cash_point,
        receipt=taken.payment,
        shift=shift.id,
        received=amount,
        invoice=invoice.id,
    )
    now = tx.now()
    posted = post(tx, entry, effective_at=now, source="cashier")
    arrived = Arrived("cash", amount, now, posted.txn_id, id=taken.payment)
    # No flag where a part is paid: it was meant so.
    record(tx, arrived, Allocation(amount, ZERO, frozenset()), invoice)
