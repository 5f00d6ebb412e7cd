"""The inbox as a person sees it: owners, deadlines, what was put away; and what they may do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select

from payments import audit
from payments.exceptions import happening
from payments.exceptions.gathering import gather
from payments.exceptions.model import CLOSABLE, DAYS_TO_DECIDE, Item, in_order
from payments.exceptions.rows import EXCEPTION_EVENT
from payments.invoicing.service import checked_reason
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import NotFound, Rejected
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.settlement.deadlines import Calendar, NoHolidayTable, calendar
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

#: What one click may take on: a page of the inbox.
AT_ONCE_MAX: Final = 200


class NoException(NotFound):
    """It waits no more: it was decided, or never was there."""

    code = "no-exception"


class NotClosable(Rejected):
    """Money is explained or given back; a reason alone does not end it."""

    code = "not-closable"


@dataclass(frozen=True, slots=True)
class Happened:
    """One step in the life of an exception; *event* is assigned or closed."""

    event: str
    owner: str
    reason: str
    at: datetime
    by: str


def inbox(tx: UnitOfWork) -> tuple[Item, ...]:
    """List all that waits, the aged first, each with its owner and deadline."""
    found = list(gather(tx))
    owners = happening.owners(tx, found)
    days = calendar()
    return in_order(
        _with_deadline(replace(one, owner=owners.get(one.key, one.owner)), days) for one in found
    )


def history(tx: UnitOfWork, item: Item) -> tuple[Happened, ...]:
    """Tell what happened to *item*, the first step first."""
    rows = tx.execute(
        select(EXCEPTION_EVENT)
        .where(
            EXCEPTION_EVENT.c.facility_id == tx.facility,
            EXCEPTION_EVENT.c.kind == item.kind.value,
            EXCEPTION_EVENT.c.subject == item.subject,
        )
        .order_by(EXCEPTION_EVENT.c.id)
    )
    return tuple(
        Happened(row.event, row.owner, row.reason, row.made_at, row.made_by) for row in rows
    )


def assign(runtime: Runtime, scope: Scope, keys: Sequence[str], owner: str) -> int:
    """
    Make *owner* (an actor) answer for exceptions; whose it is already stays. Returns how many.

    Raises:
        NoException: one of them waits no more; then nothing is assigned.
    """

    def work(tx: UnitOfWork) -> int:
        changed = [one for one in _found(tx, keys) if one.owner != owner]
        for one in changed:
            _note(tx, one, "assigned", owner=owner, reason="")
        return len(changed)

    return runtime.database.run(scope, work)


def close(runtime: Runtime, scope: Scope, keys: Sequence[str], reason: str) -> int:
    """
    Put messages and lines without effect away, with a reason. Returns how many.

    Raises:
        InvalidField: *reason* is empty or too long.
        NoException: one of them waits no more; then nothing is put away.
        NotClosable: one of them is money.
    """
    cleaned = checked_reason(reason)

    def work(tx: UnitOfWork) -> int:
        found = _found(tx, keys)
        if any(one.kind not in CLOSABLE for one in found):
            raise NotClosable()
        for one in found:
            _note(tx, one, "closed", owner="", reason=cleaned)
        return len(found)

    return runtime.database.run(scope, work)


def _found(tx: UnitOfWork, keys: Sequence[str]) -> list[Item]:
    waiting = {one.key: one for one in inbox(tx)}
    wanted = list(dict.fromkeys(keys))[:AT_ONCE_MAX]
    if not wanted or any(key not in waiting for key in wanted):
        raise NoException()
    return [waiting[key] for key in wanted]


def _note(tx: UnitOfWork, item: Item, event: str, *, owner: str, reason: str) -> None:
    tx.execute(
        insert(EXCEPTION_EVENT),
        {
            "facility_id": tx.facility,
            "id": new_id(),
            "kind": item.kind.value,
            "subject": item.subject,
            "event": event,
            "owner": owner,
            "reason": reason,
            "made_at": tx.now(),
            "made_by": tx.scope.actor,
        },
    )
    audit.append(tx, f"exception.{event}", item.key, owner=owner, reason=reason)


def _with_deadline(item: Item, days: Calendar) -> Item:
    if item.has_own_deadline:
        return item
    try:
        due = days.working_day_after(HospitalDay.of(item.since), DAYS_TO_DECIDE)
    except NoHolidayTable:
        return item
    return replace(item, due=due)


__all__ = ["Happened", "NoException", "NotClosable", "assign", "close", "history", "inbox"]
