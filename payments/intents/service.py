"""
Opens payment codes, and replaces them in the transaction that changes what is due.

A code and the amount due can never disagree: whoever changes the amount under the invoice's lock
supersedes the code under the same lock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from payments.channels.pausing import ChannelPaused, is_open
from payments.channels.service import valid_versions, versions
from payments.idempotency import Around, alone
from payments.intents import planning, repository
from payments.intents.composing import compose
from payments.intents.model import Intent
from payments.intents.plans import CODE_MAX
from payments.intents.status import Event, Status
from payments.invoicing import credit_notes
from payments.invoicing import repository as invoices
from payments.invoicing import service as invoicing
from payments.invoicing.model import Invoice
from payments.kernel.errors import Rejected
from payments.kernel.money import Money
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork


class NothingDue(Rejected):
    code = "nothing-due"


class AboveCodeLimit(Rejected):
    code = "above-code-limit"


def open_intent(
    runtime: Runtime, scope: Scope, *, invoice: UUID, channel: str, key: str, around: Around = alone
) -> Intent:
    """
    Show a code for what *invoice* still owes, or for the next part of a plan that was agreed.

    An active code of the same channel is returned while it fits the amount and has time left; a
    repeat of *key* gives the same code.

    Raises:
        NotFound: no such invoice or channel.
        ChannelPaused: an administrator stopped the channel.
        NothingDue: the invoice is settled, cancelled or zero.
        AboveCodeLimit: more than a bank lets one QR transfer carry, and no plan was agreed.
    """

    def work(tx: UnitOfWork) -> Intent:
        return _shown(tx, runtime, invoice, channel, key, most=CODE_MAX)

    return runtime.database.run(scope, lambda tx: around(tx, lambda: work(tx)))


def open_transfer(
    runtime: Runtime, scope: Scope, *, invoice: UUID, channel: str, key: str
) -> Intent:
    """
    As ``open_intent`` for any amount: above the limit of a code it has no picture, only a payee
    and a reference for a transfer at the counter of the payer's bank.
    """
    return runtime.database.run(
        scope, lambda tx: _shown(tx, runtime, invoice, channel, key, most=None)
    )


def due_changed(
    tx: UnitOfWork,
    runtime: Runtime,
    invoice: Invoice,
    active: Sequence[Intent],
    *,
    paid: Intent | None = None,
) -> Intent | None:
    """
    Supersede the held *active* codes of a held *invoice* whose due changed; show one for the rest.

    *paid* is the code that brought the change: its payer looks at the page and needs the next one.
    Returns the new code, or None where nobody was looking at one or nothing is left to pay.
    """
    for intent in active:
        if paid is None or intent.id != paid.id:
            repository.happened(tx, intent, Event.DUE_CHANGED)
    asked = planning.asked(tx, invoice)
    # An attempt at a gateway has no account, and a gateway is never asked inside a transaction.
    codes = [one for one in ((paid,) if paid else active) if one.account]
    seen = codes[-1] if codes else None
    if seen is None or not asked:
        return None
    if asked > CODE_MAX and seen.payload:
        # Whoever looked at a picture is not shown a transfer without one: the desk says what next.
        return None
    chosen = valid_versions(tx, runtime, seen.channel)
    if not chosen or not is_open(tx, seen.channel):
        # Ended or paused meanwhile: the money stands, the desk shows another channel.
        return None
    key = f"rest:{invoice.id}:{invoice.version}"
    return compose(tx, runtime, invoice, asked, chosen[0], key)


def cancel_invoice(
    runtime: Runtime, scope: Scope, invoice: UUID, reason: str, *, around: Around = alone
) -> None:
    """
    Cancel an unpaid invoice and its codes in one commit.

    Raises:
        NotFound, MoneyReceived, IllegalStep, InvalidField: as ``invoicing.service.cancel`` says.
    """

    def work(tx: UnitOfWork) -> None:
        held = invoices.lock(tx, invoice)
        active = repository.lock_active(tx, invoice)
        invoicing.cancel(tx, held, reason)
        for intent in active:
            repository.happened(tx, intent, Event.INVOICE_CANCELLED)

    runtime.database.run(scope, lambda tx: around(tx, lambda: work(tx)))


def credit_invoice(
    runtime: Runtime,
    scope: Scope,
    invoice: UUID,
    amounts: Mapping[str, Money],
    *,
    reason: str,
    key: str,
    around: Around = alone,
) -> None:
    """
    Reduce an issued invoice by *amounts* per department; the code shown becomes one for the rest.

    Raises:
        NotFound, IllegalStep, InvalidField: as ``invoicing.credit_notes.credit`` says.
    """

    def work(tx: UnitOfWork) -> None:
        held = invoices.lock(tx, invoice)
        active = repository.lock_active(tx, invoice)
        credited = credit_notes.credit(tx, held, amounts, reason=reason, key=key)
        if credited.version != held.version:
            due_changed(tx, runtime, credited, active)

    runtime.database.run(scope, lambda tx: around(tx, lambda: work(tx)))


def expire(runtime: Runtime, scope: Scope) -> int:
    """End the codes whose time is over; returns how many. Each in its own short transaction."""
    with runtime.database.reading(scope) as tx:
        over = repository.run_out(tx, tx.now())
    for found in over:
        with runtime.database.transaction(scope) as tx:
            invoices.lock(tx, found.invoice)
            intent = repository.lock(tx, found.id)
            if intent.status is Status.PENDING and intent.expires_at <= tx.now():
                repository.happened(tx, intent, Event.TIME_RAN_OUT)
                invoices.touch(tx, found.invoice)
    return len(over)


def _shown(
    tx: UnitOfWork,
    runtime: Runtime,
    invoice: UUID,
    channel: str,
    key: str,
    *,
    most: Money | None,
) -> Intent:
    held = invoices.lock(tx, invoice)
    repeated = repository.of_key(tx, key)
    if repeated is not None:
        return repeated
    chosen, *_ = versions(tx, runtime, channel)
    if not is_open(tx, channel):
        raise ChannelPaused()
    now = tx.now()
    asked = planning.asked(tx, held)
    for intent in repository.lock_active(tx, invoice):
        if intent.channel != channel:
            continue
        if intent.amount == asked and intent.expires_at > now:
            return intent
        event = Event.TIME_RAN_OUT if intent.expires_at <= now else Event.DUE_CHANGED
        repository.happened(tx, intent, event)
    if not asked:
        raise NothingDue()
    if most is not None and asked > most:
        raise AboveCodeLimit(most=most)
    return compose(tx, runtime, held, asked, chosen, key)
