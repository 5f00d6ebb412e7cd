"""BHYT reconciliation: each claim of the months asked for, from its cost to what is still owed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row as Found
from sqlalchemy import func, select

from payments.encounters.rows import ENCOUNTER
from payments.insurance.coverage.rounding import dong
from payments.kernel.money import Money
from payments.ledger.rows import ENTRY
from payments.patients.rows import PATIENT
from payments.settlement.rows import CLAIM, CLAIM_PERIOD, CLAIM_VERSION, REFUSAL
from payments.statements.files.entries import account_ids, asked, of_facility, streamed
from payments.statements.model import Column, Kind, Proof, Reading, Row, Statement
from payments.storage.unit_of_work import UnitOfWork

#: Not sent yet, at the insurer, contested.
_RECEIVABLE: Final = ("1400", "1410", "1420")
#: The fields of the claim's own summary, as they were declared.
_TOTALS: Final = ("T_TONGCHI_BH", "T_BNCCT", "T_BNTT", "T_NGUONKHAC")


def rows(reading: Reading) -> Iterator[Row]:
    tx = reading.tx
    statement = (
        select(CLAIM, CLAIM_PERIOD.c.name.label("month"), CLAIM_VERSION.c.totals)
        .join(
            CLAIM_PERIOD, of_facility(CLAIM_PERIOD, CLAIM, CLAIM_PERIOD.c.id == CLAIM.c.period_id)
        )
        .join(
            CLAIM_VERSION,
            of_facility(CLAIM_VERSION, CLAIM, CLAIM_VERSION.c.claim_id == CLAIM.c.id)
            & (CLAIM_VERSION.c.version == CLAIM.c.version),
        )
        .where(CLAIM.c.facility_id == tx.facility, _in_span(reading))
        .order_by(CLAIM_PERIOD.c.name, CLAIM.c.ma_lk)
    )
    accounts = list(account_ids(tx, _RECEIVABLE))
    for page in streamed(tx, statement):
        ids = [one.id for one in page]
        owed, why = _owed(tx, accounts, ids), _why(tx, ids)
        cards = _cards(tx, ids)
        for one in page:
            yield _row(one, owed.get(one.id, 0), why.get(one.id, ""), cards.get(one.id, ""))


def _row(one: Found[Any], owed: int, why: str, card: str) -> Row:
    told = json.loads(one.totals)
    total, copay, self_pay, other = (dong(Decimal(told.get(name) or 0)) for name in _TOTALS)
    return (
        one.month,
        one.ma_lk,
        card,
        total,
        Money(one.fund),
        copay,
        self_pay,
        other,
        Money(one.requested + one.rounding - one.refused + one.won),
        Money(one.refused - one.won),
        why,
        Money(one.set_off + one.paid),
        Money(owed),
    )


def _owed(tx: UnitOfWork, accounts: Sequence[int], claims: Sequence[UUID]) -> dict[UUID, int]:
    """Ask the ledger what the insurer still owes for each claim."""
    statement = (
        select(ENTRY.c.subject_id, func.sum(ENTRY.c.amount).label("amount"))
        .where(
            ENTRY.c.facility_id == tx.facility,
            ENTRY.c.subject_type == "claim",
            ENTRY.c.account_id.in_(accounts),
        )
        .group_by(ENTRY.c.subject_id)
    )
    found = asked(tx, statement, ENTRY.c.subject_id, claims)
    return {row.subject_id: int(row.amount) for row in found}


def _why(tx: UnitOfWork, claims: Sequence[UUID]) -> dict[UUID, str]:
    statement = (
        select(REFUSAL.c.claim_id, REFUSAL.c.reason_code)
        .where(REFUSAL.c.facility_id == tx.facility)
        .distinct()
    )
    found: dict[UUID, set[str]] = {}
    for row in asked(tx, statement, REFUSAL.c.claim_id, claims):
        found.setdefault(row.claim_id, set()).add(row.reason_code)
    return {claim: "; ".join(sorted(codes)) for claim, codes in found.items()}


def _cards(tx: UnitOfWork, claims: Sequence[UUID]) -> dict[UUID, str]:
    """The last digits only: a claim is named by its MA_LK, and the card is personal data."""
    statement = (
        select(CLAIM.c.id, PATIENT.c.card_last4)
        .join(ENCOUNTER, of_facility(ENCOUNTER, CLAIM, ENCOUNTER.c.id == CLAIM.c.encounter_id))
        .join(PATIENT, of_facility(PATIENT, ENCOUNTER, PATIENT.c.id == ENCOUNTER.c.patient_id))
        .where(CLAIM.c.facility_id == tx.facility, PATIENT.c.card_last4.is_not(None))
    )
    found = asked(tx, statement, CLAIM.c.id, claims)
    return {row.id: f"…{row.card_last4}" for row in found}


def _in_span(reading: Reading) -> Any:
    first, last = (f"{one.date:%Y%m}" for one in (reading.span.first, reading.span.last))
    return CLAIM_PERIOD.c.name.between(first, last)


def _proven(reading: Reading) -> Money:
    """What the claims' own steps leave: asked for, less refused for good, paid and set off."""
    tx = reading.tx
    left = CLAIM.c.fund + CLAIM.c.rounding - CLAIM.c.written_off - CLAIM.c.set_off - CLAIM.c.paid
    total = tx.execute(
        select(func.coalesce(func.sum(left), 0))
        .join(
            CLAIM_PERIOD, of_facility(CLAIM_PERIOD, CLAIM, CLAIM_PERIOD.c.id == CLAIM.c.period_id)
        )
        .where(CLAIM.c.facility_id == tx.facility, _in_span(reading))
    ).scalar_one()
    return Money(int(total))


INSURER: Final = Statement(
    "bhyt",
    (
        Column("period", Kind.CODE),
        Column("claim_id", Kind.IDENTIFIER),
        Column("card"),
        Column("total", Kind.AMOUNT, is_summed=True),
        Column("fund", Kind.AMOUNT, is_summed=True),
        Column("copay", Kind.AMOUNT, is_summed=True),
        Column("selfpay", Kind.AMOUNT, is_summed=True),
        Column("other", Kind.AMOUNT, is_summed=True),
        Column("accepted", Kind.AMOUNT, is_summed=True),
        Column("rejected", Kind.AMOUNT, is_summed=True),
        Column("reject_reason"),
        Column("received", Kind.AMOUNT, is_summed=True),
        Column("outstanding", Kind.AMOUNT, is_summed=True),
    ),
    rows,
    Proof((("outstanding", 1),), _proven),
)
