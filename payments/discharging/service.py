"""
Settles a stay: advances pay what is owed (P14), what is left is asked back, the stay is closed.

All in one commit, under the locks of encounters, invoices and codes; a code that somebody looks at
becomes one for what is left, so that a QR is net of the advance by construction (decision 13).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from payments import audit
from payments.discharging.model import LadderChanged, shares
from payments.discharging.queries import invoices_of, settling
from payments.encounters import service as encounters
from payments.intents import repository as intents
from payments.intents.service import due_changed
from payments.invoicing import repository as invoices
from payments.invoicing.model import Invoice, amount_due
from payments.invoicing.service import checked_reason
from payments.invoicing.telling import tell_received
from payments.kernel.money import Money
from payments.kernel.scope import Scope
from payments.ledger import post
from payments.ledger.model import Subject
from payments.ledger.posting_rules.deposits import deposit_applied
from payments.ledger.queries import transactions_of
from payments.refunds import (
    advances,
    cash_returns,
    movable,
    payback_repository,
    paying_back,
    returnable,
)
from payments.refunds.cash_returns import CashReturn
from payments.refunds.cash_returns import State as Returned
from payments.refunds.moves import Part
from payments.refunds.paying_back import PaybackRequest
from payments.runtime import Runtime
from payments.stays import repository as stays
from payments.stays.model import Deposit, Stay
from payments.stays.status import Event, State, after
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Settle:
    """
    *seen* is the balance that the page showed: positive to collect, negative to give back.

    *by_link* sends all that goes back to an account that the family names: at night, or far away.
    """

    stay: UUID
    seen: int
    reason: str
    by_link: bool


def settle(runtime: Runtime, scope: Scope, asked: Settle) -> Stay:
    """
    Settle a stay; what is still to collect stays due on its invoices, and stops nobody from going.

    Once more after the discharge it settles what came since.

    Raises:
        NoStay: there is none.
        LadderChanged: something came after the page was shown; nothing is settled.
        HeirDocumentNeeded: the patient died, and no document of an heir is named.
        InvalidField: no reason for what goes back.
    """
    reason = checked_reason(asked.reason)

    def work(tx: UnitOfWork) -> Stay:
        held = _hold(tx, asked.stay)
        now = settling(tx, asked.stay)
        if now.ladder.balance.dong != asked.seen:
            raise LadderChanged()
        _apply(tx, runtime, asked.stay, held, now.free.amount)
        stay = stays.read(tx, asked.stay)
        if now.ladder.give_back:
            advances.refuse_without_heir(tx, asked.stay)
        for deposit, amount in returnable.free(tx, asked.stay).parts:
            _ask_back(tx, stay, deposit, amount, reason, by_link=asked.by_link)
        if stay.state is State.OPEN:
            stay = replace(stay, state=after(stay.state, Event.SETTLED), closed_at=tx.now())
            stays.save(tx, stay)
            encounters.close(tx, asked.stay)
        audit.append(tx, "stay.settled", f"stay:{asked.stay}", balance=now.ladder.balance.dong)
        return stay

    return runtime.database.run(scope, work)


def close_deceased(runtime: Runtime, scope: Scope, encounter: UUID, document: str) -> Stay:
    """
    Note that the patient died, and later by which *document* an heir is paid ("" while unknown).

    Nothing is told of this stay's own accord any more: its link opens nothing, its alerts end.

    Raises:
        NoStay: there is none.
        IllegalStayStep: it is noted already, and no document is named now.
        InvalidField: a document that is no line of text.
    """
    named = checked_reason(document) if document.strip() else ""

    def work(tx: UnitOfWork) -> Stay:
        held = stays.lock(tx, encounter)
        if held.state is State.CLOSED_DECEASED and named:
            changed = replace(held, heir_document=named)
        else:
            changed = replace(
                held,
                state=after(held.state, Event.DIED),
                closed_at=held.closed_at or tx.now(),
                heir_document=named,
                watch_level=0,
            )
            encounters.close(tx, encounter)
        stays.save(tx, changed)
        stays.end_alerts(tx, encounter)
        audit.append(tx, "stay.deceased", f"stay:{encounter}", document=named)
        return changed

    return runtime.database.run(scope, work)


def _hold(tx: UnitOfWork, stay: UUID) -> tuple[Invoice, ...]:
    """Hold the stay, the encounters of what it settles by id, then these invoices by id."""
    found = invoices_of(tx, stay)
    owners = {invoices.read(tx, one).encounter for one in found}
    for one in sorted(owners | {stay}):
        encounters.lock(tx, one)
    # What was issued between the two looks is settled by the next click: the balance differs.
    return tuple(movable.hold(tx, *found).values()) if found else ()


def _apply(
    tx: UnitOfWork, runtime: Runtime, stay: UUID, held: tuple[Invoice, ...], free: Money
) -> None:
    parts = shares([amount_due(one) for one in held], free)
    for invoice, amount in zip(held, parts, strict=True):
        if not amount:
            continue
        active = intents.lock_active(tx, invoice.id)
        count = len(transactions_of(tx, ("deposit.apply",), Subject("invoice", invoice.id)))
        entry = deposit_applied(
            encounter=stay, invoice=invoice.id, application=count + 1, amount=amount
        )
        post(tx, entry, effective_at=tx.now(), source="cashier")
        paid = replace(invoice, paid=invoice.paid + amount)
        invoices.save(tx, paid)
        saved = replace(paid, version=invoice.version + 1)
        due_changed(tx, runtime, saved, active)
        tell_received(tx, saved)


def _ask_back(
    tx: UnitOfWork, stay: Stay, deposit: Deposit, amount: Money, reason: str, *, by_link: bool
) -> None:
    if deposit.method == "cash" and not by_link:
        cash_returns.add(
            tx,
            CashReturn(
                new_id(),
                deposit.payment,
                stay.encounter,
                amount,
                Returned.REQUESTED,
                reason,
                tx.scope.actor,
                tx.now(),
                None,
                None,
            ),
        )
        return
    of = movable.paid(tx, deposit.payment)
    key = f"stay:{stay.encounter}:{new_id()}"
    asked = PaybackRequest(deposit.payment, amount, reason, key)
    made = paying_back.new(tx, of, asked, reason, Part.DEPOSIT)
    payback_repository.add(tx, made)
    audit.append(tx, "payback.requested", f"payback:{made.id}", amount=amount.dong, reason=reason)
