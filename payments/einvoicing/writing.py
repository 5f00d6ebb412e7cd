"""Writes what stands on an e-invoice: the services where they add up, else the receipts."""

from __future__ import annotations

from typing import Final

from payments.einvoicing import repository
from payments.einvoicing.model import EInvoice, Receipt
from payments.external.einvoices import Corrected, Draft, Item, Kind
from payments.invoicing import queries as invoices
from payments.invoicing.queries import InvoiceView
from payments.keys import Keys
from payments.storage.unit_of_work import UnitOfWork
from payments.words.catalogue import say

#: An e-invoice is written in Vietnamese (Decree 123/2020/ND-CP, article 10, clause 13).
_LANGUAGE: Final = "vi"


def draft_of(tx: UnitOfWork, keys: Keys, held: EInvoice) -> Draft:
    """Write *held* as it is sent: the same at every try, for nothing that it says can change."""
    corrects = None
    if held.corrects is not None:
        old = repository.one(tx, held.corrects)
        corrects = Corrected(old.number, old.template, old.issued_at or old.made_at)
    view = invoices.invoice(tx, keys, held.invoice)
    return Draft(
        name=held.id,
        kind=held.kind,
        dated_at=held.dated_at or held.made_at,
        buyer=repository.buyer(tx, keys, held.id),
        items=items(held, view, repository.sources(tx, held.root)),
        amount=held.amount,
        corrects=corrects,
        reason=held.reason,
    )


def items(held: EInvoice, view: InvoiceView, receipts: list[Receipt]) -> tuple[Item, ...]:
    """
    List the services where the receipts pay exactly these, else name the receipts in one line.

    A part that was paid, a credit or what an insurer pays belongs to no line by itself: an amount
    that was shared out by us would be on no paper of the hospital.
    """
    is_whole = held.kind is not Kind.ADJUSTMENT and held.amount == view.total == view.owed
    if is_whole and view.lines:
        return tuple(
            Item(one.description, one.quantity, one.unit_price, one.amount) for one in view.lines
        )
    key = "einvoice.adjusts" if held.kind is Kind.ADJUSTMENT else "einvoice.of_receipts"
    numbers = ", ".join(one.number for one in receipts)
    name = say(key, _LANGUAGE, {"receipts": numbers, "invoice": view.number})
    return (Item(name, 1, held.amount, held.amount),)
