"""The reading side: the latest that is known of the card of a visit, and all that was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select

from payments.card_checks import answers, telling
from payments.card_checks.answers import CARD_CALL, COPAYMENT_CALL, HAND
from payments.card_checks.codes import Meaning, meaning_of
from payments.card_checks.model import CardAnswer, Copayment, Doubt, Reason, Source, Why
from payments.card_checks.rows import CARD_ANSWER, CARD_QUESTION
from payments.card_checks.telling import Told
from payments.kernel.calendar import HospitalDay
from payments.keys import Keys
from payments.storage.unit_of_work import UnitOfWork

_NOTHING: Final = Decimal(0)
#: A visit has a handful; a stay of months some dozens.
_ANSWERS_MAX: Final = 200
#: In whose answer there is none: the portal said nothing of the card.
_SILENT: Final = frozenset({"off", "not_sent", "timed_out", "unreadable", "refused"})


@dataclass(frozen=True, slots=True)
class Waiting:
    """A question that has no answer yet; *attempts* counts the times it was sent."""

    id: UUID
    why: Why
    asked_at: datetime
    attempts: int


def latest(tx: UnitOfWork, keys: Keys, encounter: UUID, *, of: str = "") -> CardAnswer | None:
    """
    Give the latest that is known of the card of *encounter*; None where nobody asked.

    *of* asks about one of two cards; without it the one that was answered last is meant.

    What the portal or a person said last counts; a call without answer counts only where there is
    nothing else for that card. An answer for a card that was changed since does not count.
    """
    rows = _rows(tx, encounter)
    cards = [row for row in rows if row.call in (CARD_CALL, HAND)]
    if of:
        cards = [row for row in cards if _card(keys, row) == of]
    if not cards:
        return None
    card = _card(keys, cards[0])
    same = [row for row in cards if _card(keys, row) == card]
    said = [row for row in same if not _is_silent(row)]
    found = said[0] if said else same[0]
    failed = cards[0] if _is_silent(cards[0]) and said else None
    told = _told(keys, found)
    return CardAnswer(
        id=found.id,
        encounter=encounter,
        code=found.code,
        meaning=_meaning(found),
        doubt=Doubt(found.doubt) if found.doubt else None,
        source=_source(found),
        card=card,
        checked_at=found.answered_at,
        valid_from=told.valid_from,
        valid_to=told.valid_to,
        registered_facility=told.registered_facility,
        area=told.area,
        five_years_from=told.five_years_from,
        new_card=told.new_card,
        copayment=_copayment(keys, [row for row in rows if _card(keys, row) == card]),
        reason=Reason(found.reason) if found.reason else None,
        failed_at=failed.answered_at if failed else None,
        failure=Doubt(failed.doubt) if failed and failed.doubt else None,
    )


def waiting(tx: UnitOfWork, encounter: UUID) -> Waiting | None:
    """Give the question about *encounter* that waits for an answer."""
    row = tx.execute(
        select(CARD_QUESTION).where(
            CARD_QUESTION.c.facility_id == tx.facility,
            CARD_QUESTION.c.encounter_id == encounter,
            CARD_QUESTION.c.state == "waiting",
        )
    ).first()
    return None if row is None else Waiting(row.id, Why(row.why), row.asked_at, row.attempts)


def _rows(tx: UnitOfWork, encounter: UUID) -> Sequence[Row[Any]]:
    """Read the answers of a visit, the newest first."""
    statement = (
        select(CARD_ANSWER)
        .where(CARD_ANSWER.c.facility_id == tx.facility, CARD_ANSWER.c.encounter_id == encounter)
        .order_by(CARD_ANSWER.c.answered_at.desc(), CARD_ANSWER.c.id.desc())
        .limit(_ANSWERS_MAX)
    )
    return tx.execute(statement).all()


def _is_silent(row: Row[Any]) -> bool:
    return not row.code and row.doubt in _SILENT


def _meaning(row: Row[Any]) -> Meaning:
    if row.call == HAND:
        return Meaning.BY_HAND
    if _is_silent(row):
        return Meaning.TRY_LATER
    return Meaning.UNBELIEVABLE if row.doubt else meaning_of(row.code)


def _source(row: Row[Any]) -> Source:
    if row.call == HAND:
        return Source.HAND
    if _is_silent(row):
        return Source.NOBODY
    return Source.SANDBOX if row.is_trial else Source.PORTAL


def _copayment(keys: Keys, rows: Sequence[Row[Any]]) -> Copayment | None:
    """Sum up the newest believed answer: what was so far in the year in which it was given."""
    for row in rows:
        if row.call != COPAYMENT_CALL or row.doubt or row.code not in ("200", "204"):
            continue
        year = HospitalDay.of(row.answered_at).date.year
        of_year = [one for one in _told(keys, row).rows if one.day.year == year]
        so_far = sum((one.counted for one in of_year), start=_NOTHING)
        return Copayment(so_far, year, row.answered_at)
    return None


def _card(keys: Keys, row: Row[Any]) -> str:
    return keys.open("personal", row.card_sealed, context=answers.CARD)


def _told(keys: Keys, row: Row[Any]) -> Told:
    if row.told_sealed is None:
        return Told()
    return telling.read(keys.open("personal", row.told_sealed, context=answers.TOLD))
