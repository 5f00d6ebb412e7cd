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
from payments.receipts.rows import RECEIPT, SUSPENSE_MATCH, SUSPENSE_UNMATCH
from payments.storage.unit_of_work import UnitOfWork

KIND: Final = "suspense.match"
TAKEN_BACK: Final = "suspense.unmatch"
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
    """Name the matches among a day's lines of 2200, and those taken back, in their order."""
    lines = [line for line in suspense if line.kind in (KIND, TAKEN_BACK)]
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
        TAKEN_BACK if line.kind == TAKEN_BACK else _said(row.purpose),
    )


def _said(purpose: str) -> str:
    return Flag.ATTACHED.value if purpose == Purpose.INVOICE else purpose


def _rows(tx: UnitOfWork, txns: list[UUID]) -> dict[UUID, Row[Any]]:
    found: dict[UUID, Row[Any]] = {}
    for start in range(0, len(txns), _ASKED_AT_ONCE):
        part = txns[start : start + _ASKED_AT_ONCE]
        rows = tx.execute(
            select(
                SUSPENSE_MATCH.c.txn_id,
                SUSPENSE_UNMATCH.c.txn_id.label("back_txn"),
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
            .outerjoin(
                SUSPENSE_UNMATCH,
                (SUSPENSE_UNMATCH.c.facility_id == SUSPENSE_MATCH.c.facility_id)
                & (SUSPENSE_UNMATCH.c.match_id == SUSPENSE_MATCH.c.id),
            )
            .where(
                SUSPENSE_MATCH.c.facility_id == tx.facility,
                SUSPENSE_MATCH.c.txn_id.in_(part) | SUSPENSE_UNMATCH.c.txn_id.in_(part),
            )
        )
        for row in rows:
            found |= {row.txn_id: row, row.back_txn: row}
    return found
