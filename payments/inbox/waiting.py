"""
Messages that take back money of which we have not been told: they wait for the payment itself.

A dispute may be told before its payment, whose message was lost or is late by days. Trying again
and again would end some hours later, so the message is kept with what it waits for, and whoever
books the payment lets it take effect.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from payments import jobs
from payments.inbox.repository import Stored
from payments.inbox.rows import NOTIFICATION
from payments.intents import attempts
from payments.storage.unit_of_work import UnitOfWork

APPLY: Final = "inbox.apply"
#: A message that names no order holds no row: the payment may have been booked beside it, unseen.
_LOOK_AGAIN: Final = timedelta(minutes=1)
_BY_PAYMENT: Final = "payment:"


def of_attempt(intent: UUID) -> str:
    """Say that a message waits for any payment of an attempt."""
    return f"attempt:{intent}"


def of_payment(transaction: str) -> str:
    """Say that a message waits for the payment that its gateway calls *transaction*."""
    return f"{_BY_PAYMENT}{transaction}"


def begins(tx: UnitOfWork, stored: Stored, waits_for: str) -> None:
    """Ask the gateway for the payment, or look once more where it may be booked at this moment."""
    if waits_for.startswith(_BY_PAYMENT):
        jobs.enqueue(tx, APPLY, str(stored.id), run_at=tx.now() + _LOOK_AGAIN)
    elif waits_for:
        attempts.ask_soon(tx, stored.told.reference, stored.channel)


def wake(tx: UnitOfWork, channel: str, intent: UUID, transaction: str) -> None:
    """Let the worker apply what waited for the payment that is being booked."""
    found = tx.execute(
        select(NOTIFICATION.c.id).where(
            NOTIFICATION.c.facility_id == tx.facility,
            NOTIFICATION.c.channel == channel,
            NOTIFICATION.c.waits_for.in_((of_attempt(intent), of_payment(transaction))),
        )
    )
    for notification in found.scalars().all():
        jobs.enqueue(tx, APPLY, str(notification))
