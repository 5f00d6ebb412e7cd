"""A code on paper: it lives for days, for whoever pays from home."""

from __future__ import annotations

from uuid import UUID

from payments import audit
from payments.intents import planning, repository
from payments.intents.composing import last_moment
from payments.intents.model import Intent
from payments.invoicing import repository as invoices
from payments.kernel.errors import NotFound
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork


class NoOpenCode(NotFound):
    """The invoice has no code that can be paid now, so there is none to print."""

    code = "no-open-code"


def keep_on_paper(runtime: Runtime, scope: Scope, invoice: UUID) -> Intent:
    """
    Let the open code of *invoice* live as long as the paper that it is printed on.

    It is the same code: who scans the screen and who scans the paper pay one thing. A second print
    on the same day changes nothing.

    Raises:
        NotFound: no such invoice.
        NoOpenCode: none is open, or the open one is a gateway's, which ends when the gateway says.
    """

    def work(tx: UnitOfWork) -> Intent:
        held = invoices.lock(tx, invoice)
        now = tx.now()
        codes = [one for one in repository.lock_active(tx, invoice) if one.account]
        if not codes or not codes[-1].payload or codes[-1].expires_at <= now:
            raise NoOpenCode()
        if codes[-1].amount != planning.asked(tx, held):
            raise NoOpenCode()
        ends = last_moment(runtime, now)
        if codes[-1].expires_at >= ends:
            return codes[-1]
        kept = repository.extend(tx, codes[-1], ends)
        invoices.touch(tx, invoice)
        audit.append(tx, "intent.printed", f"intent:{kept.id}", until=ends.isoformat())
        return kept

    return runtime.database.run(scope, work)
