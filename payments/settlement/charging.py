"""
The patient owes what the fund refused for good (P35): by two people, where the law permits it.

    UPHELD ─asked─▶ CHARGE_ASKED ─by another─▶ CHARGED
                         └─turned down─▶ UPHELD

Whatever is not charged stays the hospital's (P34, ``writing_off``). The debt is on the settlement
invoice of the visit: its covered part becomes smaller, so that desk, code and paper ask for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import bindparam, insert, select

from payments import audit
from payments.covering.holding import hold
from payments.insurance.coverage.rows_of_law import Basis
from payments.intents import repository as intents
from payments.intents.service import due_changed
from payments.invoicing import repository as invoices
from payments.invoicing.model import Invoice
from payments.invoicing.service import checked_reason
from payments.invoicing.status import Document
from payments.invoicing.telling import tell_covered
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money, vnd
from payments.kernel.scope import Scope
from payments.ledger.posting_rules.insurance import rejection_to_patient
from payments.ledger.service import post
from payments.runtime import Runtime
from payments.settlement import repository
from payments.settlement.model import ChargeSamePerson, NoInsuredInvoice, NotThePatients
from payments.settlement.permitting import permission
from payments.settlement.refusing import Held, change, claim_of, hold_refusal, run_held
from payments.settlement.rows import REFUSAL_CHARGE
from payments.settlement.status import Answer, Refused, answered
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

_DECISIONS: Final = UUID("f0f6b0a1-7a2a-5a5e-9f2b-4f7a2f0f3c11")
_CHARGES: Final = Prepared(
    select(REFUSAL_CHARGE)
    .where(mine(REFUSAL_CHARGE), REFUSAL_CHARGE.c.invoice_id == bindparam("invoice"))
    .order_by(REFUSAL_CHARGE.c.made_at, REFUSAL_CHARGE.c.refusal_id)
)


@dataclass(frozen=True, slots=True)
class Charge:
    """What of a refusal became the patient's; *basis* is the id of the article."""

    refusal: UUID
    amount: Money
    reason: str
    basis: str
    at: datetime
    by: str


def ask_charge(runtime: Runtime, scope: Scope, refusal: UUID, reason: str) -> None:
    """
    Ask that the patient bears a refused amount; another person decides, and nothing is owed yet.

    Raises:
        InvalidField: *reason* is empty or too long.
        NotThePatients: the law does not permit it for the reason of the refusal.
        NoInsuredInvoice: nothing here bills the visit with a part of the fund.
        NoRefusal, IllegalRefusalStep: there is none, or it is not upheld.
    """
    cleaned = checked_reason(reason)

    def work(tx: UnitOfWork, held: Held) -> None:
        if Refused(held.refusal.state) is Refused.CHARGE_ASKED:
            return
        state = answered(Refused(held.refusal.state), Answer.CHARGE_ASKED)
        _basis(tx, held)
        if held.claim.encounter is None:
            raise NoInsuredInvoice()
        change(tx, refusal, state=state.value, note=cleaned, asked_by=tx.scope.actor)
        repository.step(tx, held.claim.id, state.value, reason=cleaned)

    run_held(runtime, scope, refusal, work)


def charge(runtime: Runtime, scope: Scope, refusal: UUID) -> None:
    """
    Let the patient owe what is left of a refused amount (P35); twice is once.

    A code that is shown becomes one for the new rest.

    Raises:
        ChargeSamePerson: whoever asked for it does not approve it.
        NotThePatients, NoInsuredInvoice: the law or the invoice changed since it was asked.
        NoRefusal, IllegalRefusalStep: there is none, or nobody has asked.
    """

    def work(tx: UnitOfWork) -> None:
        encounter = repository.read(tx, claim_of(tx, refusal)).encounter
        # Invoice and codes before the claim: the one lock order.
        invoice = None if encounter is None else hold(tx, encounter)
        active = intents.lock_active(tx, invoice.id) if invoice is not None else []
        held = hold_refusal(tx, refusal)
        row, claim = held.refusal, held.claim
        if Refused(row.state) is Refused.CHARGED:
            return
        state = answered(Refused(row.state), Answer.CHARGED)
        if row.asked_by == tx.scope.actor:
            raise ChargeSamePerson()
        basis = _basis(tx, held)
        left = vnd(row.amount - row.won)
        billed = _charged_invoice(invoice, left, is_same=claim.encounter == encounter)
        entry = rejection_to_patient(
            decision=uuid5(_DECISIONS, str(refusal)),
            claim=claim.id,
            invoice=billed.id,
            agency=claim.agency,
            amount=left,
        )
        txn = post(tx, entry, effective_at=tx.now(), source="finance").txn_id
        change(tx, refusal, state=state.value, approved_by=tx.scope.actor)
        repository.save(tx, [replace(claim, charged=claim.charged + left)])
        repository.step(tx, claim.id, state.value, left, reason=row.note, txn=txn)
        _keep(tx, held, billed, left, basis, txn)
        less_covered = replace(billed, covered=billed.covered - left)
        invoices.save(tx, less_covered)
        after = replace(less_covered, version=billed.version + 1)
        tell_covered(tx, billed, after)
        due_changed(tx, runtime, after, active)
        audit.append(
            tx,
            "refusal.charged",
            f"refusal:{refusal}",
            amount=left.dong,
            invoice=billed.number,
            basis=basis.id,
        )

    runtime.database.run(scope, work)


def charges_of(tx: UnitOfWork, invoice: UUID) -> tuple[Charge, ...]:
    """List what the fund refused of an invoice and its patient owes, first first."""
    return tuple(
        Charge(row.refusal_id, vnd(row.amount), row.reason, row.legal_basis, row.made_at,
               row.made_by)
        for row in _CHARGES.all(tx, invoice=invoice)
    )  # fmt: skip


def _basis(tx: UnitOfWork, held: Held) -> Basis:
    allowed = permission(held.refusal.reason_code, HospitalDay.of(tx.now()).date)
    if not allowed.patient_may_owe:
        raise NotThePatients()
    return allowed.basis


def _charged_invoice(invoice: Invoice | None, amount: Money, *, is_same: bool) -> Invoice:
    is_issued = invoice is not None and invoice.document is Document.ISSUED
    if invoice is None or not is_issued or not is_same or invoice.covered < amount:
        raise NoInsuredInvoice()
    return invoice


def _keep(
    tx: UnitOfWork, held: Held, invoice: Invoice, amount: Money, basis: Basis, txn: UUID
) -> None:
    tx.execute(
        insert(REFUSAL_CHARGE),
        {
            "facility_id": tx.facility,
            "refusal_id": held.refusal.id,
            "invoice_id": invoice.id,
            "amount": amount.dong,
            "reason": held.refusal.note,
            "legal_basis": basis.id,
            "txn_id": txn,
            "made_at": tx.now(),
            "made_by": tx.scope.actor,
        },
    )
