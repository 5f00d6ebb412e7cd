"""
What is left of an advance goes back: the newest first, each part to its source (P15, P17).

What came by transfer goes to an account that its payee names by a link; what came in notes goes
back in notes at a desk, or by the same link where the drawer or the family is elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from payments.kernel.money import ZERO, Money
from payments.refunds import payback_repository
from payments.refunds.cash_returns import State, of_encounter
from payments.refunds.paybacks import State as Payback
from payments.stays import repository as stays
from payments.stays.model import Deposit, newest_first
from payments.storage.unit_of_work import UnitOfWork

_RESERVING: Final = (State.REQUESTED, State.APPROVED, State.PAID)


@dataclass(frozen=True, slots=True)
class Free:
    """What of an encounter's advance may go back, and the parts that go to each source."""

    amount: Money
    parts: tuple[tuple[Deposit, Money], ...]


def free(tx: UnitOfWork, encounter: UUID) -> Free:
    """Say what is left of an advance that nobody waits for; whoever decides on it holds it."""
    deposits = stays.deposits(tx, encounter)
    known = [one.payment for one in deposits]
    back: dict[UUID, Money] = dict.fromkeys(known, ZERO)
    waiting = ZERO
    for one in payback_repository.of_deposits(tx, known):
        if one.state is not Payback.REFUSED:
            back[one.payment] += one.amount
            waiting += one.amount if one.state is Payback.REQUESTED else ZERO
    for cash in of_encounter(tx, encounter):
        if cash.state in _RESERVING and cash.payment in back:
            back[cash.payment] += cash.amount
            waiting += cash.amount if cash.state is State.REQUESTED else ZERO
    amount = max(ZERO, stays.deposit_of(tx, encounter) - waiting)
    left = [replace(one, returned=back[one.payment]) for one in deposits]
    return Free(amount, newest_first(left, amount))
