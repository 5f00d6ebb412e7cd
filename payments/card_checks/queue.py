"""Questions as rows: one waiting at a time for a visit, taken by one worker at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update

from payments.card_checks.codes import RESTRICTED
from payments.card_checks.rows import CARD_ANSWER, CARD_QUESTION
from payments.keys import Keys
from payments.storage.unit_of_work import UnitOfWork

SEALED: Final = "card_question.card_sealed"
#: A worker that died holds its question this long: far above a token, a second token and two
#: look-ups of a minute each.
_LEASE: Final = timedelta(minutes=8)
#: What never left the house is tried again so often, and so much later each time.
ATTEMPTS_MAX: Final = 5
_LATER: Final = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Question:
    id: UUID
    encounter: UUID
    card: str = field(repr=False)
    attempts: int
    asked_at: datetime
    asked_by: str


def due(tx: UnitOfWork, *, limit: int) -> list[UUID]:
    """List the questions that are due, the longest due first."""
    return list(
        tx.execute(
            select(CARD_QUESTION.c.id)
            .where(
                CARD_QUESTION.c.facility_id == tx.facility,
                CARD_QUESTION.c.state == "waiting",
                CARD_QUESTION.c.next_at <= tx.now(),
            )
            .order_by(CARD_QUESTION.c.next_at, CARD_QUESTION.c.id)
            .limit(limit)
        ).scalars()
    )


def claim(tx: UnitOfWork, keys: Keys, question: UUID) -> Question | None:
    """Take a question for the length of a try; None where another worker has it."""
    taken = tx.execute(
        update(CARD_QUESTION)
        .where(
            CARD_QUESTION.c.facility_id == tx.facility,
            CARD_QUESTION.c.id == question,
            CARD_QUESTION.c.state == "waiting",
            CARD_QUESTION.c.next_at <= tx.now(),
        )
        .values(attempts=CARD_QUESTION.c.attempts + 1, next_at=tx.now() + _LEASE)
    )
    if taken.rowcount != 1:
        return None
    row = tx.execute(
        select(CARD_QUESTION).where(
            CARD_QUESTION.c.facility_id == tx.facility, CARD_QUESTION.c.id == question
        )
    ).one()
    card = keys.open("personal", row.card_sealed, context=SEALED)
    return Question(row.id, row.encounter_id, card, row.attempts, row.asked_at, row.asked_by)


def settle(tx: UnitOfWork, question: UUID, state: str) -> None:
    """End a question: ``answered`` or ``given_up``; one that ended before stays as it is."""
    tx.execute(
        update(CARD_QUESTION)
        .where(
            CARD_QUESTION.c.facility_id == tx.facility,
            CARD_QUESTION.c.id == question,
            CARD_QUESTION.c.state == "waiting",
        )
        .values(state=state, done_at=tx.now())
    )


def put_off(tx: UnitOfWork, question: Question) -> None:
    """Let a question that never left the house wait, twice as long each time."""
    later = tx.now() + _LATER * 2 ** (question.attempts - 1)
    tx.execute(
        update(CARD_QUESTION)
        .where(
            CARD_QUESTION.c.facility_id == tx.facility,
            CARD_QUESTION.c.id == question.id,
            CARD_QUESTION.c.state == "waiting",
        )
        .values(next_at=later)
    )


def calls_since(tx: UnitOfWork, since: datetime) -> int:
    """Count what the portal was asked since *since*; entries by hand are none."""
    counted = tx.execute(
        select(func.count())
        .select_from(CARD_ANSWER)
        .where(
            CARD_ANSWER.c.facility_id == tx.facility,
            CARD_ANSWER.c.answered_at > since,
            CARD_ANSWER.c.call != "hand",
            CARD_ANSWER.c.doubt.not_in(("off", "not_sent")),
        )
    ).scalar_one()
    return int(counted)


def restricted_since(tx: UnitOfWork, since: datetime) -> bool:
    """Say whether the portal refused us as restricted (or failed) later than *since*."""
    return (
        tx.execute(
            select(CARD_ANSWER.c.id)
            .where(
                CARD_ANSWER.c.facility_id == tx.facility,
                CARD_ANSWER.c.answered_at > since,
                CARD_ANSWER.c.code == RESTRICTED,
            )
            .limit(1)
        ).first()
        is not None
    )
