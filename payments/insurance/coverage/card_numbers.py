"""Reads a number by which the insurer looks a person up: card, insurance or citizen number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_CARD: Final = re.compile("([A-Z]{2})([1-5])([0-9]{2})([0-9]{10})")
_INSURANCE: Final = re.compile("[0-9]{10}")
_CITIZEN: Final = re.compile("[0-9]{12}")


@dataclass(frozen=True, slots=True)
class CardNumber:
    """
    The 15 characters of a card, the temporary one of a child under 6 among them.

    *letters* name the object, *digit* the level, *insurance* is the person's own number.
    """

    letters: str
    digit: str
    province: str
    insurance: str


@dataclass(frozen=True, slots=True)
class InsuranceNumber:
    digits: str


@dataclass(frozen=True, slots=True)
class CitizenNumber:
    digits: str


LookUpKey = CardNumber | InsuranceNumber | CitizenNumber


def parse(text: str) -> LookUpKey | None:
    """Read *text* as the VSS look-up does: blanks out, letters large, exactly these lengths."""
    joined = "".join(text.split())
    # Outside ASCII some letters become two, or others, when they are made large.
    if not joined.isascii():
        return None
    joined = joined.upper()
    if (card := _CARD.fullmatch(joined)) is not None:
        return CardNumber(*card.groups())
    if _INSURANCE.fullmatch(joined):
        return InsuranceNumber(joined)
    return CitizenNumber(joined) if _CITIZEN.fullmatch(joined) else None
