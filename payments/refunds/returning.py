"""Asks for all that is over of an invoice to go back, payment by payment, in a running commit."""

from __future__ import annotations

from uuid import UUID

from payments import audit
from payments.channels.service import adapter_of, valid_versions
from payments.gateway import Refunds
from payments.invoicing.model import Invoice
from payments.kernel.errors import Rejected
from payments.kernel.money import ZERO, Money
from payments.refunds import (
    movable,
    payback_repository,
    paying_back,
    repository,
    requesting,
    voiding,
)
from payments.refunds.movable import Paid
from payments.refunds.moves import Part
from payments.refunds.paybacks import PERSON_MAX, PERSON_SPAN
from payments.refunds.paying_back import PaybackRequest
from payments.refunds.sources import Source, source
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork


def ask_back(tx: UnitOfWork, runtime: Runtime, invoice: Invoice, *, reason: str, key: str) -> Money:
    """
    Ask that what a held *invoice* has too much goes back; returns how much was asked for.

    The newest payment first. What a gateway brought goes back through it where it can, the rest to
    an account that its payee names; each request waits for a second person. Less than what is over
    is asked for where a person's limit of thirty days is reached: finance decides about the rest.
    """
    asked = ZERO
    payments = [one for one in movable.of_invoice(tx, invoice.id) if one.is_applied]
    for place, of in enumerate(reversed(payments), start=1):
        free = movable.movable(tx, of, invoice).over
        if free > ZERO:
            asked += _ask(tx, runtime, of, free, reason, f"{key}:{place}")
    return asked


def _ask(tx: UnitOfWork, runtime: Runtime, of: Paid, amount: Money, reason: str, key: str) -> Money:
    through = _gateway(tx, runtime, of.payment, amount)
    if through is None:
        return _to_account(tx, of, amount, reason, key)
    made = requesting.new(tx, through, amount, reason, key, (ZERO, amount))
    repository.add(tx, made)
    audit.append(
        tx,
        "refund.requested",
        f"refund:{made.id}",
        payment=str(of.payment),
        amount=amount.dong,
        reason=reason,
    )
    return amount


def _gateway(tx: UnitOfWork, runtime: Runtime, payment: UUID, amount: Money) -> Source | None:
    """Find the gateway that gives *amount* of a payment back; None where none does."""
    try:
        of = source(tx, payment)
        voiding.check(tx, runtime, of, amount, amount)
    except Rejected:
        return None
    versions = valid_versions(tx, runtime, of.channel)
    adapter = adapter_of(runtime, versions[0]) if versions else None
    return of if isinstance(adapter, Refunds) else None


def _to_account(tx: UnitOfWork, of: Paid, amount: Money, reason: str, key: str) -> Money:
    assert of.invoice is not None, "what pays an invoice names it"
    patient = movable.patient_of(tx, of.invoice)
    before = payback_repository.for_patient(tx, patient, tx.now() - PERSON_SPAN)
    amount = min(amount, PERSON_MAX - before)
    if amount <= ZERO:
        return ZERO
    asked = PaybackRequest(of.payment, amount, reason, key)
    made = paying_back.new(tx, of, asked, reason, Part.INVOICE)
    payback_repository.add(tx, made)
    audit.append(tx, "payback.requested", f"payback:{made.id}", amount=amount.dong, reason=reason)
    return amount
