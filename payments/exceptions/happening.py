"""
Whose an exception is and whether it was put away, asked of what waits now.

Events are kept for good; what waits is at most some hundreds, whatever the years have brought.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, Select, Text, cast, exists, select
from sqlalchemy.sql.selectable import Exists

from payments.exceptions.model import Item
from payments.exceptions.rows import EXCEPTION_EVENT
from payments.storage.unit_of_work import UnitOfWork

#: Subjects of one question to the database.
_AT_ONCE: Final = 500


def owners(tx: UnitOfWork, items: Iterable[Item]) -> dict[str, str]:
    """Name who took each of *items* last, by its key; who was never taken is not in it."""
    by_kind: dict[str, list[str]] = defaultdict(list)
    for one in items:
        by_kind[one.kind.value].append(one.subject)
    return {
        f"{kind}:{row.subject}": row.owner
        for kind, subjects in by_kind.items()
        for start in range(0, len(subjects), _AT_ONCE)
        for row in sorted(
            tx.execute(taken(tx, kind, subjects[start : start + _AT_ONCE])),
            key=lambda one: one.id,
        )
    }


def taken(tx: UnitOfWork, kind: str, subjects: list[str]) -> Select[Any]:
    """
    Ask who took *subjects* of *kind*, in no order.

    Asked for the order of the events, SQLite walks all of them by their key instead of the index.
    """
    return select(EXCEPTION_EVENT.c.id, EXCEPTION_EVENT.c.subject, EXCEPTION_EVENT.c.owner).where(
        EXCEPTION_EVENT.c.facility_id == tx.facility,
        EXCEPTION_EVENT.c.kind == kind,
        EXCEPTION_EVENT.c.subject.in_(subjects),
        EXCEPTION_EVENT.c.event == "assigned",
    )


def is_closed(tx: UnitOfWork, kind: str, ids: Column[UUID]) -> Exists:
    """Say of a column of ids whether a person has put that exception of *kind* away."""
    return exists().where(
        EXCEPTION_EVENT.c.facility_id == tx.facility,
        EXCEPTION_EVENT.c.kind == kind,
        EXCEPTION_EVENT.c.subject == cast(ids, Text),
        EXCEPTION_EVENT.c.event == "closed",
    )
