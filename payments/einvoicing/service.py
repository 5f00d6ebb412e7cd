"""Makes e-invoices of receipts, and what puts a wrong one right; the worker sends them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from payments import audit
from payments.einvoicing import repository
from payments.einvoicing.drafting import draft, new, provider_of, refuse_blocked
from payments.einvoicing.model import Chain, Receipt, adjustment, checked_buyer
from payments.einvoicing.status import Event, after
from payments.external.einvoices import Buyer, Kind
from payments.invoicing.repository import lock
from payments.invoicing.service import checked_reason
from payments.kernel.errors import InvalidField, NotFound
from payments.kernel.money import ZERO
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork


def ask(
    runtime: Runtime, scope: Scope, payments: Collection[UUID], buyer: Buyer | None = None
) -> UUID:
    """
    Make the e-invoice of receipts of one invoice now, for *buyer* (None: the patient).

    The same receipts again give the same e-invoice.

    Raises:
        NoEInvoiceAccount: this facility has no provider.
        InvalidField: no receipt, receipts of several invoices, or a buyer that cannot be printed.
        NotFound: a payment has no numbered receipt.
        ReceiptBlocked: one of them gets none, as a cancelled slip.
        ReceiptTaken: one of them is in another e-invoice.
    """
    provider_of(runtime, scope)
    named = None if buyer is None else checked_buyer(buyer)
    wanted = frozenset(payments)

    def work(tx: UnitOfWork) -> UUID:
        found = _numbered(tx, wanted)
        invoice = _one_invoice(found)
        lock(tx, invoice)
        return draft(tx, runtime, invoice, repository.receipts_of(tx, wanted), named)

    return runtime.database.run(scope, work)


def correct(
    runtime: Runtime,
    scope: Scope,
    e_invoice: UUID,
    kind: Kind,
    reason: str,
    buyer: Buyer | None = None,
) -> UUID:
    """
    Replace the e-invoice that stands, or adjust it to what its receipts are worth today.

    Both numbers stay: the new one names the old one (Decree 123/2020/ND-CP, article 19).

    Raises:
        NoEInvoice, NoEInvoiceAccount: there is none such.
        InvalidField: no reason, or a buyer that cannot be printed.
        CorrectionWaits: one of the chain has no number yet.
        OtherCorrection: it was put right in the other way before.
        EInvoiceIsRight: an adjustment of nothing.
    """
    provider = provider_of(runtime, scope)
    why = checked_reason(reason)
    named = None if buyer is None else checked_buyer(buyer)

    def work(tx: UnitOfWork) -> UUID:
        chain = _held(tx, e_invoice)
        chain.must_take(kind)
        receipts = repository.sources(tx, chain.parts[0].id)
        standing = chain.standing
        amount = (
            adjustment(chain, receipts)
            if kind is Kind.ADJUSTMENT
            else sum((one.net for one in receipts), ZERO)
        )
        made = new(
            tx, kind, standing.invoice, amount, reason=why, root=standing.root, corrects=standing.id
        )
        made = replace(made, is_trial=provider.is_sandbox)
        kept = named or repository.buyer(tx, runtime.keys, standing.id)
        repository.add(tx, runtime.keys, made, kept)
        audit.append(
            tx,
            f"einvoice.{kind}",
            f"e_invoice:{made.id}",
            corrects=standing.number,
            amount=amount.dong,
            reason=why,
        )
        return made.id

    return runtime.database.run(scope, work)


def send_again(runtime: Runtime, scope: Scope, e_invoice: UUID, buyer: Buyer | None = None) -> None:
    """
    Send one that was refused again, under its own name, with another buyer where one is given.

    Raises:
        NoEInvoice: there is none such.
        InvalidField: a buyer that cannot be printed.
        IllegalEInvoiceStep: it was not refused.
        ReceiptBlocked: one of its receipts counts no more.
    """
    named = None if buyer is None else checked_buyer(buyer)

    def work(tx: UnitOfWork) -> None:
        held = next(one for one in _held(tx, e_invoice).parts if one.id == e_invoice)
        state = after(held.state, Event.SENT_AGAIN)
        if held.kind is Kind.ORIGINAL:
            refuse_blocked(repository.sources(tx, held.id))
        repository.save(
            tx,
            held,
            state,
            next_at=tx.now(),
            buyer=None if named is None else repository.sealed(runtime.keys, named),
        )
        audit.append(tx, "einvoice.sent_again", f"e_invoice:{e_invoice}")

    runtime.database.run(scope, work)


def _numbered(tx: UnitOfWork, payments: frozenset[UUID]) -> list[Receipt]:
    found = repository.receipts_of(tx, payments)
    if len(found) != len(payments):
        raise NotFound("one of the payments has no numbered receipt")
    return found


def _one_invoice(receipts: Sequence[Receipt]) -> UUID:
    refuse_blocked(receipts)
    invoices_of = {one.invoice for one in receipts}
    invoice = next(iter(invoices_of), None)
    if invoice is None or len(invoices_of) != 1:
        raise InvalidField("receipts", "einvoice_receipts")
    return invoice


def _held(tx: UnitOfWork, e_invoice: UUID) -> Chain:
    """Hold the hospital's invoice of a chain, then read the chain."""
    found = repository.one(tx, e_invoice)
    lock(tx, found.invoice)
    return repository.chain(tx, found.root)
