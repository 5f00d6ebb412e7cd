"""Facts that patterns are looked for in, and what a pattern found; amounts are whole đồng."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Pattern(StrEnum):
    #: Notes taken, receipt printed, then the invoice credited away by the same person.
    VOID_AFTER_PRINT = "void_after_print"
    #: Many more small refunds asked for than this person does on other days.
    MANY_SMALL_REFUNDS = "many_small_refunds"
    #: Refunds of several patients to one account, or to an account in the name of a user.
    ONE_ACCOUNT = "one_account"
    #: A price lowered for a few days, and back to what it was.
    PRICE_DIP = "price_dip"


@dataclass(frozen=True, slots=True)
class Voided:
    """Notes for *paid* were taken by *cashier*; the credit note came *credited_at*."""

    payment: str
    cashier: str
    printed_at: datetime
    paid: int
    shift_closed_at: datetime | None
    credited_at: datetime
    credited: int
    credited_by: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A refund of any kind that somebody asked for; *day* is the hospital's."""

    id: str
    by: str
    day: date
    amount: int


@dataclass(frozen=True, slots=True)
class Sent:
    """Money that goes to *account* (a keyed hash) of *holder*, who is no user where that is ""."""

    id: str
    patient: str
    account: str
    user: str
    by: str
    at: datetime
    amount: int


@dataclass(frozen=True, slots=True)
class Price:
    """A price of a service from *since*; *by* is who applied it."""

    service: str
    since: date
    amount: int
    by: str


@dataclass(frozen=True, slots=True)
class Found:
    """
    Something to look at: *who* did it, *ids* name the payments, refunds or services.

    *why* says in numbers what is unusual; *amount* is all that moved.
    """

    pattern: Pattern
    who: str
    day: date
    ids: tuple[str, ...]
    amount: int
    why: str
