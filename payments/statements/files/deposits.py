"""Deposit ledger: what each visit or stay paid in advance, what was set off, what went back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row as Found
from sqlalchemy import func, select

from payments.encounters.rows import ENCOUNTER
from payments.kernel.money import ZERO, Money
from payments.ledger.rows import ENTRY, TXN
from payments.patients.rows import PATIENT
from payments.receipts.rows import PAYMENT, RECEIPT
from payments.statements.files.entries import (
    account_ids,
    asked,
    of_facility,
    rolled_up,
    streamed,
)
from payments.statements.model import Column, Kind, Proof, Reading, Row, Statement
from payments.storage.unit_of_work import UnitOfWork

_DEPOSITS: Final = "2000"
_SET_OFF: Final = ("deposit.apply", "deposit.release")


def rows(reading: Reading) -> Iterator[Row]:
    tx, span = reading.tx, reading.span
    accounts = list(account_ids(tx, (_DEPOSITS,)))
    statement = (
        select(TXN.c.id, TXN.c.kind, TXN.c.booked_on, ENTRY.c.subject_id, ENTRY.c.amount)
        .join(ENTRY, of_facility(ENTRY, TXN, ENTRY.c.txn_id == TXN.c.id))
        .where(
            TXN.c.facility_id == tx.facility,
            TXN.c.booked_on.between(span.first.date, span.last.date),
            ENTRY.c.account_id.in_(accounts),
        )
        .order_by(ENTRY.c.subject_id, TXN.c.booked_on, TXN.c.id, ENTRY.c.line)
    )
    visit, balance = None, 0
    for page in streamed(tx, statement):
        before = _before(reading, accounts, {one.subject_id for one in page})
        slips = _slips(tx, [one.id for one in page])
        files = _files(tx, [one.subject_id for one in page])
        for one in page:
            if one.subject_id != visit:
                visit, balance = one.subject_id, before.get(one.subject_id, 0)
            # A deposit is a liability: what comes in is a credit.
            balance -= one.amount
            yield _row(one, slips, files, balance)


def _row(
    one: Found[Any], slips: Mapping[UUID, str], files: Mapping[UUID, str], balance: int
) -> Row:
    amount = Money(-int(one.amount))
    is_set_off = one.kind in _SET_OFF
    is_in = not is_set_off and amount.dong > 0
    return (
        str(one.subject_id),
        files.get(one.subject_id, ""),
        one.booked_on,
        slips.get(one.id, ""),
        amount if is_in else ZERO,
        -amount if is_set_off else ZERO,
        ZERO if is_in or is_set_off else -amount,
        Money(balance),
    )


def _before(reading: Reading, accounts: Sequence[int], visits: set[UUID]) -> dict[UUID, int]:
    tx = reading.tx
    statement = (
        select(ENTRY.c.subject_id, func.sum(ENTRY.c.amount).label("amount"))
        .join(TXN, of_facility(TXN, ENTRY, TXN.c.id == ENTRY.c.txn_id))
        .where(
            ENTRY.c.facility_id == tx.facility,
            ENTRY.c.account_id.in_(accounts),
            TXN.c.booked_on < reading.span.first.date,
        )
        .group_by(ENTRY.c.subject_id)
    )
    found = asked(tx, statement, ENTRY.c.subject_id, visits)
    return {row.subject_id: -int(row.amount) for row in found}


def _slips(tx: UnitOfWork, txns: Sequence[UUID]) -> dict[UUID, str]:
    statement = (
        select(PAYMENT.c.txn_id, RECEIPT.c.number)
        .join(RECEIPT, of_facility(RECEIPT, PAYMENT, RECEIPT.c.payment_id == PAYMENT.c.id))
        .where(PAYMENT.c.facility_id == tx.facility)
    )
    return {row.txn_id: row.number for row in asked(tx, statement, PAYMENT.c.txn_id, txns)}


def _files(tx: UnitOfWork, visits: Sequence[UUID]) -> dict[UUID, str]:
    statement = (
        select(ENCOUNTER.c.id, PATIENT.c.file_number)
        .join(PATIENT, of_facility(PATIENT, ENCOUNTER, PATIENT.c.id == ENCOUNTER.c.patient_id))
        .where(ENCOUNTER.c.facility_id == tx.facility)
    )
    return {row.id: row.file_number for row in asked(tx, statement, ENCOUNTER.c.id, visits)}


def _moved(reading: Reading) -> Money:
    return -rolled_up(reading, (_DEPOSITS,))


DEPOSITS: Final = Statement(
    "deposits",
    (
        Column("visit", Kind.CODE),
        Column("patient_id", Kind.IDENTIFIER),
        Column("date", Kind.DAY),
        Column("slip_no", Kind.CODE),
        Column("in", Kind.AMOUNT, is_summed=True),
        Column("applied", Kind.AMOUNT, is_summed=True),
        Column("returned", Kind.AMOUNT, is_summed=True),
        Column("balance", Kind.AMOUNT),
    ),
    rows,
    Proof((("in", 1), ("applied", -1), ("returned", -1)), _moved),
)
