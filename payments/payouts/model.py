"""
Judges the lines of a gateway's report against our books: rules without a database.

    matched, fee_differs ──▶ booked (P20, P22)        everything else ──▶ kept for a person
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from payments.channels.routing import Fee
from payments.gateway import LineKind, SettlementLine
from payments.kernel.errors import Conflict, NotFound, Rejected
from payments.kernel.money import ZERO, Money
from payments.ledger.posting_rules.settlements import Correction, Line, SettledPayment

#: Gateways round each fee by themselves; a đồng is no difference.
FEE_TOLERANCE: Final = Money(1)


class Verdict(StrEnum):
    """*here* is our books, the report the other side."""

    MATCHED = "matched"
    #: The gateway keeps another fee than our fee table says; it is booked as it was taken.
    FEE_DIFFERS = "fee_differs"
    AMOUNT_DIFFERS = "amount_differs"
    #: We know of no such payment, refund or dispute (yet): the gateway is asked about it.
    MISSING_HERE = "missing_here"
    #: A batch has paid it out before.
    PAID_OUT_BEFORE = "paid_out_before"
    #: A correction of which only a person knows the reason.
    UNEXPLAINED = "unexplained"

    @property
    def is_booked(self) -> bool:
        return self in (Verdict.MATCHED, Verdict.FEE_DIFFERS)


class NoPayout(NotFound):
    """This facility has taken in no such batch."""

    code = "no-payout"


class NoPayoutLine(NotFound):
    """The line is no longer kept: it was booked meanwhile."""

    code = "no-payout-line"


class CreditUnfit(Conflict):
    """The bank credit is not (any longer) what this batch should become."""

    code = "credit-unfit"


class ReportUnfit(Rejected):
    """A line of the report does not add up: the gateway must send the report again."""

    code = "report-unfit"


@dataclass(frozen=True, slots=True)
class Ours:
    """What our books say of a line: the payment that was captured, or of which money went back."""

    payment: UUID
    amount: Money
    was_paid_out: bool = False


def is_sound(line: SettlementLine) -> bool:
    return line.net == line.gross - line.fee - line.tax


def judge(line: SettlementLine, ours: Ours | None, agreed: Fee | None) -> Verdict:
    """
    Say what *line* is; *agreed* is the fee of the day on which it was paid, None where none is.

    A fee table says what is taken in all or before tax, as the contract says: both are right.
    """
    match line.kind:
        case LineKind.FEE:
            return Verdict.FEE_DIFFERS
        case LineKind.ADJUSTMENT:
            return Verdict.UNEXPLAINED
        case LineKind.PAY:
            return _judge_payment(line, ours, agreed)
        case LineKind.REFUND | LineKind.DISPUTE:
            if ours is None:
                return Verdict.MISSING_HERE
            is_same = abs(line.gross) == ours.amount and line.gross < ZERO
            return Verdict.MATCHED if is_same else Verdict.AMOUNT_DIFFERS


def _judge_payment(line: SettlementLine, ours: Ours | None, agreed: Fee | None) -> Verdict:
    if ours is None:
        return Verdict.MISSING_HERE
    if ours.was_paid_out:
        return Verdict.PAID_OUT_BEFORE
    kept = line.fee + line.tax
    if line.gross != ours.amount or not ZERO <= kept <= line.gross:
        return Verdict.AMOUNT_DIFFERS
    if agreed is None:
        return Verdict.MATCHED
    expected = agreed.of(line.gross)
    is_right = any(abs(taken - expected) <= FEE_TOLERANCE for taken in (line.fee, kept))
    return Verdict.MATCHED if is_right else Verdict.FEE_DIFFERS


def postings(number: int, line: SettlementLine, ours: Ours | None, payout: UUID) -> Iterator[Line]:
    """Give what a booked line, the *number*-th of its batch, is in the ledger: together its net."""
    kept = line.fee + line.tax
    match line.kind:
        case LineKind.PAY if ours is not None:
            yield SettledPayment(number, ours.payment, line.gross, kept)
        case LineKind.REFUND | LineKind.DISPUTE if ours is not None:
            yield Correction(number, ours.payment, line.gross)
            if kept:
                yield Correction(number, ours.payment, -kept, is_fee=True)
        case _:
            # A fee of the whole batch is no payment's: the batch itself stands for it.
            yield Correction(number, payout, line.net, is_fee=True)
