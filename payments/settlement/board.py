"""
The board of a quarter: what was asked, accepted, refused, settled and received, from our rows.

It is held against the ledger account by account. Accounts 1400, 1410 and 1420 are kept by claim and
2300 by quarter, so each quarter is proven by itself; what the ledger holds for claims of no quarter
is told too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from payments.kernel.money import ZERO, Money, vnd
from payments.ledger.rows import ACCOUNT, ENTRY
from payments.settlement import periods
from payments.settlement.advancing import available
from payments.settlement.money_rows import ADVANCE_MOVE, FUND_ADVANCE, FUND_RECEIPT
from payments.settlement.reporting import quarter_form
from payments.settlement.rows import CLAIM, CLAIM_PERIOD, REFUSAL
from payments.settlement.status import OPEN, Refused, State
from payments.storage.unit_of_work import UnitOfWork

_CONTROLS: Final = ("1400", "1410", "1420")
ACCOUNTS: Final = (*_CONTROLS, "2300")
_SUMS: Final = (
    "fund", "requested", "rounding", "refused", "won", "written_off", "charged", "settled",
    "set_off", "paid",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Board:
    """
    One quarter, whole đồng. *claims* counts them by state.

    *requested* is what the insurer was asked for, as the forms say it; *refused* all that it ever
    refused, of which *won*, *written_off*, *charged* and *contested* are the parts; *appealed* is
    contested and with the insurer. *advanced* is what came before, with what was carried here;
    *left* of it is neither used, carried on nor paid back.
    """

    period: UUID
    name: str
    agency: str
    state: str
    claims: dict[State, int]
    unsent: Money
    requested: Money
    refused: Money
    won: Money
    written_off: Money
    #: The patients owe it by decisions (P35).
    charged: Money
    contested: Money
    appealed: Money
    settled: Money
    set_off: Money
    received: Money
    advanced: Money
    left: Money

    @property
    def accepted(self) -> Money:
        """Not refused, or won: that counts what the insurer has not spoken about yet."""
        return self.requested - self.refused + self.won

    @property
    def at_insurer(self) -> Money:
        return self.accepted - self.set_off - self.received

    @property
    def to_come(self) -> Money:
        """Settled by a notice, and not here yet."""
        return self.settled - self.set_off - self.received

    @property
    def accounts(self) -> dict[str, Money]:
        """What each account must hold for this quarter, debit positive."""
        held = (self.unsent, self.at_insurer, self.contested, -self.left)
        return dict(zip(ACCOUNTS, held, strict=True))


@dataclass(frozen=True, slots=True)
class Difference:
    """*period* is the name of a quarter, "" for claims of none; *what* an account or a form."""

    period: str
    what: str
    board: Money
    other: Money


def quarters(tx: UnitOfWork, agency: str = "") -> tuple[Any, ...]:
    """List the quarters of which there is anything, the latest first."""
    wanted = select(CLAIM_PERIOD).where(
        CLAIM_PERIOD.c.facility_id == tx.facility, CLAIM_PERIOD.c.kind == "quarter"
    )
    if agency:
        wanted = wanted.where(CLAIM_PERIOD.c.agency == agency)
    return tuple(tx.execute(wanted.order_by(CLAIM_PERIOD.c.name.desc(), CLAIM_PERIOD.c.agency)))


def board(tx: UnitOfWork, quarter: UUID) -> Board:
    """Sum a quarter up. Raises NoClaimPeriod."""
    period = periods.read(tx, quarter)
    months = [one.id for one in periods.months(tx, quarter)]
    rows = tx.execute(
        select(
            CLAIM.c.state,
            func.count().label("claims"),
            *(func.sum(CLAIM.c[name]).label(name) for name in _SUMS),
        )
        .where(CLAIM.c.facility_id == tx.facility, CLAIM.c.period_id.in_(months))
        .group_by(CLAIM.c.state)
    ).all()
    sums = {name: sum((vnd(int(getattr(row, name))) for row in rows), ZERO) for name in _SUMS}
    open_, appealed = _contested(tx, months)
    return Board(
        quarter,
        period.name,
        period.agency,
        period.state,
        {State(row.state): row.claims for row in rows},
        unsent=sums["fund"] - sums["requested"],
        requested=sums["requested"] + sums["rounding"],
        refused=sums["refused"],
        won=sums["won"],
        written_off=sums["written_off"],
        charged=sums["charged"],
        contested=open_,
        appealed=appealed,
        settled=sums["settled"],
        set_off=sums["set_off"],
        received=_total(tx, FUND_RECEIPT, FUND_RECEIPT.c.period_id == quarter),
        advanced=_total(tx, FUND_ADVANCE, FUND_ADVANCE.c.period_id == quarter)
        + _total(tx, ADVANCE_MOVE, ADVANCE_MOVE.c.to_period_id == quarter),
        left=available(tx, quarter),
    )


def check(tx: UnitOfWork) -> list[Difference]:
    """
    Hold every quarter against the ledger and against its forms; no difference is an empty list.

    A visit that was billed here and not claimed yet stands on 1400 in no quarter: that is none.
    """
    found: list[Difference] = []
    whole = dict.fromkeys(ACCOUNTS, ZERO)
    for one in quarters(tx):
        told = board(tx, one.id)
        for control, amount in told.accounts.items():
            held = _held(tx, control, one.id)
            whole[control] += held
            if held != amount:
                found.append(Difference(one.name, control, amount, held))
        found += _forms(tx, told)
    for control in ACCOUNTS[1:]:
        other = _on_control(tx, control) - whole[control]
        if other:
            found.append(Difference("", control, ZERO, other))
    return found


def _forms(tx: UnitOfWork, told: Board) -> Iterator[Difference]:
    """02/BH is the sum of 01/BH, and both are what the board says was asked for."""
    if told.state == "open":
        return
    months = periods.months(tx, told.period)
    summed = sum((vnd(one.form_fund) for one in months), ZERO)
    if summed != told.requested:
        yield Difference(told.name, "01/BH", told.requested, summed)
    written = quarter_form(tx, told.period)[-1].fund
    if written != told.requested:
        yield Difference(told.name, "02/BH", told.requested, written)


def _held(tx: UnitOfWork, control: str, quarter: UUID) -> Money:
    if control == "2300":
        return _sum_of(tx, control, ENTRY.c.subject_id == quarter)
    mine = (
        select(CLAIM.c.id)
        .join(
            CLAIM_PERIOD,
            (CLAIM_PERIOD.c.facility_id == CLAIM.c.facility_id)
            & (CLAIM_PERIOD.c.id == CLAIM.c.period_id),
        )
        .where(CLAIM.c.facility_id == tx.facility, CLAIM_PERIOD.c.quarter_id == quarter)
    )
    return _sum_of(tx, control, ENTRY.c.subject_id.in_(mine))


def _on_control(tx: UnitOfWork, control: str) -> Money:
    return _sum_of(tx, control, ENTRY.c.subject_id.is_not(None))


def _sum_of(tx: UnitOfWork, control: str, whose: ColumnElement[bool]) -> Money:
    """Ask the entries themselves, not the roll-up: the proof does not rest on it."""
    total = tx.execute(
        select(func.coalesce(func.sum(ENTRY.c.amount), 0))
        .join(
            ACCOUNT,
            (ACCOUNT.c.facility_id == ENTRY.c.facility_id) & (ACCOUNT.c.id == ENTRY.c.account_id),
        )
        .where(ENTRY.c.facility_id == tx.facility, ACCOUNT.c.code.startswith(f"{control}:"), whose)
    ).scalar_one()
    return vnd(int(total))


def _contested(tx: UnitOfWork, months: Sequence[UUID]) -> tuple[Money, Money]:
    rows = tx.execute(
        select(REFUSAL.c.state, func.sum(REFUSAL.c.amount - REFUSAL.c.won).label("amount"))
        .join(
            CLAIM,
            (CLAIM.c.facility_id == REFUSAL.c.facility_id) & (CLAIM.c.id == REFUSAL.c.claim_id),
        )
        .where(
            REFUSAL.c.facility_id == tx.facility,
            CLAIM.c.period_id.in_(months),
            REFUSAL.c.state.in_([one.value for one in OPEN]),
        )
        .group_by(REFUSAL.c.state)
    ).all()
    with_insurer = (Refused.EXPLAINED, Refused.APPEALED)
    return (
        sum((vnd(int(row.amount)) for row in rows), ZERO),
        sum((vnd(int(row.amount)) for row in rows if row.state in with_insurer), ZERO),
    )


def _total(tx: UnitOfWork, table: Any, where: ColumnElement[bool]) -> Money:
    total = tx.execute(
        select(func.coalesce(func.sum(table.c.amount), 0)).where(
            table.c.facility_id == tx.facility, where
        )
    ).scalar_one()
    return vnd(int(total))
