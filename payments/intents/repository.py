"""Intents as rows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, bindparam, insert, or_, select, true, update

from payments.intents import errands
from payments.intents.errands import Kind
from payments.intents.model import Intent
from payments.intents.rows import INTENT
from payments.intents.status import ACTIVE, OURS, SHOWN, Event, Status, after
from payments.kernel.money import vnd
from payments.storage.columns import mine
from payments.storage.locks import Lock
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

_ACTIVE_VALUES: Final = tuple(sorted(status.value for status in ACTIVE))
_SHOWN_VALUES: Final = tuple(sorted(status.value for status in SHOWN))
_HELD_ACTIVE: Final = Prepared(
    select(INTENT)
    .where(
        mine(INTENT),
        INTENT.c.invoice_id == bindparam("invoice"),
        or_(
            *(INTENT.c.state == value for value in _ACTIVE_VALUES),
            INTENT.c.id == bindparam("and_also"),
        ),
    )
    .order_by(INTENT.c.id),
    locks={Lock.INTENT: INTENT},
)
_HAPPENED: Final = (
    update(INTENT)
    .where(mine(INTENT), INTENT.c.id == bindparam("intent"))
    .values(state=bindparam("new_state"), ended_at=bindparam("new_ended_at"))
)


_EXTENDED: Final = (
    update(INTENT)
    .where(mine(INTENT), INTENT.c.id == bindparam("intent"))
    .values(expires_at=bindparam("new_expires_at"))
)


def add(tx: UnitOfWork, intent: Intent, key: str) -> None:
    """Store a new intent; *key* is that of the request that opened it."""
    tx.execute(
        insert(INTENT),
        {
            "facility_id": tx.facility,
            "id": intent.id,
            "invoice_id": intent.invoice,
            "channel": intent.channel,
            "account": intent.account,
            "code": intent.code,
            "amount": intent.amount.dong,
            "state": intent.status.value,
            "payload": intent.payload,
            "idem_key": key,
            "made_at": intent.made_at,
            "expires_at": intent.expires_at,
            "ended_at": None,
        },
    )


def find(tx: UnitOfWork, codes: Collection[str], account: str) -> list[Intent]:
    """Find the stored intents of *codes* that are paid to *account*, or to a gateway."""
    if not codes:
        return []
    told = {f"code_{number}": code for number, code in enumerate(codes)}
    return [_model(row) for row in _of_codes(len(told)).all(tx, account=account, **told)]


def get(tx: UnitOfWork, intent: UUID) -> Intent:
    """Read an intent without holding it."""
    return _model(tx.execute(_all(tx).where(INTENT.c.id == intent)).one())


def of_code(tx: UnitOfWork, code: str) -> Intent | None:
    """Read the intent whose reference is *code*."""
    row = tx.execute(_all(tx).where(INTENT.c.code == code)).first()
    return None if row is None else _model(row)


def lock(tx: UnitOfWork, intent: UUID) -> Intent:
    """Hold an intent until the commit; its invoice must be held before."""
    return _model(tx.lock(Lock.INTENT, _all(tx).where(INTENT.c.id == intent)).one())


def lock_active(tx: UnitOfWork, invoice: UUID, *, and_also: UUID | None = None) -> list[Intent]:
    """Hold the active intents of a held invoice, by id; *and_also* one that may have ended."""
    held = _HELD_ACTIVE.all(tx, invoice=invoice, and_also=and_also)
    return [_model(row) for row in held]


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


def open_ones(
    tx: UnitOfWork, now: datetime, *, limit: int = 50, channel: str | None = None
) -> list[Intent]:
    """List the codes that a payer may still be looking at, the one that ends first first."""
    of_channel = true() if channel is None else INTENT.c.channel == channel
    statement = (
        _all(tx)
        .where(INTENT.c.state.in_(_SHOWN_VALUES), INTENT.c.expires_at > now, of_channel)
        .order_by(INTENT.c.expires_at, INTENT.c.id)
        .limit(limit)
    )
    return [_model(row) for row in tx.execute(statement)]


def run_out(tx: UnitOfWork, now: datetime, *, limit: int = 200) -> list[Intent]:
    """List the shown intents whose time is over, without holding them."""
    statement = _all(tx).where(INTENT.c.state == Status.PENDING.value, INTENT.c.expires_at <= now)
    return [_model(row) for row in tx.execute(statement.limit(limit))]


def happened(tx: UnitOfWork, intent: Intent, event: Event, *, is_told: bool = False) -> Status:
    """
    Let *event* happen to a held intent; *is_told* where its gateway told of it.

    A gateway that does not know that its order is wanted no more is told by the worker.

    Raises:
        IllegalTransition: the table has no answer.
    """
    status = after(intent.status, event)
    if status is not intent.status:
        ended_at = intent.ended_at
        if ended_at is None and status not in ACTIVE:
            ended_at = tx.now()
        told = {
            "mine": tx.facility,
            "intent": intent.id,
            "new_state": status.value,
            "new_ended_at": ended_at,
        }
        tx.write(_HAPPENED, told)
        if event in OURS and not is_told and not intent.account:
            errands.want(tx, intent.id, Kind.CANCEL)
    return status


def extend(tx: UnitOfWork, intent: Intent, expires_at: datetime) -> Intent:
    """Let a held, active intent end later, at *expires_at*."""
    told = {"mine": tx.facility, "intent": intent.id, "new_expires_at": expires_at}
    tx.write(_EXTENDED, told)
    return replace(intent, expires_at=expires_at)


@cache
def _of_codes(count: int) -> Prepared:
    """One for each number of codes: a memo mostly names one, and twenty at most."""
    of_codes = (INTENT.c.code == bindparam(f"code_{number}") for number in range(count))
    return Prepared(
        select(INTENT).where(
            mine(INTENT),
            or_(*of_codes),
            or_(INTENT.c.account == bindparam("account"), INTENT.c.account == ""),
        )
    )


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
