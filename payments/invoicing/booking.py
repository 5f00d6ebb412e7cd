"""Books what an invoice owes, and names the income accounts that it touches."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from payments.kernel.money import Money
from payments.ledger import ensure_account, post
from payments.ledger.posting_rules.invoices import Revenue, invoice_issued
from payments.storage.unit_of_work import UnitOfWork

PAYER_CLASS: Final = "patient"


def book(tx: UnitOfWork, invoice: UUID, revenue: dict[str, Money], total: Money) -> UUID | None:
    """Book P01; an invoice of zero books nothing, for there is nothing to move."""
    if not total:
        return None
    parts = revenue_parts(tx, revenue)
    entry = invoice_issued(invoice=invoice, version=1, patient=total, revenue=parts)
    ensure_account(tx, "1300")
    return post(tx, entry, effective_at=tx.now(), source="cashier").txn_id


def revenue_parts(tx: UnitOfWork, amounts: dict[str, Money]) -> tuple[Revenue, ...]:
    """Name the income account of each department, made on its first use."""
    for code in amounts:
        ensure_account(tx, f"4000:{code}:{PAYER_CLASS}")
    return tuple(
        Revenue(department=code, payer_class=PAYER_CLASS, amount=amount)
        for code, amount in amounts.items()
    )
