"""What left suspense on a day because a person said what it was: no money moved at the bank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select

from payments.bank.rows import BANK_CREDIT
from payments.invoicing.rows import INVOICE
from payments.kernel.money import ZERO, Money
from payments.ledger.model import LedgerLine
from payments.receipts.model import Flag, Purpose
from payments.receipts.rows import RECEIPT, SUSPENSE_MATCH
from payments.storage.unit_of_work import UnitOfWork

KIND: Final = "suspense.match"
#: Ids of one question to the database.
_ASKED_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Matched:
    """*amount* as the ledger took it off 2200; *applied* is what of it pays an invoice."""

    txn: UUID
    effective_at: datetime
    amount: Money
    applied: Money
    account: str
    reference: str
    receipt: str
    invoice: str
    said: str


def matched(tx: UnitOfWork, suspense: Sequence[LedgerLine]) -> tuple[Matched, ...]:
    """Name the matches among a day's lines of 2200, in their order."""
    lines = [line for line in suspense if line.kind == KIND]
    known = _rows(tx, [line.txn_id for line in lines])
    return tuple(_matched(line, known[line.txn_id]) for line in lines)


def _matched(line: LedgerLine, row: Row[Any]) -> Matched:
    is_applied = row.purpose == Purpose.INVOICE
    return Matched(
        line.txn_id,
        line.effective_at,
        line.amount,
        line.amount if is_applied else ZERO,
        row.account,
        row.bank_reference,
        row.receipt_number or "",
        row.invoice_number or "",
        Flag.ATTACHED.value if is_applied else row.purpose,
    )


def _rows(tx: UnitOfWork, txns: list[UUID]) -> dict[UUID, Row[Any]]:
    found: dict[UUID, Row[Any]] = {}
    for start in range(0, len(txns), _ASKED_AT_ONCE):
        rows = tx.execute(
            select(
                SUSPENSE_MATCH.c.txn_id,
                SUSPENSE_MATCH.c.purpose,
                BANK_CREDIT.c.account,
                BANK_CREDIT.c.bank_reference,
                RECEIPT.c.number.label("receipt_number"),
                INVOICE.c.number.label("invoice_number"),
            )
            .join(
                BANK_CREDIT,
                (BANK_CREDIT.c.facility_id == SUSPENSE_MATCH.c.facility_id)
                & (BANK_CREDIT.c.id == SUSPENSE_MATCH.c.credit_id),
            )
            .outerjoin(
                RECEIPT,
                (RECEIPT.c.facility_id == SUSPENSE_MATCH.c.facility_id)
                & (RECEIPT.c.payment_id == SUSPENSE_MATCH.c.id),
            )
            .outerjoin(
                INVOICE,
                (INVOICE.c.facility_id == SUSPENSE_MATCH.c.facility_id)
                & (INVOICE.c.id == SUSPENSE_MATCH.c.invoice_id),
            )
            .where(
                SUSPENSE_MATCH.c.facility_id == tx.facility,
                SUSPENSE_MATCH.c.txn_id.in_(txns[start : start + _ASKED_AT_ONCE]),
            )
        )
        found |= {row.txn_id: row for row in rows}
    return found
