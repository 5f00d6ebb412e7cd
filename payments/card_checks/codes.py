"""
What each code of a card look-up means, whether the card can be used, and what to do next.

Codes: the portal's list of ``maKetQua`` for card look-ups; usable are 000, 001, 002 and 004, as a
checker in daily use treats them. What to do stands in the words ``card.do.<meaning>``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Meaning(StrEnum):
    """The class of an answer: who must do what next."""

    RIGHT = "right"
    #: Cards of the forces are not in the look-up system: entered by hand.
    MANAGED_BY_FORCES = "managed_by_forces"
    #: The card still counts, and a new one was issued.
    REPLACED_BY_NEW_CARD = "replaced_by_new_card"
    #: The card has ended; only the new one counts.
    ENDED_BY_NEW_CARD = "ended_by_new_card"
    EXPIRED = "expired"
    NOT_FOUND = "not_found"
    WRONG_CARD_NUMBER = "wrong_card_number"
    WRONG_NAME = "wrong_name"
    WRONG_BIRTH = "wrong_birth"
    WITHDRAWN = "withdrawn"
    REDUCED = "reduced"
    CHILD_WITHOUT_CARD = "child_without_card"
    #: The member of staff is not registered, the account is refused, a field of ours is wrong.
    MISCONFIGURED = "misconfigured"
    #: Neither yes nor no: the portal did not answer, or failed by itself.
    TRY_LATER = "try_later"
    #: It answered, and what it said contradicts the question or itself.
    UNBELIEVABLE = "unbelievable"
    #: A code that is in no list of ours: never right and never wrong.
    UNKNOWN = "unknown"
    #: A person entered what the card shows.
    BY_HAND = "by_hand"


MEANINGS: Final[Mapping[str, Meaning]] = MappingProxyType(
    {
        "000": Meaning.RIGHT,
        "001": Meaning.MANAGED_BY_FORCES,
        "002": Meaning.MANAGED_BY_FORCES,
        "003": Meaning.ENDED_BY_NEW_CARD,
        "004": Meaning.REPLACED_BY_NEW_CARD,
        "010": Meaning.EXPIRED,
        "050": Meaning.NOT_FOUND,
        "051": Meaning.WRONG_CARD_NUMBER,
        "052": Meaning.WRONG_CARD_NUMBER,
        "053": Meaning.WRONG_CARD_NUMBER,
        "054": Meaning.MISCONFIGURED,
        "055": Meaning.MISCONFIGURED,
        "060": Meaning.WRONG_NAME,
        "061": Meaning.WRONG_NAME,
        "070": Meaning.WRONG_BIRTH,
        "100": Meaning.TRY_LATER,
        "101": Meaning.TRY_LATER,
        "110": Meaning.WITHDRAWN,
        "120": Meaning.REDUCED,
        "121": Meaning.REDUCED,
        "122": Meaning.REDUCED,
        "123": Meaning.REDUCED,
        "124": Meaning.REDUCED,
        "130": Meaning.CHILD_WITHOUT_CARD,
        "205": Meaning.MISCONFIGURED,
        "401": Meaning.MISCONFIGURED,
        # Not in the list of the card look-up: the look-up of co-payments says so to accounts that
        # are restricted, and of its own failures.
        "500": Meaning.TRY_LATER,
    }
)
#: The card pays for a visit today.
USABLE: Final = frozenset(
    {
        Meaning.RIGHT,
        Meaning.MANAGED_BY_FORCES,
        Meaning.REPLACED_BY_NEW_CARD,
        Meaning.BY_HAND,
    }
)
#: Says nothing of the card: whoever works on does it provisionally ("tạm tính").
OPEN: Final = frozenset(
    {Meaning.MISCONFIGURED, Meaning.TRY_LATER, Meaning.UNBELIEVABLE, Meaning.UNKNOWN}
)
#: The portal restricts an account that calls too much, or fails: both want a pause.
RESTRICTED: Final = "500"


def meaning_of(code: str) -> Meaning:
    """Give the class of *code*; what is in no table is unknown, never right."""
    return MEANINGS.get(code, Meaning.UNKNOWN)
