"""
What names a movement on a bank account.

A movement is the fact; a webhook, a list API and a statement line are only witnesses of it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import NotFound
from payments.kernel.money import Money
from payments.kernel.text import unmarked

#: Begins the name of a movement whose first witness knew no bank reference.
HASHED: Final = "h-"
#: Begins the source of a gateway whose money lands on our own account.
OF_GATEWAY: Final = "gateway:"


class NoBankAccount(NotFound):
    """The account is none of the hospital."""

    code = "no-bank-account"


class NoMovement(NotFound):
    """There is no such movement on a bank account of ours."""

    code = "no-movement"


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class State(StrEnum):
    NEW = "new"
    MATCHED = "matched"
    SUSPENSE = "suspense"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Arrival:
    """
    One witness's account of one movement.

    *source* is ``feed:<channel>``, ``feed:<channel>:<voice>``, ``gateway:<channel>`` or
    ``statement``; *source_id* is unique within it. *copy* counts lines of one file that are the
    same in every character: true twins are two movements.
    """

    source: str
    source_id: str
    account: str
    direction: Direction
    amount: Money
    occurred_at: datetime
    reference: str = ""
    memo: str = field(default="", repr=False)
    copy: int = 1

    @property
    def day(self) -> HospitalDay:
        return HospitalDay.of(self.occurred_at)


def external_id(arrival: Arrival) -> str:
    """
    Name the movement so that every witness of it names it alike.

    The bank's reference where there is one. Banks reuse a reference for a fee or a reversal, so the
    amount and direction belong to the name. Without a reference: a hash of account, day, amount and
    text (specification of the ledger, rules of order).
    """
    sign = "" if arrival.direction is Direction.IN else "-"
    twin = "" if arrival.copy == 1 else f"#{arrival.copy}"
    if arrival.reference:
        return f"{arrival.reference}:{sign}{arrival.amount.dong}{twin}"
    words = "".join(char for char in unmarked(arrival.memo).upper() if char.isalnum())
    told = f"{arrival.account}|{arrival.day}|{sign}{arrival.amount.dong}|{words}"
    return f"{HASHED}{hashlib.sha256(told.encode()).hexdigest()[:32]}{twin}"


@dataclass(frozen=True, slots=True)
class BankCredit:
    """A movement as it is stored; *code* is the payment code found in its memo, or empty."""

    id: UUID
    account: str
    external_id: str
    reference: str
    direction: Direction
    amount: Money
    day: HospitalDay
    occurred_at: datetime
    code: str
    state: State
