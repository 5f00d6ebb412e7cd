"""
Says what would become of a message, by letting it become and undoing it: one rule, not two.

Each event runs through the very program that books, in a transaction that is always rolled back.
Locks are held for as long as a real message holds them; alarms are sent after a commit, so none is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from payments.gateway import Notification, Verdict
from payments.inbox import repository
from payments.inbox.rows import NOTIFICATION
from payments.inbox.service import apply_in
from payments.kernel.errors import Conflict, NotFound, Rejected
from payments.kernel.scope import Scope
from payments.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What one event would have been answered, and the reason that would stand in its row."""

    verdict: Verdict
    reason: str


class _Undo(Exception):
    def __init__(self, became: Rehearsed) -> None:
        super().__init__()
        self.became = became


def rehearse(
    runtime: Runtime, scope: Scope, slug: str, told: Sequence[Notification]
) -> tuple[Rehearsed, ...]:
    """Say of each of *told* what channel *slug* would make of it now; nothing is kept."""
    return tuple(_one(runtime, scope, slug, event) for event in told)


def _one(runtime: Runtime, scope: Scope, slug: str, event: Notification) -> Rehearsed:
    try:
        with runtime.database.transaction(scope) as tx:
            row = repository.add(tx, runtime.keys, slug, event, b"")
            verdict = apply_in(tx, runtime, row)
            reason = tx.execute(
                select(NOTIFICATION.c.reason).where(
                    NOTIFICATION.c.facility_id == tx.facility, NOTIFICATION.c.id == row
                )
            ).scalar_one()
            raise _Undo(Rehearsed(verdict, reason))
    except _Undo as undone:
        return undone.became
    except (DBAPIError, Conflict, Rejected, NotFound):
        # As the inbox answers: it is stored, and the worker tries again.
        return Rehearsed(Verdict.STORED, "later")
