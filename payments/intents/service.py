"""
Opens payment codes, and replaces them in the transaction that changes what is due.

A code and the amount due can never disagree: whoever changes the amount under the invoice's lock
supersedes the code under the same lock.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from payments import audit
from payments.channels.pausing import ChannelPaused, is_open
from payments.channels.service import Channel, adapter_of, payee, valid_versions, versions
from payments.gateway import Attempt, Opens, ShowQr, TransferTo
from payments.idempotency import Around, alone
from payments.intents import repository
from payments.intents.model import Intent
from payments.intents.status import Event, Status
from payments.invoicing import credit_notes
from payments.invoicing import repository as invoices
from payments.invoicing import service as invoicing
from payments.invoicing.model import Invoice, amount_due
from payments.kernel.codes import new_code
from payments.kernel.errors import Rejected
from payments.kernel.money import Money, vnd
from payments.kernel.scope import Scope
from payments.qr.banks import table
from payments.qr.vietqr import BuildRequest, build
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

#: NAPAS: a transfer by QR stays below 500,000,000 đồng.
CODE_MAX: Final = vnd(499_999_999)


class NothingDue(Rejected):
    code = "nothing-due"


class AboveCodeLimit(Rejected):
    code = "above-code-limit"


class CannotOpen(Rejected):
    """The channel only tells of money, or shows what this release does not draw."""

    code = "cannot-open"


def open_intent(
    runtime: Runtime, scope: Scope, *, invoice: UUID, channel: str, key: str, around: Around = alone
) -> Intent:
    """
    Show a code for what *invoice* still owes; a repeat of *key* gives the same code.

    An active code of the same channel is returned while it fits the amount and has time left.

    Raises:
        NotFound: no such invoice or channel.
        ChannelPaused: an administrator stopped the channel.
        NothingDue: the invoice is settled, cancelled or zero.
        AboveCodeLimit: more than a bank lets one QR transfer carry.
    """

    def work(tx: UnitOfWork) -> Intent:
        held = invoices.lock(tx, invoice)
        repeated = repository.of_key(tx, key)
        if repeated is not None:
            return repeated
        chosen, *_ = versions(tx, runtime, channel)
        if not is_open(tx, channel):
            raise ChannelPaused()
        now = tx.now()
        for intent in repository.lock_active(tx, invoice):
            if intent.channel != channel:
                continue
            if intent.amount == amount_due(held) and intent.expires_at > now:
                return intent
            event = Event.TIME_RAN_OUT if intent.expires_at <= now else Event.DUE_CHANGED
            repository.happened(tx, intent, event)
        return _open(tx, runtime, held, chosen, key)

    return runtime.database.run(scope, lambda tx: around(tx, lambda: work(tx)))


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
    due = amount_due(invoice)
    # An attempt at a gateway has no account, and a gateway is never asked inside a transaction.
    codes = [one for one in ((paid,) if paid else active) if one.account]
    seen = codes[-1] if codes else None
    if seen is None or not due or due > CODE_MAX:
        return None
    chosen = valid_versions(tx, runtime, seen.channel)
    if not chosen or not is_open(tx, seen.channel):
        # Ended or paused meanwhile: the money stands, the desk shows another channel.
        return None
    return _open(tx, runtime, invoice, chosen[0], f"rest:{invoice.id}:{invoice.version}")


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


def _open(tx: UnitOfWork, runtime: Runtime, invoice: Invoice, channel: Channel, key: str) -> Intent:
    due = amount_due(invoice)
    if not due:
        raise NothingDue()
    if due > CODE_MAX:
        raise AboveCodeLimit(most=CODE_MAX)
    code = new_code(secrets.token_bytes, runtime.settings.code_prefix)
    now = tx.now()
    expires_at = now + runtime.settings.code_life
    intent = Intent(
        new_id(),
        invoice.id,
        channel.slug,
        channel.account,
        code,
        due,
        Status.PENDING,
        _payload(tx, runtime, channel, Attempt(code, due, expires_at)),
        now,
        expires_at,
        None,
    )
    repository.add(tx, intent, key)
    invoices.touch(tx, invoice.id)
    audit.append(
        tx, "intent.opened", f"intent:{intent.id}", invoice=str(invoice.id), amount=due.dong
    )
    return intent


def _payload(tx: UnitOfWork, runtime: Runtime, channel: Channel, attempt: Attempt) -> str:
    """Compose the VietQR text. The adapters that only compose are asked inside the transaction."""
    adapter = adapter_of(runtime, channel)
    if not isinstance(adapter, Opens):
        raise CannotOpen(f"channel {channel.slug} cannot show a code")
    shown = adapter.open(attempt)
    match shown:
        case TransferTo():
            # The payee is the registered account, whatever the channel's settings say.
            to = payee(tx, channel.account)
            return build(
                BuildRequest(to.bin, to.account, attempt.amount, shown.memo),
                table(runtime.settings.banks_file),
            )
        case ShowQr():
            return shown.payload
        case _:
            raise CannotOpen(f"channel {channel.slug} needs a page that this release lacks")
