"""
A split that changes after the issue: the difference is booked, told and asked for, or asked back.

    patient owes more  ─▶ P38 ─▶ the code that is shown becomes one for the rest (top-up)
    patient owes less  ─▶ P37 ─▶ what is over: the advance is freed, payments are asked back
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from payments import audit
from payments.covering import versions
from payments.covering.computing import Computed
from payments.covering.model import ClaimSent, InvoiceReduced
from payments.covering.settling import other_payer
from payments.covering.versions import Effect, Happened
from payments.insurance.coverage.parts import Parts
from payments.intents import repository as intents
from payments.intents.service import due_changed
from payments.invoicing import repository as invoices
from payments.invoicing.model import Invoice
from payments.invoicing.rows import INVOICE
from payments.invoicing.telling import tell_covered
from payments.kernel.money import ZERO, Money
from payments.ledger import Subject, ensure_account, post
from payments.ledger.posting_rules.coverage import Shift, coverage_changed
from payments.ledger.posting_rules.deposits import deposit_released
from payments.ledger.queries import moved, transactions_of
from payments.refunds.returning import ask_back
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

_SENT: Final = ("claim.submit",)
_ADVANCE: Final = ("deposit.apply", "deposit.release")


def closed_at(tx: UnitOfWork, invoice: UUID) -> datetime:
    """Say when the visit of an issued invoice ended: when it was settled."""
    found: datetime = tx.execute(
        select(INVOICE.c.issued_at).where(
            INVOICE.c.facility_id == tx.facility, INVOICE.c.id == invoice
        )
    ).scalar_one()
    return found


def change(
    tx: UnitOfWork, runtime: Runtime, invoice: Invoice, computed: Computed, reason: str
) -> Invoice:
    """
    Let a new split of a held, issued *invoice* take effect.

    Raises:
        ClaimSent: the fund has the claim.
        InvoiceReduced: credit notes and programmes took off more than the patient would owe now.
    """
    split, parts = computed.split, computed.split.parts
    before = _owed_before(tx, invoice, computed)
    claim = Subject("claim", computed.visit.claim)
    if transactions_of(tx, _SENT, claim):
        raise ClaimSent()
    if invoice.credited > parts.patient:
        raise InvoiceReduced(most=parts.patient)
    active = intents.lock_active(tx, invoice.id)
    shift = Shift(
        parts.patient - before.patient, parts.fund - before.fund, parts.others - before.others
    )
    event = new_id()
    txn = _book(tx, invoice, computed, shift, event)
    changed = replace(invoice, covered=parts.covered)
    changed, freed, asked = _give_back(tx, runtime, changed, event, reason)
    invoices.save(tx, changed)
    after = replace(changed, version=invoice.version + 1)
    if shift.patient:
        tell_covered(tx, invoice, after)
        last = None if active else intents.latest(tx, invoice.id)
        is_code = last is not None and bool(last.account)
        due_changed(tx, runtime, after, active, paid=last if is_code else None)
    kind = _kind(shift)
    happened = Happened(
        split.version, invoice.id, kind, before.patient, parts.patient, asked, freed, txn, reason
    )
    versions.add_effect(tx, computed.visit.encounter, happened)
    audit.append(
        tx,
        "insured.changed",
        f"invoice:{invoice.id}",
        effect=kind.value,
        before=before.patient.dong,
        after=parts.patient.dong,
        asked_back=asked.dong,
        reason=reason,
    )
    return after


def _owed_before(tx: UnitOfWork, invoice: Invoice, computed: Computed) -> Parts:
    """Say what each owed until now; where nobody covered the invoice, the patient owed all."""
    done = versions.effects(tx, computed.visit.encounter)
    if computed.before is not None and done:
        return computed.before.parts
    return Parts(invoice.total, invoice.total, ZERO, ZERO)


def _book(
    tx: UnitOfWork, invoice: Invoice, computed: Computed, shift: Shift, event: UUID
) -> UUID | None:
    entry = coverage_changed(
        event=event,
        invoice=invoice.id,
        claim=computed.visit.claim,
        agency=computed.visit.agency,
        shift=shift,
        other_payer=other_payer(computed),
    )
    if not entry.postings:
        return None
    for posting in entry.postings:
        ensure_account(tx, posting.debit)
        ensure_account(tx, posting.credit)
    return post(tx, entry, effective_at=tx.now(), source="cashier").txn_id


def _give_back(
    tx: UnitOfWork, runtime: Runtime, invoice: Invoice, event: UUID, reason: str
) -> tuple[Invoice, Money, Money]:
    """
    Free the advance and ask payments back for what the invoice has too much.

    Returns the invoice, what was freed, and what was asked for. The advance first: it is free at
    once and needs nobody's account.
    """
    over = invoice.paid - invoice.refunded - invoice.owed
    advance = -moved(tx, _ADVANCE, Subject("invoice", invoice.id))
    freed = max(ZERO, min(over, advance))
    if freed:
        entry = deposit_released(
            encounter=invoice.encounter, invoice=invoice.id, event=event, amount=freed
        )
        post(tx, entry, effective_at=tx.now(), source="cashier")
        invoice = replace(invoice, paid=invoice.paid - freed)
    asked = ask_back(tx, runtime, invoice, reason=reason, key=f"coverage:{event}")
    return invoice, freed, asked


def _kind(shift: Shift) -> Effect:
    if not shift.patient:
        return Effect.SAME
    return Effect.TOP_UP if shift.patient > ZERO else Effect.GIVE_BACK
