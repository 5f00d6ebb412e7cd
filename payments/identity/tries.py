"""
Tries to prove something, counted in the database: the limits hold across all workers.

A try is counted before anything is compared and taken back when it was right, so that parallel
guesses through several workers cannot slip between counting and comparing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, insert, select

from payments.identity.model import TooManyTries
from payments.identity.rows import SIGN_IN_TRY
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

#: The longest window of any limit: what is older is forgotten.
_KEPT: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most *most* failed tries of *subject* within *window*."""

    subject: str
    most: int
    window: timedelta


def counted(runtime: Runtime, scope: Scope, limits: Sequence[Limit]) -> list[UUID]:
    """
    Count one try against each of *limits*; the ids are for ``take_back``.

    Raises:
        TooManyTries: a limit is reached; nothing was compared, so nothing is counted either: who
            goes on guessing does not lengthen the wait.
    """
    subjects = [runtime.keys.fingerprint("lookup", limit.subject) for limit in limits]
    with runtime.database.transaction(scope) as tx:
        tries = note(tx, subjects, forget_before=tx.now() - _KEPT)
    # In a new transaction, which sees the tries of every other worker that were noted before ours.
    with runtime.database.reading(scope) as tx:
        is_over = [
            _count(tx, subject, since=tx.now() - limit.window) > limit.most
            for subject, limit in zip(subjects, limits, strict=True)
        ]
    if any(is_over):
        with runtime.database.transaction(scope) as tx:
            take_back(tx, tries)
        raise TooManyTries()
    return tries


def note(tx: UnitOfWork, subjects: Sequence[bytes], *, forget_before: datetime) -> list[UUID]:
    """Write down a try for each of *subjects*, and forget those of the past."""
    tx.execute(
        delete(SIGN_IN_TRY).where(
            SIGN_IN_TRY.c.facility_id == tx.facility, SIGN_IN_TRY.c.at < forget_before
        )
    )
    ids = [new_id() for _ in subjects]
    tx.execute(
        insert(SIGN_IN_TRY),
        [
            {"facility_id": tx.facility, "id": number, "subject": subject, "at": tx.now()}
            for number, subject in zip(ids, subjects, strict=True)
        ],
    )
    return ids


def take_back(tx: UnitOfWork, ids: Sequence[UUID]) -> None:
    """Take back tries that turned out to be right, or were never compared."""
    tx.execute(
        delete(SIGN_IN_TRY).where(
            SIGN_IN_TRY.c.facility_id == tx.facility, SIGN_IN_TRY.c.id.in_(ids)
        )
    )


def _count(tx: UnitOfWork, subject: bytes, *, since: datetime) -> int:
    counted: int = tx.execute(
        select(func.count())
        .select_from(SIGN_IN_TRY)
        .where(
            SIGN_IN_TRY.c.facility_id == tx.facility,
            SIGN_IN_TRY.c.subject == subject,
            SIGN_IN_TRY.c.at > since,
        )
    ).scalar_one()
    return counted
