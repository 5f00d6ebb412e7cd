"""
How Decimals are rounded; the only place where they become whole đồng.

Everything before is exact: sums and products never lose a digit (the limits of ``reading`` keep
them below the precision here), and the one division rounds half up on whole numbers.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Final

from payments.kernel.money import Money

#: Two amounts of 25 digits times two ratios of 13 fit, with room for the sums.
EXACT: Final = Context(prec=120, rounding=ROUND_HALF_UP)
_CENT: Final = Decimal("0.01")
_DONG: Final = Decimal(1)
_quantize: Final = EXACT.quantize


def round2(amount: Decimal) -> Decimal:
    """Half up to the two decimals of a claim."""
    return _quantize(amount, _CENT)


def quotient2(dividend: Decimal, divisor: Decimal) -> Decimal:
    """
    Divide, half up to two decimals, without a quotient that was rounded before.

    Both must not be negative.
    """
    doubled = EXACT.multiply(divisor, Decimal(2))
    raised = EXACT.add(EXACT.multiply(dividend, Decimal(200)), divisor)
    return EXACT.divide_int(raised, doubled).scaleb(-2, EXACT)


def quotient0(dividend: Decimal, divisor: Decimal) -> Decimal:
    """Divide, half up to whole đồng; both must not be negative."""
    doubled = EXACT.multiply(divisor, Decimal(2))
    raised = EXACT.add(EXACT.multiply(dividend, Decimal(2)), divisor)
    return EXACT.divide_int(raised, doubled)


def dong(amount: Decimal) -> Money:
    """Half up to whole đồng: what a patient or the fund is asked for."""
    return Money(int(_quantize(amount, _DONG)))
