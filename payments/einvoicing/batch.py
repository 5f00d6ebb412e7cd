"""The end of a day: e-invoices of every receipt that has none, one for each invoice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import Final
from uuid import UUID

from payments.einvoicing import repository
from payments.einvoicing.drafting import draft
from payments.einvoicing.model import blocked
from payments.einvoicing.rows import E_INVOICE_SOURCE
from payments.external.einvoices import Provider
from payments.invoicing.repository import lock
from payments.kernel.calendar import HOSPITAL_ZONE, HospitalDay
from payments.kernel.scope import Scope
from payments.receipts.rows import PAYMENT, RECEIPT
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: From then on the receipts of a day get their e-invoices: who wants another buyer on it has asked
#: by then (Decree 123/2020/ND-CP, article 9, clause 4: of the day's fee receipts, at its end).
BATCH_FROM: Final = time(21, 0)
#: Invoices of one look at the day: others can write between two.
_BATCH_MAX: Final = 200


def draft_due(runtime: Runtime, scope: Scope) -> int:
    """Make the e-invoices of days that ended, and of today from 21:00 on; returns how many."""
    provider = runtime.einvoices.of(scope.facility)
    if provider is None:
        return 0
    with runtime.database.reading(scope) as tx:
        due = _due(tx, provider)
    made = 0
    for invoice, payments in due.items():
        made += runtime.database.run(scope, _drafting(runtime, invoice, payments))
    return made


def _due(tx: UnitOfWork, provider: Provider) -> dict[UUID, list[UUID]]:
    """Find receipts without an e-invoice by their invoices; what is blocked is found out later."""
    now = tx.now()
    local = now.astimezone(HOSPITAL_ZONE)
    until = now if local.time() >= BATCH_FROM else HospitalDay.of(now).starts_at
    rows = tx.execute(
        repository.receipts()
        .where(
            RECEIPT.c.facility_id == tx.facility,
            RECEIPT.c.issued_at >= HospitalDay(provider.since).starts_at,
            RECEIPT.c.issued_at < until,
            PAYMENT.c.invoice_id.is_not(None),
            E_INVOICE_SOURCE.c.payment_id.is_(None),
        )
        .limit(_BATCH_MAX * 5)
    )
    due: dict[UUID, list[UUID]] = {}
    for found in map(repository.receipt, rows):
        if blocked(found) is None and found.invoice is not None:
            due.setdefault(found.invoice, []).append(found.payment)
    return dict(list(due.items())[:_BATCH_MAX])


def _drafting(runtime: Runtime, invoice: UUID, payments: list[UUID]) -> Callable[[UnitOfWork], int]:
    def work(tx: UnitOfWork) -> int:
        lock(tx, invoice)
        # Read again, now that nobody can cancel the invoice or take a payment back.
        free = [
            one
            for one in repository.receipts_of(tx, payments)
            if one.state is None and blocked(one) is None
        ]
        if free:
            draft(tx, runtime, invoice, free, None)
        return len(free)

    return work
