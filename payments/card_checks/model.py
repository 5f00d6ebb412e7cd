"""
What is known of a card at a visit, and when it must be asked again.

    nobody asked ─ask─▶ waiting ─▶ answered | silent (down, slow, restricted) ─▶ asked again
                                                     └─ the desk works provisionally, "tạm tính"
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from payments.card_checks.codes import OPEN, USABLE, Meaning
from payments.external.portal import NewCard
from payments.kernel.errors import NotFound, Rejected

#: The first two letters of cards that the forces manage (Defence: QN; Public Security: CA; the
#: cipher service: CY). Not in the look-up system.
FORCES: Final = ("QN", "CA", "CY")
_CARD_LENGTH: Final = 15


class NoCard(Rejected):
    """No card is noted on the patient, and none was told."""

    code = "no-card"


class NoEncounter(NotFound):
    """This facility has no visit of that id."""

    code = "no-encounter"


class Why(StrEnum):
    """Why a card is asked about."""

    DESK = "desk"
    OPENING = "opening"
    CLOSING = "closing"


class Source(StrEnum):
    """Who said it; workflows A1.3: "trực tuyến / thử nghiệm / ngoại tuyến"."""

    PORTAL = "portal"
    SANDBOX = "sandbox"
    HAND = "hand"
    NOBODY = "nobody"


class Reason(StrEnum):
    """Why a person enters a card by hand."""

    FORCES = "forces"
    PORTAL_DOWN = "portal_down"
    #: A newborn or a child whose card is not made yet, an organ donor: papers stand for the card.
    PAPERS = "papers"


class Doubt(StrEnum):
    """Why an answer is not believed, or why there is none."""

    OTHER_CARD = "other_card"
    OTHER_PERSON = "other_person"
    DATES = "dates"
    SUMS = "sums"
    #: The facility has no account at the portal.
    OFF = "off"
    NOT_SENT = "not_sent"
    TIMED_OUT = "timed_out"
    UNREADABLE = "unreadable"
    REFUSED = "refused"


class Again(StrEnum):
    """Why a card must be asked about again before the visit closes."""

    NEVER_ANSWERED = "never_answered"
    PROVISIONAL = "provisional"
    #: More than a day ago (workflows A4.2).
    OLD = "old"
    #: The card ended, or was replaced, since it was looked up (Decree 188/2025/ND-CP, article 21).
    ENDED_SINCE = "ended_since"
    #: A new card counts from a day that has come since.
    NEW_CARD_COUNTS = "new_card_counts"
    #: The co-payments of another year were looked up.
    OTHER_YEAR = "other_year"


@dataclass(frozen=True, slots=True)
class Copayment:
    """
    Co-payments that count to the ceiling of *year*, as the portal knew them.

    *so_far* is in đồng with two places, as the arithmetic of the claims is.
    """

    so_far: Decimal
    year: int
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class CardAnswer:
    """
    The latest that is known of the card of one visit.

    An answer of the portal stands until another one comes: a try that failed later is told in
    *failed_at* and *failure*, and changes nothing else. Days are of the hospital's calendar.
    """

    id: UUID
    encounter: UUID
    code: str
    meaning: Meaning
    doubt: Doubt | None
    source: Source
    card: str = field(repr=False)
    checked_at: datetime
    valid_from: date | None = None
    valid_to: date | None = None
    registered_facility: str = ""
    #: K1, K2, K3 (``MA_KHUVUC``) or empty: the region that widens the benefit.
    area: str = ""
    five_years_from: date | None = None
    new_card: NewCard | None = None
    copayment: Copayment | None = None
    #: Why a person entered it.
    reason: Reason | None = None
    #: When a later try gave nothing, and why.
    failed_at: datetime | None = None
    failure: Doubt | None = None

    @property
    def is_usable(self) -> bool:
        """Whether the insurer pays for this card by what is known; an open answer is no yes."""
        return self.meaning in USABLE

    @property
    def is_provisional(self) -> bool:
        """Whether the split is "tạm tính" until the portal has answered."""
        if self.meaning is Meaning.BY_HAND:
            return self.reason is not Reason.FORCES
        return self.meaning in OPEN

    @property
    def last4(self) -> str:
        return self.card[-4:]

    @property
    def object_code(self) -> str:
        """The two letters of the card, as ``DN``; empty where only a number was asked for."""
        return self.card[:2] if len(self.card) == _CARD_LENGTH else ""

    @property
    def benefit_digit(self) -> int | None:
        """The benefit digit 1 to 5 that is printed; the level of a day is the coverage's to say."""
        return int(self.card[2]) if len(self.card) == _CARD_LENGTH else None


def is_of_forces(card: str) -> bool:
    return card[:2] in FORCES and len(card) == _CARD_LENGTH
