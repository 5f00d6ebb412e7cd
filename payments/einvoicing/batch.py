"""The end of a day: e-invoices of every receipt that has none, one for each invoice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import time
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import Select, or_

from payments.einvoicing import repository
from payments.einvoicing.drafting import draft
from payments.einvoicing.model import Receipt, blocked
from payments.einvoicing.rows import E_INVOICE_SOURCE
from payments.external.einvoices import Provider
from payments.invoicing.repository import lock
from payments.kernel.calendar import HOSPITAL_ZONE, HospitalDay
from payments.kernel.errors import VienphiError
from payments.kernel.scope import Scope
from payments.receipts.rows import PAYMENT, RECEIPT
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: From then on the receipts of a day get their e-invoices: who wants another buyer on it has asked
#: by then (Decree 123/2020/ND-CP, article 9, clause 4: of the day's fee receipts, at its end).
BATCH_FROM: Final = time(21, 0)
#: Receipts of one question: of a large hospital's day nearly all.
_PAGE: Final = 5_000
_log = structlog.get_logger("einvoices")


def draft_due(runtime: Runtime, scope: Scope) -> int:
    """
    Make the e-invoices of days that ended, and of today from 21:00 on; returns how many.

    All that is due, for it has a loop of its own; each invoice in a commit. Receipts that get none
    stay where they are and are passed over, however many the years bring.
    """
    provider = runtime.einvoices.of(scope.facility)
    if provider is None:
        return 0
    made, after = 0, None
    while True:
        with runtime.database.reading(scope) as tx:
            page = [repository.receipt(row) for row in tx.execute(_page(tx, provider, after))]
        if not page:
            return made
        after = page[-1]
        for invoice, payments in _by_invoice(page).items():
            try:
                made += runtime.database.run(scope, _drafting(runtime, invoice, payments))
            except VienphiError as error:
                # A patient whose name no key opens, for one: the others get theirs all the same.
                _log.error("einvoices.not_made", facility=scope.facility, error=error.code)


def _page(tx: UnitOfWork, provider: Provider, after: Receipt | None) -> Select[Any]:
    """Ask for receipts without an e-invoice, in the order of their numbering."""
    now = tx.now()
    is_evening = now.astimezone(HOSPITAL_ZONE).time() >= BATCH_FROM
    asked = repository.receipts().where(
        RECEIPT.c.facility_id == tx.facility,
        RECEIPT.c.issued_at >= HospitalDay(provider.since).starts_at,
        RECEIPT.c.issued_at < (now if is_evening else HospitalDay.of(now).starts_at),
        PAYMENT.c.invoice_id.is_not(None),
        E_INVOICE_SOURCE.c.payment_id.is_(None),
    )
    if after is not None:
        is_later = (RECEIPT.c.issued_at == after.issued_at) & (RECEIPT.c.number > after.number)
        asked = asked.where(or_(RECEIPT.c.issued_at > after.issued_at, is_later))
    return asked.limit(_PAGE)


def _by_invoice(page: Sequence[Receipt]) -> dict[UUID, list[UUID]]:
    due: dict[UUID, list[UUID]] = {}
    for one in page:
        if blocked(one) is None and one.invoice is not None:
            due.setdefault(one.invoice, []).append(one.payment)
    return due


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
