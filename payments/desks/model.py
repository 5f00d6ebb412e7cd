"""Cash points and second screens as values, and what can go wrong with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from payments.kernel.errors import Conflict, InvalidField, NotFound, Rejected
from payments.kernel.secret import Secret
from payments.kernel.text import nfc

NAME_MAX: Final = 60
#: In receipt numbers and account codes: capitals and digits, a capital first.
_CODE: Final = re.compile(r"[A-Z][A-Z0-9]{0,5}")

CODE_DIGITS: Final = 6
CODE_LIFE: Final = timedelta(minutes=10)
#: Wrong codes at any desk count against every code that waits: nobody knows which one was meant.
CODE_TRIES: Final = 5
#: Wrong codes of a whole facility: new codes must not be new chances.
TRIES_PER_FACILITY: Final = 20
TRIES_WINDOW: Final = timedelta(minutes=15)
#: Each waiting code makes a random guess more likely to fit: with so many 1 of 5,000 does, and no
#: more than 20 are let through in a quarter of an hour.
WAITING_MAX: Final = 200
#: New screens of one address; a hospital behind one address sets up a few at once.
WAITING_PER_ADDRESS: Final = 30
#: A screen that nobody switched on for so long pairs anew.
DEVICE_LIFE: Final = timedelta(days=90)
#: A screen says this often that it is there; after two that were missed it counts as lost.
SEEN_EVERY: Final = timedelta(seconds=15)
LOST_AFTER: Final = timedelta(seconds=40)


class NoCashPoint(NotFound):
    """No open cash point of this facility has this code."""

    code = "no-cash-point"


class CashPointKnown(Conflict):
    """A cash point with this code is there already."""

    code = "cash-point-known"


class WrongPairingCode(Rejected):
    """No screen shows this code now: mistyped, over, used, or ended by wrong tries."""

    code = "wrong-pairing-code"


class TooManyPairings(Rejected):
    """Too many wrong codes in this facility; nothing was compared."""

    code = "too-many-pairings"


class TooManyScreens(Rejected):
    """Too many screens wait to be paired, in this facility or from this address."""

    code = "too-many-screens"


@dataclass(frozen=True, slots=True)
class CashPoint:
    code: str
    name: str
    department: str | None
    is_active: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """What a cash point shows; *intent* is None where it shows no code."""

    cash_point: str
    version: int
    intent: UUID | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A screen that waits to be paired; both secrets are told once and stored nowhere."""

    token: Secret[str]
    code: Secret[str]


@dataclass(frozen=True, slots=True)
class Device:
    id: UUID
    cash_point: str
    paired_at: datetime
    seen_at: datetime

    def is_lost(self, now: datetime) -> bool:
        return now - self.seen_at > LOST_AFTER


class Light(StrEnum):
    """How the second screens of a cash point are, as its cashier sees it."""

    NONE = "none"
    LOST = "lost"
    OK = "ok"


def light_of(devices: tuple[Device, ...], now: datetime) -> Light:
    """Say OK when one of several answers: the patient looks at that one."""
    if not devices:
        return Light.NONE
    return Light.LOST if all(one.is_lost(now) for one in devices) else Light.OK


def is_code(text: str) -> bool:
    """Say whether *text* is written as the code of a cash point is stored."""
    return _CODE.fullmatch(text) is not None


def checked_code(code: str) -> str:
    """Give the code of a cash point as it is stored, of what is typed. Raises InvalidField."""
    code = code.strip().upper()
    if not is_code(code):
        raise InvalidField("cash_point", "cash_point")
    return code


def checked_name(name: str) -> str:
    """Raises InvalidField."""
    name = nfc(" ".join(name.split()))
    if not 1 <= len(name) <= NAME_MAX or not name.isprintable():
        raise InvalidField("name", "cash_point_name", most=NAME_MAX)
    return name
