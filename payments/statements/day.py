"""
The day's collection as CSV: one line per ledger transaction on the bank accounts.

Beside them stands what a person took out of suspense that day: nothing was received, so much was
applied, so much less waits. The sum of the lines is held against the ledger's own day total, which
is read by another way (the roll-up), against the payments and against 2200; if they differ the file
is not written.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select

from payments.bank.rows import BANK_CREDIT
from payments.invoicing.rows import INVOICE
from payments.kernel.calendar import HOSPITAL_ZONE, HospitalDay
from payments.kernel.money import ZERO, Money, vnd
from payments.ledger import queries as ledger
from payments.ledger.model import LedgerLine
from payments.receipts.rows import PAYMENT, RECEIPT
from payments.statements.cells import Cell, identifier, text, write
from payments.statements.matched import KIND, Matched, matched
from payments.statements.model import TotalsDiffer
from payments.storage.unit_of_work import UnitOfWork

CONTROL: Final = "1100"
_SUSPENSE: Final = "2200"
COLUMNS: Final = (
    "Thời điểm",
    "Số biên lai",
    "Số phiếu",
    "Hình thức",
    "Tài khoản",
    "Mã GD ngân hàng",
    "Đã nhận",
    "Trừ vào phiếu",
    "Chờ xử lý",
    "Tình trạng",
    "Giao dịch sổ",
)
TOTAL: Final = "Tổng cộng"
#: Ids of one question to the database.
_ASKED_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class DayLine:
    """What one transaction moved on a bank account; nothing but the ledger says how much."""

    txn: UUID
    kind: str
    account: str
    effective_at: datetime
    received: Money
    applied: Money
    suspense: Money
    receipt: str
    invoice: str
    method: str
    reference: str
    flags: str


@dataclass(frozen=True, slots=True)
class Day:
    """The lines of a day, and their sums, which are the ledger's."""

    day: HospitalDay
    lines: tuple[DayLine, ...]

    @property
    def received(self) -> Money:
        return sum((line.received for line in self.lines), ZERO)

    @property
    def applied(self) -> Money:
        return sum((line.applied for line in self.lines), ZERO)

    @property
    def suspense(self) -> Money:
        return sum((line.suspense for line in self.lines), ZERO)


def csv_of(day: Day) -> bytes:
    """Write the day as CSV with its line of totals."""
    rows: list[tuple[Cell, ...]] = [COLUMNS]
    for line in day.lines:
        at = line.effective_at.astimezone(HOSPITAL_ZONE)
        rows.append(
            (
                at.strftime("%Y-%m-%d %H:%M:%S"),
                text(line.receipt),
                text(line.invoice),
                text(line.method),
                identifier(line.account),
                identifier(line.reference),
                line.received,
                line.applied,
                line.suspense,
                text(line.flags),
                str(line.txn),
            )
        )
    rows.append(
        (TOTAL, *([""] * 5), day.received, day.applied, day.suspense, f"{len(day.lines)} dòng", "")
    )
    return write(rows)


def read(tx: UnitOfWork, day: HospitalDay) -> Day:
    """
    Collect the day's lines.

    Raises:
        TotalsDiffer: they do not sum to the ledger, or the payments say something else.
    """
    by_txn: dict[UUID, list[LedgerLine]] = defaultdict(list)
    for line in ledger.lines_of_day(tx, CONTROL, day):
        by_txn[line.txn_id].append(line)
    known = _payments(tx, list(by_txn))
    waiting = ledger.lines_of_day(tx, _SUSPENSE, day)
    moved_at_bank = (_line(lines, known.get(txn)) for txn, lines in by_txn.items())
    told = Day(day, (*moved_at_bank, *(_decided(one) for one in matched(tx, waiting))))
    total = sum(
        (
            moved.debit - moved.credit
            for moved in ledger.day_totals(tx, day)
            if moved.account.partition(":")[0] == CONTROL
        ),
        ZERO,
    )
    held_against(told, total)
    for one in told.lines:
        if one.txn in known and one.applied + one.suspense != one.received:
            raise TotalsDiffer(f"{day}: the payment of {one.txn} is not what the ledger moved")
    listed = {one.txn for one in told.lines}
    if told.suspense != -sum((one.amount for one in waiting if one.txn_id in listed), ZERO):
        raise TotalsDiffer(f"{day}: what waits is not what the ledger moved on {_SUSPENSE}")
    return told


def held_against(told: Day, total: Money) -> None:
    """Refuse a day whose lines do not sum to the ledger's *total*. Raises TotalsDiffer."""
    if told.received != total:
        raise TotalsDiffer(f"{told.day}: {told.received.dong} in lines, {total.dong} in the ledger")


def _line(lines: list[LedgerLine], payment: Row[Any] | None) -> DayLine:
    first = lines[0]
    received = sum((line.amount for line in lines), ZERO)
    if payment is None:
        # No patient's money: a fee, a refund, a gateway's settlement.
        return DayLine(
            first.txn_id,
            first.kind,
            first.account.partition(":")[2],
            first.effective_at,
            received,
            ZERO,
            ZERO,
            receipt="",
            invoice="",
            method=first.kind,
            reference="",
            flags="",
        )
    return DayLine(
        first.txn_id,
        first.kind,
        first.account.partition(":")[2],
        first.effective_at,
        received,
        vnd(payment.applied),
        vnd(payment.suspense),
        receipt=payment.receipt_number or "",
        invoice=payment.invoice_number or "",
        method=payment.method,
        reference=payment.bank_reference or "",
        flags=payment.flags.replace(",", " "),
    )


def _decided(one: Matched) -> DayLine:
    return DayLine(
        one.txn,
        KIND,
        one.account,
        one.effective_at,
        ZERO,
        one.applied,
        -one.amount,
        receipt=one.receipt,
        invoice=one.invoice,
        method=KIND,
        reference=one.reference,
        flags=one.said,
    )


def _payments(tx: UnitOfWork, txns: list[UUID]) -> dict[UUID, Row[Any]]:
    found: dict[UUID, Row[Any]] = {}
    for start in range(0, len(txns), _ASKED_AT_ONCE):
        rows = tx.execute(
            select(
                PAYMENT,
                RECEIPT.c.number.label("receipt_number"),
                INVOICE.c.number.label("invoice_number"),
                BANK_CREDIT.c.bank_reference,
            )
            .outerjoin(
                RECEIPT,
                (RECEIPT.c.facility_id == PAYMENT.c.facility_id)
                & (RECEIPT.c.payment_id == PAYMENT.c.id),
            )
            .outerjoin(
                INVOICE,
                (INVOICE.c.facility_id == PAYMENT.c.facility_id)
                & (INVOICE.c.id == PAYMENT.c.invoice_id),
            )
            .outerjoin(
                BANK_CREDIT,
                (BANK_CREDIT.c.facility_id == PAYMENT.c.facility_id)
                & (BANK_CREDIT.c.id == PAYMENT.c.credit_id),
            )
            .where(
                PAYMENT.c.facility_id == tx.facility,
                PAYMENT.c.txn_id.in_(txns[start : start + _ASKED_AT_ONCE]),
            )
        )
        found |= {row.txn_id: row for row in rows}
    return found
