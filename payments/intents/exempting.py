"""Exempts an invoice and its codes in one commit: what is due and what is shown never differ."""

from __future__ import annotations

from uuid import UUID

from payments.intents import repository
from payments.intents.service import due_changed
from payments.invoicing import exemptions
from payments.invoicing import repository as invoices
from payments.invoicing.exemptions import Decision
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork


def exempt_invoice(runtime: Runtime, scope: Scope, invoice: UUID, decision: Decision) -> None:
    """
    Give up a part of what *invoice* owes; the code shown becomes one for the rest.

    Raises:
        NotFound, InvalidField, KeyReusedForOther: as ``invoicing.exemptions.exempt`` says.
    """

    def work(tx: UnitOfWork) -> None:
        held = invoices.lock(tx, invoice)
        active = repository.lock_active(tx, invoice)
        exempted = exemptions.exempt(tx, held, decision)
        if exempted.version != held.version:
            due_changed(tx, runtime, exempted, active)

    runtime.database.run(scope, work)
