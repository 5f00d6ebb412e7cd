"""Closes an insured visit: the settlement invoice, what each payer owes, the advance applied."""

from __future__ import annotations

import hashlib
from typing import Final
from uuid import UUID

from payments.catalogue.model import ServiceItem
from payments.covering import checking, versions
from payments.covering.computing import Computed, compute, keep
from payments.covering.holding import hold, invoice_of
from payments.covering.model import InsuredLine, SplitChanged
from payments.covering.versions import Effect, Happened
from payments.insurance.coverage.parts import earned
from payments.invoicing import making
from payments.invoicing.making import Making
from payments.invoicing.model import Invoice, Line
from payments.invoicing.service import SERIES
from payments.invoicing.status import Document, Event, after
from payments.kernel.money import ZERO, Money
from payments.kernel.scope import Scope
from payments.ledger import Subject, ensure_account, post
from payments.ledger.posting_rules.deposits import deposit_applied
from payments.ledger.posting_rules.invoices import Revenue, invoice_issued
from payments.ledger.queries import subject_balance
from payments.numbering.service import NumberTaken, take, use
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

DEPOSITS: Final = "2000"


def settle(runtime: Runtime, scope: Scope, encounter: UUID, *, seen: Money) -> UUID:
    """
    Issue the settlement invoice of an insured visit, at the patient's part that was *seen*.

    Patient, fund and other payers are booked to owe their parts (P01) with the rounding (P45); an
    advance of the encounter pays what it can (P14). What the invoice asks for is what every screen,
    code and paper shows. A repeat gives the same invoice.

    Raises:
        NoInsuredVisit, NoCardYet: there is nothing to settle.
        SplitChanged: the patient's part is another than *seen*; nothing is kept.
    """
    key = f"settle:{encounter}"
    with runtime.database.reading(scope) as tx:
        known = invoice_of(tx, encounter)
        if known is not None:
            return known
        # Refuse before a number is reserved for nothing.
        _check(compute(tx, runtime.keys, encounter, until=tx.now(), is_closed=True), seen)
    with runtime.database.transaction(scope) as tx:
        number = take(tx, SERIES, f"invoice:{key}", state="reserved")
    try:
        return runtime.database.run(
            scope, lambda tx: _settle(tx, runtime, encounter, seen, number, key)
        )
    except NumberTaken:
        # The other click committed while this one waited for its number.
        with runtime.database.reading(scope) as tx:
            known = invoice_of(tx, encounter)
        if known is None:
            raise
        return known


def _check(computed: Computed, seen: Money) -> None:
    if computed.split.parts.patient != seen:
        raise SplitChanged()


def _settle(
    tx: UnitOfWork, runtime: Runtime, encounter: UUID, seen: Money, number: str, key: str
) -> UUID:
    held = hold(tx, encounter)
    if held is not None:
        return held.id
    use(tx, SERIES, f"invoice:{key}")
    computed = compute(tx, runtime.keys, encounter, until=tx.now(), is_closed=True)
    _check(computed, seen)
    split = keep(tx, computed)
    checking.ask_before_closing(tx, runtime.keys, encounter, computed.facts)
    invoice = new_id()
    txn = book(tx, invoice, computed)
    parts = split.parts
    deposit = _apply_deposit(tx, encounter, invoice, parts.patient)
    issued = after(Document.DRAFT, Event.ISSUE)
    made = Invoice(
        invoice, encounter, number, issued, 1, parts.total, ZERO, deposit, ZERO, parts.covered
    )
    how = Making(key, hashlib.sha256(computed.inputs).digest(), txn)
    making.add(tx, made, [_line(one) for one in computed.lines], how)
    happened = Happened(
        split.version, invoice, Effect.ISSUE, ZERO, parts.patient, ZERO, ZERO, txn, ""
    )
    versions.add_effect(tx, encounter, happened)
    return invoice


def book(tx: UnitOfWork, invoice: UUID, computed: Computed) -> UUID | None:
    """Book P01 of a split; a visit without cost books nothing."""
    parts = computed.split.parts
    if not parts.total:
        return None
    departments = [one.department for one in computed.lines]
    revenue = [
        Revenue(one.department, one.payer_class, one.amount)
        for one in earned(computed.coverage, departments)
    ]
    payer = other_payer(computed)
    entry = invoice_issued(
        invoice=invoice,
        version=1,
        patient=parts.patient,
        fund=parts.fund,
        fund_agency=computed.visit.agency,
        claim=computed.visit.claim,
        other=parts.others,
        other_payer=payer,
        revenue=revenue,
    )
    for posting in entry.postings:
        ensure_account(tx, posting.debit)
        ensure_account(tx, posting.credit)
    return post(tx, entry, effective_at=tx.now(), source="cashier").txn_id


def other_payer(computed: Computed) -> str:
    """Name the account of the other payer of a visit (1500): its source as claims call it."""
    for line in computed.coverage.lines:
        four = line.line.sources
        for name in ("nsnn", "vtnn", "vttn", "cl"):
            if getattr(four, name):
                return name.upper()
    return "CL"


def deposit_of(tx: UnitOfWork, encounter: UUID) -> Money:
    """Say what the encounter still has as an advance."""
    return -subject_balance(tx, DEPOSITS, Subject("encounter", encounter))


def _apply_deposit(tx: UnitOfWork, encounter: UUID, invoice: UUID, due: Money) -> Money:
    amount = min(deposit_of(tx, encounter), due)
    if amount <= ZERO:
        return ZERO
    entry = deposit_applied(encounter=encounter, invoice=invoice, application=1, amount=amount)
    post(tx, entry, effective_at=tx.now(), source="cashier")
    return amount


def _line(one: InsuredLine) -> Line:
    item = ServiceItem(one.service_code, one.description, one.department, "", one.price)
    return Line(item, one.quantity)
