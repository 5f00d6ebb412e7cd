"""
Accounting import: one row for each posting, in the accounts of the hospital's general ledger.

Made only when every account that moved is mapped: half a file would be imported as a whole one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Row as Found
from sqlalchemy import select

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO, Money
from payments.ledger import queries as ledger
from payments.ledger.rows import ACCOUNT, POSTING, TXN
from payments.receipts.rows import PAYMENT, RECEIPT
from payments.statements import accounts_map
from payments.statements.accounts_map import Unmapped
from payments.statements.files.entries import asked, of_facility, streamed
from payments.statements.model import LANGUAGE, Column, Kind, Proof, Reading, Row, Statement
from payments.words import catalogue

#: So many are named in one sentence; the page of accounts lists them all.
_NAMED_MAX: Final = 20


def rows(reading: Reading) -> Iterator[Row]:
    tx, span = reading.tx, reading.span
    known = accounts_map.read(tx)
    codes = _codes(reading)
    statement = (
        select(POSTING, TXN.c.kind, TXN.c.booked_on, TXN.c.effective_at)
        .join(TXN, of_facility(TXN, POSTING, TXN.c.id == POSTING.c.txn_id))
        .where(
            POSTING.c.facility_id == tx.facility,
            TXN.c.booked_on.between(span.first.date, span.last.date),
        )
        .order_by(TXN.c.booked_on, TXN.c.id, POSTING.c.line)
    )
    receipts = (
        select(PAYMENT.c.txn_id, RECEIPT.c.number)
        .join(RECEIPT, of_facility(RECEIPT, PAYMENT, RECEIPT.c.payment_id == PAYMENT.c.id))
        .where(PAYMENT.c.facility_id == tx.facility)
    )
    for page in streamed(tx, statement):
        txns = {one.txn_id for one in page}
        numbers = {row.txn_id: row.number for row in asked(tx, receipts, PAYMENT.c.txn_id, txns)}
        for one in page:
            debit, credit = codes[one.debit_account_id], codes[one.credit_account_id]
            yield _row(
                one,
                known.account(debit, one.booked_on),
                known.account(credit, one.booked_on),
                numbers.get(one.txn_id, ""),
                _centre(debit, credit),
            )


def _row(one: Found[Any], debit: str | None, credit: str | None, number: str, centre: str) -> Row:
    return (
        one.booked_on,
        HospitalDay.of(one.effective_at).date,
        # Without a receipt the ledger's own transaction is the voucher.
        number or str(one.txn_id),
        catalogue.say(f"statement.posting.{one.kind}", LANGUAGE)
        if catalogue.has(f"statement.posting.{one.kind}")
        else one.kind,
        debit,
        credit,
        Money(one.amount),
        str(one.debit_subject_id or one.credit_subject_id or ""),
        centre,
        one.kind,
    )


def _centre(debit: str, credit: str) -> str:
    """Name the department whose revenue a posting is about: ``4000:XN:patient``."""
    for code in (credit, debit):
        control, _, qualifier = code.partition(":")
        if control in ("4000", "3900"):
            return qualifier.partition(":")[0].partition("/")[0]
    return ""


def _codes(reading: Reading) -> Mapping[int, str]:
    from_rows = reading.tx.execute(
        select(ACCOUNT.c.id, ACCOUNT.c.code).where(ACCOUNT.c.facility_id == reading.tx.facility)
    )
    return {row.id: row.code for row in from_rows}


def _refuse_unmapped(reading: Reading) -> None:
    missing = accounts_map.unmapped(reading.tx, reading.span)
    if missing:
        raise Unmapped(accounts=", ".join(missing[:_NAMED_MAX]), count=len(missing))


def _debits(reading: Reading) -> Money:
    return sum(
        (moved.debit for day in reading.span for moved in ledger.day_totals(reading.tx, day)),
        ZERO,
    )


VOUCHERS: Final = Statement(
    "accounting",
    (
        Column("posting_date", Kind.DAY),
        Column("doc_date", Kind.DAY),
        Column("doc_no", Kind.CODE),
        Column("description"),
        Column("debit", Kind.CODE),
        Column("credit", Kind.CODE),
        Column("amount", Kind.AMOUNT, is_summed=True),
        Column("object_code", Kind.CODE),
        Column("cost_centre", Kind.CODE),
        Column("item_code", Kind.CODE),
    ),
    rows,
    Proof((("amount", 1),), _debits),
    is_bare=True,
    before=_refuse_unmapped,
)
