"""
What money without an owner may be for: scored guesses, each with its reason, for a person to take.

    90  the amount is what is due, and the code differs by one slip
    70  the code differs by one slip, the amount does not fit
    60  the amount is what is due, and a code of it was shown within a quarter of an hour
    40  the same within a day

A guess is never booked by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from payments.kernel.money import ZERO, Money

#: What a person looks through.
SUGGESTIONS_MAX: Final = 5
WINDOW: Final = timedelta(days=1)
_CLOSE: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An invoice that still owes, seen through one code that was shown for it."""

    invoice: UUID
    number: str
    due: Money
    code: str
    shown_at: datetime


@dataclass(frozen=True, slots=True)
class Suggestion:
    """*why* names a wording: code, code_short, code_over, amount_time; *minutes* apart for it."""

    invoice: UUID
    number: str
    due: Money
    score: int
    why: str
    difference: Money
    minutes: int


def suggest(
    amount: Money, at: datetime, near: Collection[str], candidates: Iterable[Candidate]
) -> tuple[Suggestion, ...]:
    """
    Rank the invoices that *amount*, received *at*, may pay; *near* are codes one slip away.

    Each invoice once, with its best reason; at most five, best first.
    """
    best: dict[UUID, Suggestion] = {}
    for candidate in candidates:
        found = _scored(amount, at, near, candidate)
        known = best.get(candidate.invoice)
        if found is not None and (known is None or found.score > known.score):
            best[candidate.invoice] = found
    ranked = sorted(best.values(), key=lambda one: (-one.score, one.minutes, one.number))
    return tuple(ranked[:SUGGESTIONS_MAX])


def _scored(
    amount: Money, at: datetime, near: Collection[str], candidate: Candidate
) -> Suggestion | None:
    apart = abs(at - candidate.shown_at)
    difference = amount - candidate.due
    if not candidate.due:
        return None
    if candidate.code in near:
        score, why = (90, "code") if not difference else (70, _short_or_over(difference))
    elif not difference and apart <= WINDOW:
        score, why = (60 if apart <= _CLOSE else 40), "amount_time"
    else:
        return None
    minutes = int(apart.total_seconds()) // 60
    return Suggestion(
        candidate.invoice, candidate.number, candidate.due, score, why, difference, minutes
    )


def _short_or_over(difference: Money) -> str:
    return "code_short" if difference < ZERO else "code_over"
