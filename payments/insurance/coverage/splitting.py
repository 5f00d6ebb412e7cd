"""One line between fund, co-payment, own money and other payers; the parts equal the cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from payments.insurance.coverage.model import NO_SOURCES, ZERO, Line, Mode
from payments.insurance.coverage.refusals import OtherSourceNotBelowCost
from payments.insurance.coverage.rounding import quotient2, round2

_PER_CENT: Final = Decimal("0.01")
_POOL: Final = Mode.POOL
_SPECIAL: Final = Mode.SPECIAL


class Parts(NamedTuple):
    """The split of one line."""

    insured: Decimal
    others: Decimal
    own: Decimal
    copayment: Decimal
    fund: Decimal


def others_of(number: int, line: Line, cost: Decimal) -> Decimal:
    """
    Sum the other payers of *line* (T_NGUONKHAC), which stand between 0 and its cost.

    Raises:
        OtherSourceNotBelowCost: Decision 130; a sum of 0 is no support at all.
    """
    if line.sources is NO_SOURCES:
        return ZERO
    four = line.sources
    total = round2(four.total)
    if min(four.nsnn, four.vtnn, four.vttn, four.cl) < 0:
        raise OtherSourceNotBelowCost(number=number, amount=total, cost=cost)
    if line.mode is _SPECIAL:
        # The programme pays what the split gives, not what was typed.
        return ZERO
    if total and total >= cost:
        raise OtherSourceNotBelowCost(number=number, amount=total, cost=cost)
    return total or ZERO


def split(mode: Mode, cost: Decimal, insured: Decimal, others: Decimal, percent: Decimal) -> Parts:
    """
    Split *cost* at *percent*; the co-payment is what is left, never rounded by itself.

    Decision 130, T_NGUONKHAC: support to the facility comes off the cost first, support to the
    patient off own money, co-payment and fund in this order.
    """
    if mode is _POOL and others:
        # Where the insured price differs from the hospital's, the base shrinks as the cost does.
        insured = quotient2(insured * (cost - others), cost)
        fund = round2(insured * percent * _PER_CENT)
        return Parts(insured, others, cost - others - insured, insured - fund, fund)
    fund = round2(insured * percent * _PER_CENT)
    copayment, own = insured - fund, cost - insured
    if mode is _SPECIAL:
        return Parts(insured, copayment, own, ZERO, fund)
    if not others:
        return Parts(insured, others, own, copayment, fund)
    from_own = min(own, others)
    from_copayment = min(copayment, others - from_own)
    from_fund = others - from_own - from_copayment
    return Parts(insured, others, own - from_own, copayment - from_copayment, fund - from_fund)
