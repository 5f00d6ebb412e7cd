"""The page objects of the second screen: no full name, no whole account, nothing clinical."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from payments.kernel.money import Money
from payments.web.codes import CodeCard


@dataclass(frozen=True, slots=True)
class PairingPage:
    """The code that the cashier types: six digits in two groups."""

    template: ClassVar[str] = "display/pairing.html"

    #: Empty where too many screens wait; *failure* says so.
    code: str
    #: How long it is good.
    minutes: int
    failure: str
    #: How often the screen asks whether it is paired.
    every: timedelta


@dataclass(frozen=True, slots=True)
class ScreenPage:
    """
    The frame of a paired screen. It never holds a payment code itself.

    A browser that restores a page, or runs no scripts, has nothing old to show.
    """

    template: ClassVar[str] = "display/screen.html"

    place_name: str
    #: The screen is told to say that it is there this often.
    seen_every: timedelta


@dataclass(frozen=True, slots=True)
class NowPart:
    """What the screen shows now: the part that its script fetches and puts into the frame."""

    template: ClassVar[str] = "display/now.html"

    version: str
    #: Version of the cash point's own row: which showing this is, whatever becomes of its invoice.
    showing: int
    #: idle, due, replaced, rest, paid, expired or ask.
    state: str
    amount: Money
    #: None where nothing is to be scanned.
    code: CodeCard | None
    account_end: str
    #: Masked.
    patient: str
    number: str
    #: What the screen says aloud when it has changed to this.
    said: str
    #: Which part of an agreed plan the code asks for, in words, or "".
    part: str = ""
