"""Tells connected programs what happened to an invoice, in the commit in which it happens."""

from __future__ import annotations

from typing import Final

from payments.events.model import Amounts, Kind
from payments.events.writing import append
from payments.invoicing.model import Invoice, amount_due
from payments.invoicing.status import Payment
from payments.storage.unit_of_work import UnitOfWork

_SETTLED: Final = frozenset({Payment.PAID, Payment.OVER})


def tell(tx: UnitOfWork, kind: Kind, invoice: Invoice) -> None:
    """Write one event about *invoice* as it is after the change."""
    append(
        tx,
        kind,
        Amounts(
            invoice=invoice.id,
            number=invoice.number,
            document=invoice.document.value,
            payment=invoice.payment.value,
            version=invoice.version,
            total=invoice.total.dong,
            credited=invoice.credited.dong,
            paid=invoice.paid.dong,
            refunded=invoice.refunded.dong,
            due=amount_due(invoice).dong,
        ),
    )


def tell_issued(tx: UnitOfWork, invoice: Invoice) -> None:
    """Tell of a new invoice; one of zero is settled the moment it is issued, and says so too."""
    tell(tx, Kind.ISSUED, invoice)
    if invoice.payment in _SETTLED:
        tell(tx, Kind.PAID, invoice)


def tell_received(tx: UnitOfWork, invoice: Invoice) -> None:
    """Tell that money was applied to *invoice*."""
    tell(tx, Kind.PAID if invoice.payment in _SETTLED else Kind.PARTLY_PAID, invoice)


def tell_credited(tx: UnitOfWork, before: Invoice, after: Invoice) -> None:
    """Tell of a credit note; where it settles the invoice, whoever waits for *paid* hears of it."""
    tell(tx, Kind.CREDITED, after)
    if after.payment in _SETTLED and before.payment not in _SETTLED:
        tell(tx, Kind.PAID, after)


def tell_covered(tx: UnitOfWork, before: Invoice, after: Invoice) -> None:
    """Tell that others owe more or less of *after*; whoever waits for *paid* hears of it too."""
    tell(tx, Kind.COVERED, after)
    if after.payment in _SETTLED and before.payment not in _SETTLED:
        tell(tx, Kind.PAID, after)
