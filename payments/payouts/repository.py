"""Batches and their lines as rows; a batch's row is held while its lines are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update

from payments.bank.model import NoBankAccount
from payments.bank.rows import BANK_ACCOUNT
from payments.gateway import LineKind, SettlementLine
from payments.kernel.money import vnd
from payments.payouts.model import NoPayout, Verdict
from payments.payouts.rows import PAYOUT, PAYOUT_LINE
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork

_BOOKED: Final = tuple(one.value for one in Verdict if one.is_booked)


@dataclass(frozen=True, slots=True)
class Payout:
    """A batch of *channel*, paid to our *account*; *credit* is the bank's line of it, if found."""

    id: UUID
    channel: str
    batch: str
    settle_date: date
    account: str
    made_at: datetime
    credit: UUID | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A line as it is stored; *number* counts the lines of its batch from 1."""

    number: int
    name: str
    copy: int
    line: SettlementLine
    verdict: Verdict
    payment: UUID | None = None
    txn: UUID | None = None
    reason: str = ""
    decided_by: str | None = None


def require_account(tx: UnitOfWork, account: str) -> None:
    """Raises NoBankAccount where *account* is none of ours."""
    found = tx.execute(
        select(BANK_ACCOUNT.c.account).where(
            BANK_ACCOUNT.c.facility_id == tx.facility, BANK_ACCOUNT.c.account == account
        )
    ).first()
    if found is None:
        raise NoBankAccount(account=account)


def open_payout(
    tx: UnitOfWork, channel: str, batch: str, settle_date: date, account: str
) -> tuple[UUID, bool]:
    """Add a batch or find it; says whether it is new."""
    made = new_id()
    told = {"channel": channel, "batch": batch, "settle_date": settle_date, "account": account}
    by = {"made_at": tx.now(), "made_by": tx.scope.actor}
    nobody = {"credit_id": None, "credited_at": None, "credited_by": None}
    if insert_new(tx, PAYOUT, {"id": made, **told, **by, **nobody}):
        return made, True
    found: UUID = tx.execute(
        select(PAYOUT.c.id).where(
            PAYOUT.c.facility_id == tx.facility,
            PAYOUT.c.channel == channel,
            PAYOUT.c.batch == batch,
        )
    ).scalar_one()
    return found, False


def lock(tx: UnitOfWork, payout: UUID) -> Payout:
    """Hold a batch. Raises NoPayout."""
    statement = select(PAYOUT).where(PAYOUT.c.facility_id == tx.facility, PAYOUT.c.id == payout)
    return _payout(tx.lock(Lock.SETTLEMENT, statement).first())


def get(tx: UnitOfWork, payout: UUID) -> Payout:
    """Read a batch. Raises NoPayout."""
    statement = select(PAYOUT).where(PAYOUT.c.facility_id == tx.facility, PAYOUT.c.id == payout)
    return _payout(tx.execute(statement).first())


def set_credited(tx: UnitOfWork, payout: UUID, credit: UUID) -> None:
    tx.execute(
        update(PAYOUT)
        .where(PAYOUT.c.facility_id == tx.facility, PAYOUT.c.id == payout)
        .values(credit_id=credit, credited_at=tx.now(), credited_by=tx.scope.actor)
    )


def names(tx: UnitOfWork, payout: UUID, wanted: set[str]) -> set[tuple[str, int]]:
    """List the names, with their copies, that are stored of *wanted*."""
    rows = tx.execute(
        select(PAYOUT_LINE.c.name, PAYOUT_LINE.c.copy).where(
            *_of(tx, payout), PAYOUT_LINE.c.name.in_(sorted(wanted))
        )
    )
    return {(row.name, row.copy) for row in rows}


def last_number(tx: UnitOfWork, payout: UUID) -> int:
    found: int | None = tx.execute(
        select(func.max(PAYOUT_LINE.c.number)).where(*_of(tx, payout))
    ).scalar()
    return found or 0


def add(tx: UnitOfWork, payout: UUID, lines: Sequence[Kept]) -> None:
    rows = [{"facility_id": tx.facility, "payout_id": payout, **_values(one)} for one in lines]
    if rows:
        tx.execute(insert(PAYOUT_LINE), rows)


def save(tx: UnitOfWork, payout: UUID, one: Kept) -> None:
    """Write back the line of a held batch."""
    tx.execute(
        update(PAYOUT_LINE)
        .where(*_of(tx, payout), PAYOUT_LINE.c.number == one.number)
        .values(**_values(one))
    )


def mark_booked(tx: UnitOfWork, payout: UUID, numbers: Sequence[int], txn: UUID) -> None:
    tx.execute(
        update(PAYOUT_LINE)
        .where(*_of(tx, payout), PAYOUT_LINE.c.number.in_(numbers))
        .values(txn_id=txn)
    )


def line(tx: UnitOfWork, payout: UUID, number: int) -> Kept | None:
    row = tx.execute(
        select(PAYOUT_LINE).where(*_of(tx, payout), PAYOUT_LINE.c.number == number)
    ).first()
    return None if row is None else model(row)


def kept(tx: UnitOfWork, payout: UUID, verdict: Verdict) -> list[Kept]:
    """List the lines of one verdict, in their order."""
    rows = tx.execute(
        select(PAYOUT_LINE)
        .where(*_of(tx, payout), PAYOUT_LINE.c.verdict == verdict.value)
        .order_by(PAYOUT_LINE.c.number)
    )
    return [model(row) for row in rows]


def count_kept(tx: UnitOfWork, payout: UUID) -> int:
    """Count the lines that wait for a person or for the gateway's answer."""
    counted: int = tx.execute(
        select(func.count()).where(
            *_of(tx, payout),
            PAYOUT_LINE.c.verdict.not_in(_BOOKED),
            PAYOUT_LINE.c.decided_by.is_(None),
        )
    ).scalar_one()
    return counted


def model(row: Row[Any]) -> Kept:
    told = SettlementLine(
        LineKind(row.kind),
        row.reference,
        row.transaction,
        vnd(row.gross),
        vnd(row.fee),
        vnd(row.tax),
        vnd(row.net),
        row.occurred_at,
        row.occurred_at.date(),
    )
    verdict = Verdict(row.verdict)
    return Kept(
        row.number, row.name, row.copy, told, verdict, row.payment_id, row.txn_id, row.reason,
        row.decided_by,
    )  # fmt: skip


def _values(one: Kept) -> dict[str, Any]:
    told = one.line
    return {
        "number": one.number, "name": one.name, "copy": one.copy, "kind": told.kind.value,
        "reference": told.reference, "transaction": told.transaction, "gross": told.gross.dong,
        "fee": told.fee.dong, "tax": told.tax.dong, "net": told.net.dong,
        "occurred_at": told.occurred_at, "verdict": one.verdict.value, "payment_id": one.payment,
        "txn_id": one.txn, "reason": one.reason, "decided_by": one.decided_by,
    }  # fmt: skip


def _of(tx: UnitOfWork, payout: UUID) -> tuple[Any, Any]:
    return PAYOUT_LINE.c.facility_id == tx.facility, PAYOUT_LINE.c.payout_id == payout


def _payout(row: Row[Any] | None) -> Payout:
    if row is None:
        raise NoPayout()
    return Payout(
        row.id, row.channel, row.batch, row.settle_date, row.account, row.made_at, row.credit_id
    )
