"""Makes one e-invoice in a transaction that holds the hospital's invoice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from payments import audit
from payments.einvoicing import repository
from payments.einvoicing.model import (
    EInvoice,
    NoEInvoiceAccount,
    Receipt,
    ReceiptBlocked,
    ReceiptTaken,
    blocked,
)
from payments.einvoicing.rows import E_INVOICE_SOURCE
from payments.einvoicing.status import State
from payments.external.einvoices import Buyer, Kind, Provider
from payments.invoicing import queries as invoices
from payments.kernel.money import ZERO, Money
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork


def provider_of(runtime: Runtime, scope: Scope) -> Provider:
    found = runtime.einvoices.of(scope.facility)
    if found is None:
        raise NoEInvoiceAccount()
    return found


def draft(
    tx: UnitOfWork,
    runtime: Runtime,
    invoice: UUID,
    receipts: Sequence[Receipt],
    buyer: Buyer | None,
) -> UUID:
    known = _known(tx, receipts)
    if known is not None:
        return known
    refuse_blocked(receipts)
    provider = provider_of(runtime, tx.scope)
    amount = sum((one.net for one in receipts), ZERO)
    made = replace(new(tx, Kind.ORIGINAL, invoice, amount), is_trial=provider.is_sandbox)
    patient = Buyer(invoices.invoice(tx, runtime.keys, invoice).patient_name)
    repository.add(tx, runtime.keys, made, buyer or patient)
    for one in receipts:
        if not repository.add_source(tx, made.id, one.payment):
            raise ReceiptTaken(f"{one.number} is in another e-invoice")
    audit.append(
        tx,
        "einvoice.made",
        f"e_invoice:{made.id}",
        amount=amount.dong,
        receipts=[one.number for one in receipts],
    )
    return made.id


def _known(tx: UnitOfWork, receipts: Sequence[Receipt]) -> UUID | None:
    """Give the e-invoice that has exactly these receipts. Raises ReceiptTaken for some of them."""
    payments = {one.payment for one in receipts}
    of_receipt = select(E_INVOICE_SOURCE.c.e_invoice_id).where(
        E_INVOICE_SOURCE.c.facility_id == tx.facility, E_INVOICE_SOURCE.c.payment_id.in_(payments)
    )
    known: set[UUID] = set(tx.execute(of_receipt).scalars())
    if not known:
        return None
    if len(known) == 1:
        [root] = known
        if {one.payment for one in repository.sources(tx, root)} == payments:
            return root
    raise ReceiptTaken("one of the receipts is in another e-invoice")


def refuse_blocked(receipts: Sequence[Receipt]) -> None:
    for one in receipts:
        why = blocked(one)
        if why is not None:
            raise ReceiptBlocked(f"no e-invoice: {why}", why=why.value)


def new(
    tx: UnitOfWork,
    kind: Kind,
    invoice: UUID,
    amount: Money,
    *,
    reason: str = "",
    root: UUID | None = None,
    corrects: UUID | None = None,
) -> EInvoice:
    made = new_id()
    return EInvoice(
        id=made,
        kind=kind,
        invoice=invoice,
        root=root or made,
        corrects=corrects,
        state=State.WAITING,
        amount=amount,
        number="",
        template="",
        lookup_code="",
        authority_code="",
        reason=reason,
        told="",
        attempts=0,
        made_at=tx.now(),
        dated_at=None,
        issued_at=None,
        is_trial=False,
    )
