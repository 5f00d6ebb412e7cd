"""One match becomes money and evidence in one commit, be it a rule's or a person's."""

from __future__ import annotations

from uuid import UUID, uuid5

from payments.invoicing.service import checked_reason
from payments.kernel.errors import Conflict
from payments.kernel.scope import Scope
from payments.matching import repository
from payments.matching.model import Effect, Planned, State
from payments.matching.wording import kept
from payments.receipts.attached import in_suspense
from payments.receipts.model import Purpose
from payments.reconciliation import income, resolving
from payments.reconciliation.resolving import Match
from payments.reconciliation.suggesting import find, suggestions
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: Names the decision of a bank's own line, which has no match in suspense.
_FEES = UUID("5b0f2a0e-1c6d-5d52-9a34-0f5f3f1a7c11")


class NotAsPlanned(Conflict):
    """Line, invoice or rule changed since the rule was held against them."""

    code = "not-as-planned"


def apply(runtime: Runtime, scope: Scope, planned: Planned) -> None:
    """
    Let a rule's match take effect, if it is still what was planned.

    Raises:
        NotAsPlanned: the rule went off, or the amounts are others now.
        Conflict: somebody else was faster.
    """
    reason = kept(planned)

    def work(tx: UnitOfWork) -> None:
        if repository.get(tx, planned.rule.id).state is not State.ON:
            raise NotAsPlanned()
        line, target = planned.line, planned.target
        evidence = {
            "credit_id": line.credit,
            "effect": target.effect.value,
            "rule_id": planned.rule.id,
            "why": reason,
        }
        match target.effect:
            case Effect.INVOICE:
                assert target.invoice is not None, "the effect says that it pays an invoice"
                done = resolving.attach_in(tx, runtime, line.credit, target.invoice, reason)
                due = line.amount - planned.difference
                if not done.is_new or done.amount != min(line.amount, due):
                    raise NotAsPlanned()
                evidence |= {"id": done.id, "invoice_id": target.invoice}
                amount = done.amount
            case Effect.BANK_FEE:
                amount = resolving.book_bank_line_in(tx, line.credit, reason)
                evidence |= {"id": uuid5(_FEES, f"{tx.facility}:{line.credit}")}
            case Effect.INTEREST | Effect.INCOME:
                if in_suspense(tx, line.credit) != line.amount:
                    raise NotAsPlanned()
                purpose = Purpose(target.effect.value)
                amount = income.take_in(tx, line.credit, purpose, reason)
                evidence |= {"id": income.match_of(tx.facility, line.credit)}
        repository.decide(tx, evidence | {"amount": amount.dong})

    runtime.database.run(scope, work)


def confirm(runtime: Runtime, scope: Scope, credit: UUID, invoice: UUID, reason: str) -> Match:
    """
    Let a person say that money in suspense pays *invoice*; what was suggested is kept with it.

    A second click finds the first match and changes nothing.

    Raises:
        InvalidField: *reason* is empty or too long.
        NotFound: no such movement or invoice.
        NothingInSuspense, InvoiceOwesNothing: there is nothing to match.
    """
    cleaned = checked_reason(reason)
    with runtime.database.reading(scope) as tx:
        told = suggestions(tx, runtime, find(tx, credit))
    guess = next((one for one in told if one.invoice == invoice), None)

    def work(tx: UnitOfWork) -> Match:
        done = resolving.attach_in(tx, runtime, credit, invoice, cleaned)
        if done.is_new:
            evidence = {
                "id": done.id,
                "credit_id": credit,
                "invoice_id": invoice,
                "effect": Effect.INVOICE.value,
                "amount": done.amount.dong,
                "score": None if guess is None else guess.score,
                "why": cleaned,
            }
            repository.decide(tx, evidence)
        return done

    return runtime.database.run(scope, work)
