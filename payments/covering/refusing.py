"""
The fund refuses later: nothing happens to the patient by itself.

    sent (P28) ─refused (P32)─▶ waits for a person ─▶ the hospital bears it (P34)
                                                   └▶ the patient owes it (P35), if the law allows
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from payments import audit
from payments.covering import refusals, repository
from payments.covering.holding import hold
from payments.covering.permitting import permission
from payments.covering.refusals import (
    Bearer,
    Decision,
    NotClaimed,
    NotThePatients,
    Refusal,
)
from payments.intents import repository as intents
from payments.intents.service import due_changed
from payments.invoicing import repository as invoices
from payments.invoicing.model import Invoice
from payments.invoicing.service import checked_reason
from payments.invoicing.status import Document
from payments.invoicing.telling import tell_covered
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money
from payments.kernel.scope import Scope
from payments.ledger import Entry, Subject, ensure_account, post
from payments.ledger.posting_rules.insurance import (
    claim_rejected,
    claim_submitted,
    rejection_to_patient,
    rejection_written_off,
)
from payments.ledger.queries import subject_balance
from payments.refunds.model import SamePerson
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork


def send(runtime: Runtime, scope: Scope, encounter: UUID, *, submission: int = 1) -> Money:
    """
    Book that the claim of a settled visit was sent (P28); returns the amount. Twice is once.

    Raises:
        NoInsuredVisit: it is none.
        NotClaimed: it is not settled, or the fund owes nothing of it.
    """

    def work(tx: UnitOfWork) -> Money:
        visit = repository.visit(tx, encounter)
        hold(tx, encounter)
        claim = Subject("claim", visit.claim)
        unsent = subject_balance(tx, f"1400:{visit.agency}", claim)
        sent = subject_balance(tx, f"1410:{visit.agency}", claim)
        if unsent <= ZERO:
            if sent > ZERO:
                return sent
            raise NotClaimed()
        entry = claim_submitted(
            claim=visit.claim, submission=submission, agency=visit.agency, amount=unsent
        )
        _post(tx, entry)
        audit.append(tx, "claim.sent", f"encounter:{encounter}", amount=unsent.dong)
        return unsent

    return runtime.database.run(scope, work)


def note_refusal(
    runtime: Runtime,
    scope: Scope,
    encounter: UUID,
    amount: Money,
    *,
    reason_code: str,
    notice: str,
    key: str,
) -> UUID:
    """
    Note that the fund refused *amount* by *notice* (P32): the patient owes what they owed before.

    A repeat of *key* gives the same refusal.

    Raises:
        NoInsuredVisit: it is none.
        NotClaimed: the claim was not sent, or has less left.
        InvalidField: no such reason, or an amount below 1 đ, or an empty notice.
    """
    told = checked_reason(notice)

    def work(tx: UnitOfWork) -> UUID:
        visit = repository.visit(tx, encounter)
        hold(tx, encounter)
        known = refusals.of_key(tx, key)
        if known is not None:
            return known
        permission(reason_code, HospitalDay.of(tx.now()).date)
        claimed = subject_balance(tx, f"1410:{visit.agency}", Subject("claim", visit.claim))
        if amount > claimed:
            raise NotClaimed()
        if amount <= ZERO:
            raise InvalidField("amount", "refusal_amount", most=claimed)
        made = Refusal(new_id(), encounter, amount, reason_code, told, tx.scope.actor, amount)
        entry = claim_rejected(
            notice=made.id, claim=visit.claim, agency=visit.agency, amount=amount
        )
        refusals.add(tx, made, _post(tx, entry), key)
        audit.append(
            tx, "fund.refused", f"encounter:{encounter}", amount=amount.dong, code=reason_code
        )
        return made.id

    return runtime.database.run(scope, work)


def decide(runtime: Runtime, scope: Scope, refusal: UUID, decision: Decision) -> None:
    """
    Let somebody bear a part of a refusal, by a person's decision with its reason.

    The hospital may always bear it. The patient owes it only where the table of reasons permits it
    on the day, by its article, and by the decision of another person than who noted the refusal;
    the code then asks for it. A repeat of the key changes nothing.

    Raises:
        NoRefusal: no such refusal.
        NotThePatients: the law does not permit it, or the visit has no issued invoice.
        SamePerson: the one who noted it does not charge the patient.
        InvalidField: more than is open, or no reason.
    """
    reason = checked_reason(decision.reason)
    decision = replace(decision, reason=reason)
    with runtime.database.reading(scope) as tx:
        encounter = refusals.get(tx, refusal).encounter

    def work(tx: UnitOfWork) -> None:
        invoice = hold(tx, encounter)
        found = refusals.get(tx, refusal)
        if refusals.is_decided(tx, decision.key):
            return
        if not ZERO < decision.amount <= found.open:
            raise InvalidField("amount", "refusal_amount", most=found.open)
        made = new_id()
        match decision.bearer:
            case Bearer.HOSPITAL:
                basis, txn = "", _hospital(tx, made, found, decision)
            case Bearer.PATIENT:
                basis, txn = _patient(tx, runtime, made, found, decision, invoice)
        refusals.add_decision(tx, made, refusal, decision, basis, txn)
        audit.append(
            tx,
            "refusal.decided",
            f"encounter:{encounter}",
            bearer=decision.bearer.value,
            amount=decision.amount.dong,
            basis=basis,
            reason=reason,
        )

    runtime.database.run(scope, work)


def _hospital(tx: UnitOfWork, made: UUID, found: Refusal, decision: Decision) -> UUID:
    visit = repository.visit(tx, found.encounter)
    entry = rejection_written_off(
        decision=made,
        claim=visit.claim,
        agency=visit.agency,
        reason=found.reason_code,
        amount=decision.amount,
    )
    return _post(tx, entry)


def _patient(
    tx: UnitOfWork,
    runtime: Runtime,
    made: UUID,
    found: Refusal,
    decision: Decision,
    invoice: Invoice | None,
) -> tuple[str, UUID]:
    allowed = permission(found.reason_code, HospitalDay.of(tx.now()).date)
    if not allowed.patient_may_owe or invoice is None or invoice.document is not Document.ISSUED:
        raise NotThePatients()
    if found.noted_by == tx.scope.actor:
        raise SamePerson()
    visit = repository.visit(tx, found.encounter)
    active = intents.lock_active(tx, invoice.id)
    entry = rejection_to_patient(
        decision=made,
        claim=visit.claim,
        invoice=invoice.id,
        agency=visit.agency,
        amount=decision.amount,
    )
    txn = _post(tx, entry)
    charged = replace(invoice, covered=invoice.covered - decision.amount)
    invoices.save(tx, charged)
    after = replace(charged, version=invoice.version + 1)
    tell_covered(tx, invoice, after)
    due_changed(tx, runtime, after, active)
    return allowed.basis.id, txn


def _post(tx: UnitOfWork, entry: Entry) -> UUID:
    for posting in entry.postings:
        ensure_account(tx, posting.debit)
        ensure_account(tx, posting.credit)
    return post(tx, entry, effective_at=tx.now(), source="finance").txn_id
