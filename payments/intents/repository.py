"""Intents as rows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, or_, select, update

from payments.intents.model import Intent
from payments.intents.rows import INTENT
from payments.intents.status import ACTIVE, Event, Status, after
from payments.kernel.money import vnd
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork


def find(tx: UnitOfWork, codes: Collection[str], account: str) -> list[Intent]:
    """Find the stored intents of *codes* that are paid to *account*."""
    if not codes:
        return []
    statement = _all(tx).where(INTENT.c.code.in_(codes), INTENT.c.account == account)
    return [_model(row) for row in tx.execute(statement)]


def lock(tx: UnitOfWork, intent: UUID) -> Intent:
    """Hold an intent until the commit; its invoice must be held before."""
    return _model(tx.lock(Lock.INTENT, _all(tx).where(INTENT.c.id == intent)).one())


def lock_active(tx: UnitOfWork, invoice: UUID, *, and_also: UUID | None = None) -> list[Intent]:
    """Hold the active intents of a held invoice, by id; *and_also* one that may have ended."""
    wanted: ColumnElement[bool] = INTENT.c.state.in_(_ACTIVE_VALUES)
    if and_also is not None:
        wanted = or_(wanted, INTENT.c.id == and_also)
    statement = _all(tx).where(INTENT.c.invoice_id == invoice, wanted)
    return [_model(row) for row in tx.lock(Lock.INTENT, statement.order_by(INTENT.c.id))]


def active(tx: UnitOfWork, invoice: UUID) -> list[Intent]:
    statement = _all(tx).where(INTENT.c.invoice_id == invoice, INTENT.c.state.in_(_ACTIVE_VALUES))
    return [_model(row) for row in tx.execute(statement.order_by(INTENT.c.id))]


def of_key(tx: UnitOfWork, key: str) -> Intent | None:
    row = tx.execute(_all(tx).where(INTENT.c.idem_key == key)).first()
    return None if row is None else _model(row)


def latest(tx: UnitOfWork, invoice: UUID) -> Intent | None:
    """Read the newest intent of an invoice, active or ended."""
    statement = _all(tx).where(INTENT.c.invoice_id == invoice)
    row = tx.execute(
        statement.order_by(INTENT.c.made_at.desc(), INTENT.c.id.desc()).limit(1)
    ).first()
    return None if row is None else _model(row)


def open_ones(tx: UnitOfWork, now: datetime, *, limit: int = 50) -> list[Intent]:
    """List the codes that a payer may still be looking at, the one that ends first first."""
    statement = (
        _all(tx)
        .where(INTENT.c.state.in_(_ACTIVE_VALUES), INTENT.c.expires_at > now)
        .order_by(INTENT.c.expires_at, INTENT.c.id)
        .limit(limit)
    )
    return [_model(row) for row in tx.execute(statement)]


def run_out(tx: UnitOfWork, now: datetime, *, limit: int = 200) -> list[Intent]:
    """List the active intents whose time is over, without holding them."""
    statement = _all(tx).where(INTENT.c.state.in_(_ACTIVE_VALUES), INTENT.c.expires_at <= now)
    return [_model(row) for row in tx.execute(statement.limit(limit))]


def happened(tx: UnitOfWork, intent: Intent, event: Event) -> Status:
    """Let *event* happen to a held intent. Raises IllegalTransition."""
    status = after(intent.status, event)
    if status is not intent.status:
        values: dict[str, object] = {"state": status.value}
        if intent.ended_at is None and status not in ACTIVE:
            values["ended_at"] = tx.now()
        tx.execute(
            update(INTENT)
            .where(INTENT.c.facility_id == tx.facility, INTENT.c.id == intent.id)
            .values(**values)
        )
    return status


_ACTIVE_VALUES = tuple(sorted(status.value for status in ACTIVE))


def _all(tx: UnitOfWork) -> Select[Any]:
    return select(INTENT).where(INTENT.c.facility_id == tx.facility)


def _model(row: Row[Any]) -> Intent:
    return Intent(
        row.id,
        row.invoice_id,
        row.channel,
        row.account,
        row.code,
        vnd(row.amount),
        Status(row.state),
        row.payload,
        row.made_at,
        row.expires_at,
        row.ended_at,
    )
