"""
The three-way match of a visit and of a quarter: patient, insurer, bank.

(a) what the desk collected against what the claim says the patient pays, T_BNTT + T_BNCCT, and what
    a person's decision added to it (P35);
(b) what was asked against what was accepted, row by row;
(c) what was settled for a quarter against advance and transfers.

When the insurer lowers a level later, the difference is never taken from the patient by itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, update

from payments.insurance.coverage.rounding import dong
from payments.invoicing.rows import INVOICE
from payments.kernel.errors import NotFound
from payments.kernel.money import ZERO, Money, vnd
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.settlement import board as boards
from payments.settlement import repository
from payments.settlement.model import Claim
from payments.settlement.rows import (
    ASSESSMENT_LINE,
    ASSESSMENT_ORPHAN,
    CLAIM,
    CLAIM_LINE,
    CLAIM_VERSION,
    REFUSAL,
)
from payments.settlement.status import State
from payments.storage.unit_of_work import UnitOfWork

#: Patient, fund and form are each rounded by themselves.
_NEAR: Final = Money(1)
_UNDECIDED: Final = frozenset({State.VALIDATED, State.SENT, State.RECEIVED, State.RETURNED})


class Result(StrEnum):
    MATCHED = "matched"
    #: One đồng, where three parts are rounded by themselves.
    ROUNDING = "rounding"
    #: The other side has not spoken yet.
    TIMING = "timing"
    SHORT_PAID = "short_paid"
    OVER_PAID = "over_paid"
    #: There is nothing on the other side: not billed here, or never claimed.
    ORPHAN = "orphan"
    #: The level was lowered after the visit was closed: a person decides who bears it.
    LEVEL_CHANGED = "level_changed"


class NoInvoice(NotFound):
    """There is no invoice of that number to which the claim could belong."""

    code = "no-invoice-of-claim"


@dataclass(frozen=True, slots=True)
class Match:
    """*expected* and *found* of one comparison; *about* is a table and row, or empty."""

    about: str
    result: Result
    expected: Money
    found: Money
    reason: str = ""


@dataclass(frozen=True, slots=True)
class VisitMatch:
    patient: Match
    lines: tuple[Match, ...]


def of_visit(tx: UnitOfWork, claim: UUID) -> VisitMatch:
    """Match a visit with the desk and with the insurer. Raises NoClaim."""
    held = repository.read(tx, claim)
    return VisitMatch(_patient(tx, held), tuple(_line(row, held.state) for row in _lines(tx, held)))


def of_quarter(tx: UnitOfWork, quarter: UUID) -> Match:
    """Match what notices settled with advance and transfers. Raises NoClaimPeriod."""
    told = boards.board(tx, quarter)
    found = told.set_off + told.received
    waits = Result.TIMING if told.to_come > ZERO else Result.OVER_PAID
    result = Result.MATCHED if found == told.settled else waits
    return Match(told.name, result, told.settled, found)


def orphans(tx: UnitOfWork) -> tuple[Match, ...]:
    """List open lines of assessments about visits that were never claimed."""
    rows = tx.execute(
        select(ASSESSMENT_LINE.c.ma_lk, ASSESSMENT_LINE.c.refused)
        .join(
            ASSESSMENT_ORPHAN,
            (ASSESSMENT_ORPHAN.c.facility_id == ASSESSMENT_LINE.c.facility_id)
            & (ASSESSMENT_ORPHAN.c.batch_id == ASSESSMENT_LINE.c.batch_id)
            & (ASSESSMENT_ORPHAN.c.line == ASSESSMENT_LINE.c.line),
        )
        .where(ASSESSMENT_LINE.c.facility_id == tx.facility, ASSESSMENT_ORPHAN.c.state == "open")
        .order_by(ASSESSMENT_LINE.c.ma_lk)
    )
    return tuple(Match(row.ma_lk, Result.ORPHAN, ZERO, vnd(row.refused)) for row in rows)


def link(runtime: Runtime, scope: Scope, claim: UUID, invoice_number: str) -> None:
    """
    Say that a claim is of the visit that an invoice bills, so that what was collected can be told.

    Raises:
        NoClaim: there is no such claim.
        NoInvoice: there is no invoice of that number.
    """

    def work(tx: UnitOfWork) -> None:
        repository.lock_one(tx, claim)
        encounter = tx.execute(
            select(INVOICE.c.encounter_id).where(
                INVOICE.c.facility_id == tx.facility, INVOICE.c.number == invoice_number
            )
        ).scalar()
        if encounter is None:
            raise NoInvoice()
        tx.execute(
            update(CLAIM)
            .where(CLAIM.c.facility_id == tx.facility, CLAIM.c.id == claim)
            .values(encounter_id=encounter)
        )
        repository.step(tx, claim, "linked", reason=invoice_number)

    runtime.database.run(scope, work)


def compare(expected: Money, found: Money) -> Result:
    """Say how *found* stands to *expected*, both final."""
    if found == expected:
        return Result.MATCHED
    if abs(found - expected) <= _NEAR:
        return Result.ROUNDING
    return Result.SHORT_PAID if found < expected else Result.OVER_PAID


def _patient(tx: UnitOfWork, claim: Claim) -> Match:
    totals: dict[str, str] = json.loads(
        tx.execute(
            select(CLAIM_VERSION.c.totals).where(
                CLAIM_VERSION.c.facility_id == tx.facility,
                CLAIM_VERSION.c.claim_id == claim.id,
                CLAIM_VERSION.c.version == claim.version,
            )
        ).scalar_one()
    )
    owed = dong(sum((Decimal(totals[name] or 0) for name in ("T_BNTT", "T_BNCCT")), Decimal(0)))
    owed += claim.charged
    if claim.encounter is None:
        return Match("", Result.ORPHAN, owed, ZERO)
    row = tx.execute(
        select(
            func.coalesce(func.sum(INVOICE.c.paid - INVOICE.c.refunded), 0).label("paid"),
            func.coalesce(
                func.sum(
                    INVOICE.c.total
                    - INVOICE.c.covered
                    - INVOICE.c.credited
                    - INVOICE.c.paid
                    + INVOICE.c.refunded
                ),
                0,
            ).label("due"),
        ).where(
            INVOICE.c.facility_id == tx.facility,
            INVOICE.c.encounter_id == claim.encounter,
            INVOICE.c.document == "issued",
        )
    ).one()
    paid, due = int(row.paid), int(row.due)
    result = compare(owed, vnd(paid))
    if result is Result.SHORT_PAID and vnd(paid + due) == owed:
        result = Result.TIMING
    return Match("", result, owed, vnd(paid))


def _lines(tx: UnitOfWork, claim: Claim) -> list[Any]:
    refused = (
        select(
            REFUSAL.c.table_name,
            REFUSAL.c.stt,
            func.sum(REFUSAL.c.amount - REFUSAL.c.won).label("refused"),
            func.min(REFUSAL.c.reason_code).label("reason"),
        )
        .where(REFUSAL.c.facility_id == tx.facility, REFUSAL.c.claim_id == claim.id)
        .group_by(REFUSAL.c.table_name, REFUSAL.c.stt)
        .subquery()
    )
    return list(
        tx.execute(
            select(CLAIM_LINE, refused.c.refused, refused.c.reason)
            .outerjoin(
                refused,
                (refused.c.table_name == CLAIM_LINE.c.table_name)
                & (refused.c.stt == CLAIM_LINE.c.stt),
            )
            .where(
                CLAIM_LINE.c.facility_id == tx.facility,
                CLAIM_LINE.c.claim_id == claim.id,
                CLAIM_LINE.c.version == claim.version,
            )
            .order_by(CLAIM_LINE.c.table_name, CLAIM_LINE.c.stt)
        )
    )


def _line(row: Any, state: State) -> Match:
    asked = vnd(row.asked)
    accepted = asked - vnd(int(row.refused or 0))
    about, reason = f"{row.table_name} {row.stt}", row.reason or ""
    if state in _UNDECIDED:
        return Match(about, Result.TIMING, asked, ZERO)
    result = compare(asked, accepted)
    if result is Result.SHORT_PAID and reason == "LEVEL_WRONG":
        result = Result.LEVEL_CHANGED
    return Match(about, result, asked, accepted, reason)
