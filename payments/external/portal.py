"""
The port to the insurer's portal: cards, co-payments of the year, check-ins, dossiers.

What it must do is in the calls of Circular 48/2017/TT-BYT and Decisions 4750 and 3176/QD-BYT; an
adapter speaks the wire, this speaks our words. An answer is always decided by its code
(``maKetQua``), never by the status of the transfer, and none is believed here: that is for
``payments.card_checks``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol

from payments.kernel.errors import Unavailable
from payments.kernel.secret import Secret

#: Under this name its accounts stand in the keys file.
PORTAL: Final = "portal"


class Standard(StrEnum):
    """In which of the ministry's standards a dossier is written; names the portal's call."""

    QD4750 = "4750"
    QD3176 = "3176"


@dataclass(frozen=True, slots=True)
class Account:
    """An account at the portal (form 08/BH), and the member of staff in whose name it asks."""

    user: str
    password: Secret[str]
    #: Since 2024 each look-up names who looks: codes 054 and 055 refuse what is not registered.
    staff_name: str = field(repr=False)
    staff_id: Secret[str]


@dataclass(frozen=True, slots=True)
class CardQuestion:
    """Whom to look up. *card* has 15, 10 or 12 characters; *birth* is ``dd/MM/yyyy`` or less."""

    card: str = field(repr=False)
    name: str = field(repr=False)
    birth: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewCard:
    """The card that was issued in the place of the one asked for."""

    number: str = field(repr=False)
    valid_from: date | None
    valid_to: date | None
    registered_facility: str


@dataclass(frozen=True, slots=True)
class CardTold:
    """What the portal told of a card; empty where it told nothing. *raw* is the reply as it came"""

    code: str
    raw: bytes = field(repr=False)
    card: str = field(default="", repr=False)
    name: str = field(default="", repr=False)
    #: As the portal wrote it: ``dd/MM/yyyy``, ``MM/yyyy`` or ``yyyy``.
    birth: str = field(default="", repr=False)
    valid_from: date | None = None
    valid_to: date | None = None
    registered_facility: str = ""
    #: K1, K2, K3 or empty.
    area: str = ""
    five_years_from: date | None = None
    new_card: NewCard | None = None


@dataclass(frozen=True, slots=True)
class CopaymentRow:
    """One visit that counted: *counted* and *so_far* in đồng, the second since the year began."""

    day: date
    counted: Decimal
    so_far: Decimal


@dataclass(frozen=True, slots=True)
class CopaymentTold:
    """What the portal told of the co-payments of a card; no rows where there were none."""

    code: str
    raw: bytes = field(repr=False)
    rows: tuple[CopaymentRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Submitted:
    """What the portal said of a file; *transaction* (``maGiaoDich``) is kept to ask about it."""

    code: str
    raw: bytes = field(repr=False)
    transaction: str = ""
    #: As the portal wrote it: ``yyyyMMddHHmmss`` of Vietnam.
    received_at: str = ""
    message: str = ""


class Silence(StrEnum):
    """Why a call gave no answer."""

    #: Nothing left the house: the same call may be made again.
    NOT_SENT = "not_sent"
    #: It was sent and no whole answer came: never made again by itself, for whoever calls too much
    #: is put on the list of the restricted.
    TIMED_OUT = "timed_out"
    #: Something came that is no answer of the portal.
    UNREADABLE = "unreadable"
    #: The portal does not accept the account, also after a new token.
    REFUSED = "refused"


class NoAnswer(Unavailable):
    """The portal gave no answer; *silence* says why, *raw* what came instead."""

    code = "portal-no-answer"

    def __init__(self, silence: Silence, detail: str = "", *, raw: bytes = b"") -> None:
        super().__init__(detail or silence.value, silence=silence.value)
        self.silence = silence
        self.raw = raw


class Portal(Protocol):
    """One account at the portal. Every verb raises NoAnswer; none is repeated by itself."""

    @property
    def is_sandbox(self) -> bool:
        """Whether the address is this machine: never in production."""
        ...

    def card(self, asked: CardQuestion) -> CardTold:
        """Look a card up; takes 5 to 60 seconds."""
        ...

    def copayment(self, asked: CardQuestion) -> CopaymentTold:
        """Look the co-payments of the year up; takes 5 to 60 seconds."""
        ...

    def check_in(self, dossier: bytes, standard: Standard) -> Submitted:
        """Tell that a visit began (table XML0)."""
        ...

    def submit(self, dossier: bytes, standard: Standard) -> Submitted:
        """Send the signed dossier of a visit (GIAMDINHHS), byte for byte."""
        ...
