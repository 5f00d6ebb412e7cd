"""
How many requests a token may make in a minute, over all processes together.

A count in the database alone would cost a write for each request, a count in memory would let each
process allow the whole limit. So a process takes a few requests at a time from the common count
and gives them out itself: never more than the limit, and one write for several requests. What it
took and did not use is lost at the end of the minute.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, update

from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.inserting import insert_new
from payments.storage.unit_of_work import UnitOfWork
from payments.tokens.model import Token, TooManyRequests
from payments.tokens.rows import API_TOKEN, API_TOKEN_MINUTE

MINUTE_S: Final = 60
_TAKEN_AT_ONCE: Final = 10
#: With a twentieth at a time, sixteen processes can still use most of the limit.
_PARTS: Final = 20
#: More tokens than any hospital has; then those of past minutes are forgotten.
_REMEMBERED_MAX: Final = 1_000


@dataclass(slots=True)
class _Held:
    minute: int
    left: int
    is_over: bool = False


class Leases:
    """What this process took and has not given out yet; one object per application."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[UUID, _Held] = {}

    def take(self, runtime: Runtime, scope: Scope, token: Token) -> None:
        """
        Count one request of *token*.

        Raises:
            TooManyRequests: the minute's limit is used up; *retry_after* says for how many seconds.
        """
        now = runtime.clock.now()
        minute = int(now.timestamp()) // MINUTE_S
        if self._give(token.id, minute, now):
            return
        taken = _take(runtime, scope, token, minute)
        with self._lock:
            if len(self._held) > _REMEMBERED_MAX:
                self._held = {k: v for k, v in self._held.items() if v.minute == minute}
            held = self._held.get(token.id)
            if held is None or held.minute != minute:
                held = self._held[token.id] = _Held(minute, 0)
            held.left += max(0, taken - 1)
            held.is_over = not taken
        if not taken:
            raise _too_many(now)

    def _give(self, token: UUID, minute: int, now: datetime) -> bool:
        with self._lock:
            held = self._held.get(token)
            if held is None or held.minute != minute:
                return False
            if held.left:
                held.left -= 1
                return True
            if held.is_over:
                # What is used up stays so until the next minute: no need to ask the database.
                raise _too_many(now)
            return False


def _take(runtime: Runtime, scope: Scope, token: Token, minute: int) -> int:
    """Take a few requests from the common count, or the last one; returns how many."""
    wanted = max(1, min(_TAKEN_AT_ONCE, token.per_minute // _PARTS))
    with runtime.database.transaction(scope) as tx:
        row = {"token_id": token.id, "minute": minute, "taken": 0}
        if insert_new(tx, API_TOKEN_MINUTE, row):
            _begin_minute(tx, token, minute)
        return next((n for n in (wanted, 1) if _count(tx, token, minute, n)), 0)


def _begin_minute(tx: UnitOfWork, token: Token, minute: int) -> None:
    """Forget the minutes before, and note the use: so the row of the token is written once each."""
    tx.execute(
        delete(API_TOKEN_MINUTE).where(
            API_TOKEN_MINUTE.c.facility_id == tx.facility,
            API_TOKEN_MINUTE.c.token_id == token.id,
            API_TOKEN_MINUTE.c.minute < minute,
        )
    )
    tx.execute(
        update(API_TOKEN)
        .where(API_TOKEN.c.facility_id == tx.facility, API_TOKEN.c.id == token.id)
        .values(used_at=tx.now())
    )


def _count(tx: UnitOfWork, token: Token, minute: int, number: int) -> bool:
    table = API_TOKEN_MINUTE.c
    changed = tx.execute(
        update(API_TOKEN_MINUTE)
        .where(
            table.facility_id == tx.facility,
            table.token_id == token.id,
            table.minute == minute,
            table.taken + number <= token.per_minute,
        )
        .values(taken=table.taken + number)
    )
    return changed.rowcount == 1


def _too_many(now: datetime) -> TooManyRequests:
    wait = MINUTE_S - int(now.timestamp()) % MINUTE_S
    return TooManyRequests(f"wait {wait} s", retry_after=wait)
