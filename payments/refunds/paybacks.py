"""
Money that cannot go back the way it came: its payee names a bank account by a link.

    REQUESTED ─approved by another─▶ APPROVED ─the payee names an account─▶ NAMED
        └─turned down─▶ REFUSED          ▲  ▲                                │  ▲│ named anew
                                         │  └─account turned down────────────┤  └┘
                                         │                                   │ let pass by another
                                         └─the transfer came back─ PAID ◀────▼
                                                                    ▲└─ READY (after it has cooled)
                              the bank's debit ─────────────────────┤     │▲ taken out by another
                                                                    │     ▼│
                                                                    └─ LISTED in a file for the bank
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from payments.kernel.errors import Conflict, InvalidField, NotFound, Rejected
from payments.kernel.money import Money, vnd
from payments.kernel.text import is_line, unmarked
from payments.refunds.moves import Part

#: Before the code in the memo of our transfer, by which the bank's line is known.
PREFIX: Final = "VHT"
#: Long enough for a person in hospital, short enough that a lost message is soon worth nothing.
LINK_LIFE: Final = timedelta(days=14)
#: A payee mistypes; whoever tries accounts does not.
NAMED_MAX: Final = 5
#: For a person to notice that the link went to somebody else.
COOLING: Final = timedelta(hours=24)
#: In any thirty days, to one account and for one patient: more is paid out at the hospital.
PERSON_MAX: Final = vnd(20_000_000)
PERSON_SPAN: Final = timedelta(days=30)
_ACCOUNT: Final = re.compile("[0-9A-Z]{6,19}")
_HOLDER_MAX: Final = 70


class NoPayback(NotFound):
    """Nobody asked for such a payment back."""

    code = "no-payback"


class IllegalPaybackStep(Conflict):
    """It is in a state in which this cannot happen."""

    code = "illegal-payback-step"


class NotCooled(Conflict):
    """The account was never paid before: it waits for a day."""

    code = "not-cooled"


class AbovePersonLimit(Rejected):
    """More than may be paid back in this way to one person in thirty days."""

    code = "above-person-limit"


class NoSuchTransfer(Rejected):
    """No transfer of that reference and amount waits on our accounts."""

    code = "no-such-transfer"


class NothingToList(Conflict):
    """All that may be paid out stands in a file already."""

    code = "nothing-to-list"


class NoPaybackFile(NotFound):
    """There is no such list for the bank."""

    code = "no-payback-file"


class SameListMaker(Rejected):
    """Whoever made a file takes nothing out of it."""

    code = "same-list-maker"


class State(StrEnum):
    REQUESTED = "requested"
    APPROVED = "approved"
    NAMED = "named"
    READY = "ready"
    LISTED = "listed"
    PAID = "paid"
    REFUSED = "refused"


class Event(StrEnum):
    APPROVED = "approved"
    TURNED_DOWN = "turned_down"
    NAMED = "named"
    PASSED = "passed"
    SENT_BACK = "sent_back"
    LISTED = "listed"
    TAKEN_OUT = "taken_out"
    PAID = "paid"
    RETURNED = "returned"


TRANSITIONS: Final[Mapping[tuple[State, Event], State]] = MappingProxyType(
    {
        (State.REQUESTED, Event.APPROVED): State.APPROVED,
        (State.REQUESTED, Event.TURNED_DOWN): State.REFUSED,
        (State.APPROVED, Event.NAMED): State.NAMED,
        (State.NAMED, Event.NAMED): State.NAMED,
        (State.NAMED, Event.PASSED): State.READY,
        (State.APPROVED, Event.SENT_BACK): State.APPROVED,
        (State.NAMED, Event.SENT_BACK): State.APPROVED,
        (State.READY, Event.SENT_BACK): State.APPROVED,
        (State.READY, Event.LISTED): State.LISTED,
        (State.LISTED, Event.TAKEN_OUT): State.READY,
        (State.LISTED, Event.PAID): State.PAID,
        # A person may pay one by hand, and the bank may be faster than our page.
        (State.READY, Event.PAID): State.PAID,
        (State.PAID, Event.RETURNED): State.APPROVED,
    }
)
#: What a transfer with its memo closes.
PAYABLE: Final = frozenset({State.READY, State.LISTED})
RESERVING: Final = frozenset(State) - {State.REFUSED}


def after(state: State, event: Event) -> State:
    """Say what *state* becomes. Raises IllegalPaybackStep where the table has no answer."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalPaybackStep(f"{event} cannot happen to what is {state}") from None


@dataclass(frozen=True, slots=True)
class Account:
    """Where the payee wants it, as typed and checked; never in a log."""

    bank: str
    number: str = field(repr=False)
    holder: str = field(repr=False)

    @property
    def last4(self) -> str:
        return self.number[-4:]


@dataclass(frozen=True, slots=True)
class Payback:
    id: UUID
    payment: UUID
    invoice: UUID | None
    part: Part
    amount: Money
    state: State
    reason: str
    requested_by: str
    requested_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    book_txn: UUID | None
    code: str
    token_hash: bytes | None = field(repr=False)
    token_sealed: bytes | None = field(repr=False)
    expires_at: datetime | None
    named_times: int
    named_at: datetime | None
    bank: str
    account_sealed: bytes | None = field(repr=False)
    account_hash: bytes | None = field(repr=False)
    account_last4: str
    holder_sealed: bytes | None = field(repr=False)
    checked_by: str | None
    ready_at: datetime | None
    attempt: int
    credit: UUID | None
    paid_txn: UUID | None
    ended_at: datetime | None
    idem_key: str

    def is_open(self, now: datetime) -> bool:
        """Say whether the link still shows something."""
        return (
            self.state is not State.REFUSED
            and self.expires_at is not None
            and (now < self.expires_at)
        )


def account_of(bank: str, number: str, holder: str, banks: Collection[str]) -> Account:
    """
    Read what a payee typed.

    Raises:
        InvalidField: names the field: bank, account or holder.
    """
    if bank not in banks:
        raise InvalidField("bank", "payback_bank")
    bare = "".join(number.split()).replace("-", "").replace(".", "").upper()
    if not _ACCOUNT.fullmatch(bare):
        raise InvalidField("account", "payback_account")
    name = unmarked(" ".join(holder.split())).upper()
    if not 2 <= len(name) <= _HOLDER_MAX or not is_line(name) or not name.isascii():
        raise InvalidField("holder", "payback_holder", most=_HOLDER_MAX)
    return Account(bank, bare, name)
