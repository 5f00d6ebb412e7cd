"""Pairs with the words by which a person knows them: receipt, memo, time, the other day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Table, select

from payments.bank.rows import BANK_CREDIT
from payments.bank.service import memo_of
from payments.invoicing.rows import INVOICE
from payments.kernel.calendar import HospitalDay
from payments.keys import Keys
from payments.ledger.rows import TXN
from payments.receipts.rows import PAYMENT, RECEIPT
from payments.reconciliation.lines import MEMO
from payments.reconciliation.model import Comparison, Pair, Source
from payments.reconciliation.rows import STATEMENT_LINE
from payments.storage.unit_of_work import UnitOfWork

#: Ids of one question to the database.
_ASKED_AT_ONCE: Final = 500
_MEMO_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Told:
    """How one side calls its line, and when it happened there."""

    label: str
    more: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """
    A pair to be shown.

    *elsewhere* is the day on which the side that lacks the line has it, where that is another day:
    a posting for a closed day, a transfer near midnight.
    """

    account: str
    pair: Pair
    here: Told | None
    there: Told | None
    elsewhere: HospitalDay | None


def listed(
    tx: UnitOfWork, keys: Keys, comparison: Comparison, pairs: Sequence[Pair]
) -> tuple[Listed, ...]:
    """Give *pairs* of *comparison* with what a person reads; at most a page of them at once."""
    here = _ledger_words(tx, [pair.ledger_line for pair in pairs if pair.ledger_line])
    there = _bank_words(
        tx, keys, comparison.inputs.source, [pair.bank_line for pair in pairs if pair.bank_line]
    )
    lonely = [pair for pair in pairs if pair.ledger_line is None or pair.bank_line is None]
    elsewhere = _elsewhere(tx, lonely)
    return tuple(
        Listed(
            comparison.inputs.account,
            pair,
            here.get(pair.ledger_line or ""),
            there.get(pair.bank_line or ""),
            elsewhere.get(pair.name),
        )
        for pair in pairs
    )


def _ledger_words(tx: UnitOfWork, txns: Sequence[str]) -> dict[str, Told]:
    rows = _asked(
        tx,
        select(
            TXN.c.id,
            TXN.c.kind,
            TXN.c.effective_at,
            INVOICE.c.number.label("invoice"),
            RECEIPT.c.number.label("receipt"),
        )
        .outerjoin(
            PAYMENT,
            (PAYMENT.c.facility_id == TXN.c.facility_id) & (PAYMENT.c.txn_id == TXN.c.id),
        )
        .outerjoin(INVOICE, _same(INVOICE, PAYMENT, INVOICE.c.id == PAYMENT.c.invoice_id))
        .outerjoin(RECEIPT, _same(RECEIPT, PAYMENT, RECEIPT.c.payment_id == PAYMENT.c.id)),
        TXN,
        txns,
    )
    return {
        str(row.id): Told(
            row.invoice or row.receipt or row.kind, row.receipt or "", row.effective_at
        )
        for row in rows
    }


def _bank_words(
    tx: UnitOfWork, keys: Keys, source: Source, lines: Sequence[str]
) -> dict[str, Told]:
    if source is Source.STATEMENT:
        rows = _asked(tx, select(STATEMENT_LINE), STATEMENT_LINE, lines)
        return {
            str(row.id): _memo(
                keys.open("personal", row.memo_sealed, context=MEMO), row.reference, row.occurred_at
            )
            for row in rows
        }
    rows = _asked(tx, select(BANK_CREDIT), BANK_CREDIT, lines)
    return {
        str(row.id): _memo(memo_of(keys, row.memo_sealed), row.bank_reference, row.occurred_at)
        for row in rows
    }


def _memo(memo: str, reference: str, at: datetime) -> Told:
    shown = memo if len(memo) <= _MEMO_SHOWN else f"{memo[:_MEMO_SHOWN]}…"
    return Told(shown or reference, reference, at)


def _elsewhere(tx: UnitOfWork, pairs: Sequence[Pair]) -> dict[str, HospitalDay]:
    refs = {pair.ref for pair in pairs}
    booked = {
        str(row.credit_id): HospitalDay(row.booked_on)
        for row in _asked(
            tx,
            select(PAYMENT.c.credit_id, TXN.c.booked_on)
            .join(TXN, _same(TXN, PAYMENT, TXN.c.id == PAYMENT.c.txn_id))
            .where(PAYMENT.c.received > 0),
            PAYMENT,
            sorted(refs),
            PAYMENT.c.credit_id,
        )
    }
    stated = {
        str(row.credit_id): HospitalDay(row.bank_day)
        for row in _asked(
            tx,
            select(STATEMENT_LINE.c.credit_id, STATEMENT_LINE.c.bank_day),
            STATEMENT_LINE,
            sorted(refs),
            STATEMENT_LINE.c.credit_id,
        )
    }
    found = {}
    for pair in pairs:
        day = (booked if pair.ledger_line is None else stated).get(pair.ref)
        if day is not None:
            found[pair.name] = day
    return found


def _asked(
    tx: UnitOfWork,
    statement: Any,
    table: Table,
    ids: Sequence[str],
    column: ColumnElement[Any] | None = None,
) -> Iterator[Row[Any]]:
    """Ask for the rows of *ids*, so many at once as an engine takes parameters."""
    key = table.c.id if column is None else column
    for start in range(0, len(ids), _ASKED_AT_ONCE):
        part = [UUID(one) for one in ids[start : start + _ASKED_AT_ONCE]]
        yield from tx.execute(statement.where(table.c.facility_id == tx.facility, key.in_(part)))


def _same(one: Table, other: Table, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    matches: ColumnElement[bool] = (one.c.facility_id == other.c.facility_id) & condition
    return matches
