"""
Whether an answer of the portal can be believed: does it fit the question, and itself?

A portal that answers for another card, or with dates that contradict its own code, is as good as
one that is silent: the desk goes on provisionally and a person asks again.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Final

from payments.card_checks.codes import Meaning, meaning_of
from payments.card_checks.model import Doubt
from payments.external.portal import CardQuestion, CardTold, CopaymentTold
from payments.kernel.text import nfc

_INSURANCE_NUMBER: Final = 10
_IDENTITY_NUMBER: Final = 12
#: What says that the card counts today.
_COUNTS: Final = frozenset({Meaning.RIGHT, Meaning.REPLACED_BY_NEW_CARD})


def doubt_of_card(asked: CardQuestion, told: CardTold, today: date) -> Doubt | None:
    """Say why *told* cannot be the answer to *asked* on *today*; None: it can."""
    meaning = meaning_of(told.code)
    if _is_other_card(asked.card, told.card):
        return Doubt.OTHER_CARD
    if meaning in _COUNTS and _is_other_person(asked, told):
        return Doubt.OTHER_PERSON
    first, last = told.valid_from, told.valid_to
    if first is not None and last is not None and last < first:
        return Doubt.DATES
    if meaning in _COUNTS and not _holds(first, last, today):
        return Doubt.DATES
    new = told.new_card
    if new is not None and new.valid_from and new.valid_to and new.valid_to < new.valid_from:
        return Doubt.DATES
    return None


def doubt_of_copayment(told: CopaymentTold) -> Doubt | None:
    """Say why the rows of *told* contradict each other: each year is summed from its first visit"""
    so_far: dict[int, Decimal] = {}
    for row in sorted(told.rows, key=lambda one: (one.day, one.so_far)):
        so_far[row.day.year] = so_far.get(row.day.year, Decimal(0)) + row.counted
        if so_far[row.day.year] != row.so_far:
            return Doubt.SUMS
    return None


def _holds(first: date | None, last: date | None, today: date) -> bool:
    """Say whether a card of these days counts today; a right card always tells its first day."""
    return first is not None and first <= today and (last is None or today <= last)


def _is_other_card(asked: str, told: str) -> bool:
    """Compare what both have: all 15, or the insurance number; an identity number is no card."""
    if not told or len(asked) == _IDENTITY_NUMBER:
        return False
    if len(asked) == len(told):
        return asked != told
    return asked[-_INSURANCE_NUMBER:] != told[-_INSURANCE_NUMBER:]


def _is_other_person(asked: CardQuestion, told: CardTold) -> bool:
    if told.name and nfc(told.name).upper().split() != nfc(asked.name).upper().split():
        return True
    mine, theirs = _parts(asked.birth), _parts(told.birth)
    return any(one != other for one, other in zip(mine, theirs, strict=False))


def _parts(birth: str) -> list[str]:
    """Give year, month, day, as many as there are."""
    return re.findall("[0-9]+", birth)[::-1]
