"""A code on paper: it lives for days, for whoever pays from home."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from payments import audit
from payments.intents import repository
from payments.intents.model import Intent
from payments.invoicing import repository as invoices
from payments.invoicing.model import amount_due
from payments.kernel.calendar import HospitalDay
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
        if not codes or codes[-1].expires_at <= now or codes[-1].amount != amount_due(held):
            raise NoOpenCode()
        last_day = HospitalDay.of(now).plus(runtime.settings.slip_days)
        # People read midnight as either of two days.
        ends = last_day.ends_at - timedelta(seconds=1)
        if codes[-1].expires_at >= ends:
            return codes[-1]
        kept = repository.extend(tx, codes[-1], ends)
        invoices.touch(tx, invoice)
        audit.append(tx, "intent.printed", f"intent:{kept.id}", until=ends.isoformat())
        return kept

    return runtime.database.run(scope, work)
