"""Holds a month that was run against what was planned: matches, lists, files, exports, ledger."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from payments.bank.rows import BANK_CREDIT
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO
from payments.ledger import queries as ledger
from payments.ledger.rows import TXN
from payments.payouts.rows import PAYOUT_LINE
from payments.receipts.rows import PAYMENT
from payments.reconciliation import exceptions
from payments.reconciliation.comparing import compare
from payments.reconciliation.rows import STATEMENT_LINE
from payments.reconciliation.sides import inputs
from payments.statements import day as exported
from payments.storage.unit_of_work import UnitOfWork
from tests.support.month import ACCOUNTS, BEGINS, Month, total_of

_COUNTED = (TXN, PAYMENT, BANK_CREDIT, STATEMENT_LINE, PAYOUT_LINE)


@dataclass(frozen=True, slots=True)
class Proven:
    """What came of a month; *faults* says in words what is not as it must be."""

    movements: int
    for_a_person: int
    wrong: int
    faults: tuple[str, ...]

    @property
    def share(self) -> float:
        """The share of movements that nobody had to look at."""
        return 1 - self.for_a_person / self.movements


def prove(month: Month) -> Proven:
    """Hold everything against everything; finds all faults instead of stopping at the first."""
    faults: list[str] = []
    hospital = month.hospital
    hospital.assert_balanced()
    with hospital.runtime.database.reading(hospital.scope) as tx:
        waiting = exceptions.suspense(tx, limit=None)
        references = Counter(one.reference for one in waiting)
        if references != Counter(month.told.waiting):
            odd = (references - Counter(month.told.waiting)) + (
                Counter(month.told.waiting) - references
            )
            faults.append(f"the list of money without an owner is not as planted: {odd}")
        others = (*exceptions.outgoing(tx), *exceptions.kept(tx))
        if others:
            faults.append(f"{len(others)} lines wait that nobody planted")
        faults += _days(tx, month.days)
        faults += _files(tx, month)
        wrong = _wrong(tx, month)
        if wrong:
            faults.append(f"paid for another invoice: {wrong[:5]}")
    return Proven(month.told.movements, len(waiting) + len(others), len(wrong), tuple(faults))


def standing(month: Month) -> dict[str, Any]:
    """Give what may not change when everything is told once more."""
    hospital = month.hospital
    with hospital.runtime.database.reading(hospital.scope) as tx:
        rows = {
            table.name: tx.execute(select(func.count()).select_from(table)).scalar_one()
            for table in _COUNTED
        }
        return {"balances": ledger.balances(tx), "rows": rows}


def _days(tx: UnitOfWork, days: int) -> list[str]:
    faults, collected = [], ZERO
    for n in range(days):
        day = HospitalDay.of(BEGINS).plus(n)
        if not exceptions.prove(tx, day).is_healthy:
            faults.append(f"{day}: what differs or waits is not what the lists say")
        for account in ACCOUNTS.values():
            found = compare(tx, inputs(tx, account, day)).findings
            if found:
                faults.append(f"{day}, …{account[-2:]}: {len(found)} findings")
        collected += exported.read(tx, day).received
    held = sum((ledger.balance(tx, f"1100:{one}") for one in ACCOUNTS.values()), ZERO)
    if collected != held:
        faults.append(f"the exports come to {collected}, the ledger to {held}")
    return faults


def _files(tx: UnitOfWork, month: Month) -> list[str]:
    """Hold the ledger of each account against the lines that its bank wrote."""
    faults = []
    for account, lines in month.told.lines.items():
        held, told = ledger.balance(tx, f"1100:{account}"), total_of(lines)
        if held != told:
            faults.append(f"…{account[-2:]}: {held} in the ledger, {told} in the files")
        stored = tx.execute(
            select(func.count())
            .select_from(STATEMENT_LINE)
            .where(STATEMENT_LINE.c.account == account)
        ).scalar_one()
        written = sum(map(len, lines.values()))
        if stored != written:
            faults.append(f"…{account[-2:]}: {stored} lines stored, {written} written")
    return faults


def _wrong(tx: UnitOfWork, month: Month) -> list[str]:
    """List transfers that paid for an invoice that they were not meant for."""
    rows = tx.execute(
        select(BANK_CREDIT.c.bank_reference, PAYMENT.c.invoice_id)
        .join(PAYMENT, PAYMENT.c.credit_id == BANK_CREDIT.c.id)
        .where(PAYMENT.c.invoice_id.is_not(None))
    )
    meant: dict[str, UUID] = month.told.invoice_of
    return [row.bank_reference for row in rows if meant.get(row.bank_reference) != row.invoice_id]
