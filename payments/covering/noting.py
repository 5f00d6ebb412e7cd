"""Notes what somebody gave about card and visit; the split follows in the same commit."""

from __future__ import annotations

from uuid import UUID

from payments import audit
from payments.covering import changing, checking, repository
from payments.covering.computing import compute, keep
from payments.covering.holding import hold
from payments.covering.model import VisitFacts
from payments.covering.splits import Split
from payments.invoicing.model import Invoice
from payments.invoicing.service import checked_reason
from payments.invoicing.status import Document, IllegalStep
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork


def note(
    runtime: Runtime, scope: Scope, encounter: UUID, facts: VisitFacts, *, reason: str = ""
) -> Split:
    """
    Keep *facts* and split the visit anew; before the issue the split is provisional.

    After the issue the difference is booked (P37, P38) and becomes a further amount due with a new
    code, or a request to give money back, in the same commit, with *reason*: never in silence. The
    same facts again change nothing. A card that is new here is asked about at the portal.

    Raises:
        NoInsuredVisit: nobody said that it is an insured visit.
        InvalidField: *reason* is missing although the invoice is issued.
        CodeUnknown, CategoryVisitTypeMismatch, OtherSourceNotBelowCost: as the engine says;
            nothing is kept.
        ClaimSent: the fund has the claim; nothing changes here before it is corrected there.
        InvoiceReduced: credit notes and programmes took off more than the patient would owe now.
    """

    def work(tx: UnitOfWork) -> Split:
        repository.visit(tx, encounter)
        invoice = hold(tx, encounter)
        if invoice is not None and invoice.document is not Document.ISSUED:
            raise IllegalStep("the invoice of the visit is not issued")
        known = repository.facts(tx, runtime.keys, encounter)
        told = checked_reason(reason) if invoice is not None or reason else ""
        is_new = known is None or known[1] != facts
        if is_new:
            number = 1 if known is None else known[0] + 1
            repository.add_facts(tx, runtime.keys, encounter, number, facts, told)
            audit.append(
                tx,
                "insured.noted",
                f"encounter:{encounter}",
                version=number,
                category=facts.category,
                visit_type=facts.visit_type,
                cards=len(facts.cards),
            )
        # Also for equal facts: of two cards the second is asked about after the first.
        checking.ask(tx, runtime.keys, encounter, facts, is_new=is_new)
        return _split(tx, runtime, encounter, invoice, told)

    return runtime.database.run(scope, work)


def _split(
    tx: UnitOfWork, runtime: Runtime, encounter: UUID, invoice: Invoice | None, reason: str
) -> Split:
    if invoice is None:
        return keep(tx, compute(tx, runtime.keys, encounter, until=tx.now(), is_closed=False))
    until = changing.closed_at(tx, invoice.id)
    computed = compute(tx, runtime.keys, encounter, until=until, is_closed=True)
    split = keep(tx, computed)
    if computed.is_new:
        changing.change(tx, runtime, invoice, computed, reason)
    return split
