"""Finds the invoices that money in suspense may be for."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select

from payments.bank.model import BankCredit, Direction, NoMovement, State
from payments.bank.rows import BANK_CREDIT, EVIDENCE
from payments.bank.service import memo_of
from payments.intents.rows import INTENT
from payments.invoicing.model import amount_due
from payments.invoicing.repository import COLUMNS
from payments.invoicing.repository import model as invoice_of
from payments.invoicing.rows import INVOICE
from payments.kernel.calendar import HospitalDay
from payments.kernel.codes import candidates, near_misses
from payments.kernel.money import Money, vnd
from payments.keys import Keys
from payments.receipts.attached import in_suspense
from payments.reconciliation.matching import WINDOW, Candidate, Suggestion, suggest
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

#: Codes of the window that are looked at; more is no help to a person.
_LOOKED_AT_MAX: Final = 500
#: Guesses of one memo that are asked for.
_GUESSES_MAX: Final = 1000


def suggestions(tx: UnitOfWork, runtime: Runtime, credit: BankCredit) -> tuple[Suggestion, ...]:
    """Rank the invoices that what is left of *credit* may pay; empty when nothing is left."""
    left = in_suspense(tx, credit.id)
    if not left:
        return ()
    near = near_codes(runtime, memo_text(tx, runtime.keys, credit.id))
    return suggest(left, credit.occurred_at, near, candidates_of(tx, credit, left, near))


def near_codes(runtime: Runtime, memo: str) -> frozenset[str]:
    """Give the codes that *memo* may mean: whole, or one slip away."""
    prefix = runtime.settings.code_prefix
    # Codes that are whole are here too: a memo with those of two invoices names none.
    return frozenset((*candidates(memo, prefix), *near_misses(memo, prefix))[:_GUESSES_MAX])


def candidates_of(
    tx: UnitOfWork, credit: BankCredit, left: Money, near: frozenset[str]
) -> tuple[Candidate, ...]:
    """List open invoices by a code in *near*, or by *left* as asked within a day."""
    rows = tx.execute(
        select(*COLUMNS, INTENT.c.code, INTENT.c.made_at)
        .join(
            INTENT,
            (INTENT.c.facility_id == INVOICE.c.facility_id) & (INTENT.c.invoice_id == INVOICE.c.id),
        )
        .where(
            INVOICE.c.facility_id == tx.facility,
            INVOICE.c.document == "issued",
            INTENT.c.account == credit.account,
            or_(
                INTENT.c.code.in_(sorted(near)),
                (INTENT.c.amount == left.dong)
                & INTENT.c.made_at.between(
                    credit.occurred_at - WINDOW, credit.occurred_at + WINDOW
                ),
            ),
        )
        .order_by(INTENT.c.made_at.desc(), INTENT.c.id)
        .limit(_LOOKED_AT_MAX)
    )
    return tuple(
        Candidate(row.id, row.number, amount_due(invoice_of(row)), row.code, row.made_at)
        for row in rows
    )


def memo_text(tx: UnitOfWork, keys: Keys, credit: UUID) -> str:
    """Open the memo of a movement."""
    sealed: bytes = tx.execute(
        select(BANK_CREDIT.c.memo_sealed).where(
            BANK_CREDIT.c.facility_id == tx.facility, BANK_CREDIT.c.id == credit
        )
    ).scalar_one()
    return memo_of(keys, sealed)


def find(tx: UnitOfWork, credit: UUID) -> BankCredit:
    """Read a movement. Raises NotFound."""
    row = tx.execute(
        select(BANK_CREDIT).where(
            BANK_CREDIT.c.facility_id == tx.facility, BANK_CREDIT.c.id == credit
        )
    ).first()
    if row is None:
        raise NoMovement()
    return BankCredit(
        row.id,
        row.account,
        row.external_id,
        row.bank_reference,
        Direction(row.direction),
        vnd(row.amount),
        HospitalDay(row.bank_day),
        row.occurred_at,
        row.code,
        State(row.state),
    )


def told_at(tx: UnitOfWork, credit: UUID) -> tuple[tuple[str, datetime], ...]:
    """List who told of a movement, and when, the first first."""
    rows = tx.execute(
        select(EVIDENCE.c.source, EVIDENCE.c.seen_at)
        .where(EVIDENCE.c.facility_id == tx.facility, EVIDENCE.c.credit_id == credit)
        .order_by(EVIDENCE.c.id)
    )
    return tuple((row.source, row.seen_at) for row in rows)


def witnesses(tx: UnitOfWork, credit: UUID) -> tuple[str, ...]:
    """List who told of a movement, the first first."""
    return tuple(
        tx.execute(
            select(EVIDENCE.c.source)
            .where(EVIDENCE.c.facility_id == tx.facility, EVIDENCE.c.credit_id == credit)
            .order_by(EVIDENCE.c.id)
        ).scalars()
    )
