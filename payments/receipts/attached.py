"""
Keeps what money in suspense was found to be: by a person, or by a gateway that told of it late.

Money that is attached to an invoice is a payment of it like any other: the page lists it and the
job numbers its receipt. It had been received before, so this payment *received* nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import func, insert, select

from payments import audit, jobs
from payments.invoicing import repository
from payments.invoicing.model import Invoice
from payments.kernel.money import Money, vnd
from payments.ledger.model import Subject
from payments.ledger.queries import subject_balance
from payments.receipts.model import Flag, Purpose
from payments.receipts.rows import PAYMENT, SUSPENSE_MATCH, SUSPENSE_UNMATCH
from payments.receipts.service import NUMBER_RECEIPT
from payments.storage.unit_of_work import UnitOfWork

_MATCHES: Final = UUID("7f9a4c3e-52b7-5f0d-8a41-1d2a60c3b9e8")
_KEEP: Final = insert(SUSPENSE_MATCH)
_PAY: Final = insert(PAYMENT)


@dataclass(frozen=True, slots=True)
class Match:
    """*amount* of a held bank credit leaves suspense in the ledger's transaction *txn*."""

    id: UUID
    credit: UUID
    purpose: Purpose
    amount: Money
    reason: str
    txn: UUID


def attach(tx: UnitOfWork, match: Match, invoice: Invoice, *, received_at: datetime) -> Invoice:
    """Let a match pay its held *invoice*; the payment has the match's id. Returns what is saved."""
    keep(tx, match, invoice.id)
    placed = Placed(match.id, "bank", match.amount, received_at, match.txn, match.credit)
    paid = place(tx, placed, invoice)
    audit.append(
        tx,
        "suspense.matched",
        f"bank_credit:{match.credit}",
        invoice=str(invoice.id),
        amount=match.amount.dong,
        reason=match.reason,
    )
    return paid


@dataclass(frozen=True, slots=True)
class Placed:
    """*amount* that came before, by *method*, pays an invoice in the ledger's transaction *txn*."""

    id: UUID
    method: str
    amount: Money
    received_at: datetime
    txn: UUID
    #: The transfer, where the money lay in suspense as its own.
    credit: UUID | None = None


def place(tx: UnitOfWork, placed: Placed, invoice: Invoice) -> Invoice:
    """Let money that came before pay its held *invoice*, with a receipt; returns what is saved."""
    tx.execute(
        _PAY,
        {
            "facility_id": tx.facility,
            "id": placed.id,
            "method": placed.method,
            "credit_id": placed.credit,
            "invoice_id": invoice.id,
            "intent_id": None,
            "received": 0,
            "applied": placed.amount.dong,
            "suspense": 0,
            "flags": Flag.ATTACHED.value,
            "received_at": placed.received_at,
            "txn_id": placed.txn,
            "made_at": tx.now(),
        },
    )
    paid = replace(invoice, paid=invoice.paid + placed.amount)
    repository.save(tx, paid)
    jobs.enqueue(tx, NUMBER_RECEIPT, str(placed.id))
    return replace(paid, version=invoice.version + 1)


def keep(tx: UnitOfWork, match: Match, invoice: UUID | None) -> None:
    """Note what money in suspense was, who said so and why."""
    tx.execute(
        _KEEP,
        {
            "facility_id": tx.facility,
            "id": match.id,
            "credit_id": match.credit,
            "invoice_id": invoice,
            "purpose": match.purpose.value,
            "amount": match.amount.dong,
            "reason": match.reason,
            "made_by": tx.scope.actor,
            "made_at": tx.now(),
            "txn_id": match.txn,
        },
    )


def match_id(facility: int, credit: UUID, invoice: UUID, *, turn: int = 0) -> UUID:
    """
    Name the one match that a movement and an invoice have now: a second click makes it again.

    *turn* is how many matches of the two were taken back before.
    """
    again = f":{turn}" if turn else ""
    return uuid5(_MATCHES, f"{facility}:{credit}:{invoice}{again}")


def taken_back(tx: UnitOfWork, credit: UUID, invoice: UUID) -> int:
    """Count the matches of a movement and an invoice that were taken back."""
    counted: int = tx.execute(
        select(func.count())
        .select_from(SUSPENSE_MATCH)
        .join(
            SUSPENSE_UNMATCH,
            (SUSPENSE_UNMATCH.c.facility_id == SUSPENSE_MATCH.c.facility_id)
            & (SUSPENSE_UNMATCH.c.match_id == SUSPENSE_MATCH.c.id),
        )
        .where(
            SUSPENSE_MATCH.c.facility_id == tx.facility,
            SUSPENSE_MATCH.c.credit_id == credit,
            SUSPENSE_MATCH.c.invoice_id == invoice,
        )
    ).scalar_one()
    return counted


def in_suspense(tx: UnitOfWork, credit: UUID) -> Money:
    """Tell how much of a movement waits on 2200, from the ledger itself."""
    return -subject_balance(tx, "2200", Subject("bank_credit", credit))


def matched_before(tx: UnitOfWork, match: UUID) -> Money | None:
    """Tell the amount of a match that was kept before; None where there is none of that id."""
    amount = tx.execute(
        select(SUSPENSE_MATCH.c.amount).where(
            SUSPENSE_MATCH.c.facility_id == tx.facility, SUSPENSE_MATCH.c.id == match
        )
    ).scalar()
    return None if amount is None else vnd(amount)


def is_a_patients(tx: UnitOfWork, credit: UUID) -> bool:
    """Say whether something of a bank credit named or pays an invoice."""
    found = tx.execute(
        select(PAYMENT.c.id).where(
            PAYMENT.c.facility_id == tx.facility,
            PAYMENT.c.credit_id == credit,
            PAYMENT.c.invoice_id.is_not(None),
        )
    )
    return found.first() is not None


def pays(tx: UnitOfWork, credit: UUID, invoice: UUID) -> bool:
    """Say whether something of a bank credit named or pays this invoice."""
    found = tx.execute(
        select(PAYMENT.c.id).where(
            PAYMENT.c.facility_id == tx.facility,
            PAYMENT.c.credit_id == credit,
            PAYMENT.c.invoice_id == invoice,
        )
    )
    return found.first() is not None
