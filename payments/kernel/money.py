"""Money: whole đồng in a type, so that no float and no bare number moves a patient's money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from payments.kernel.errors import Rejected

#: The ledger's own limit per posting (specification of the ledger, I4).
DONG_MAX: Final = 1_000_000_000_000_000


class NotWholeDong(Rejected):
    code = "not-whole-dong"


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of Vietnamese đồng; negative where a balance may be. There is no smaller unit."""

    dong: int

    def __post_init__(self) -> None:
        # bool is an int to Python, and True is no amount.
        if type(self.dong) is not int:
            raise NotWholeDong(f"an amount is a whole number of đồng, not {self.dong!r}")

    def __add__(self, other: Money) -> Money:
        return Money(self.dong + other.dong)

    def __sub__(self, other: Money) -> Money:
        return Money(self.dong - other.dong)

    def __neg__(self) -> Money:
        return Money(-self.dong)

    def __abs__(self) -> Money:
        return Money(abs(self.dong))

    def __mul__(self, count: int) -> Money:
        return Money(self.dong * count)

    def __radd__(self, other: int | Money) -> Money:
        # sum() starts from the number 0; nothing else that is no Money may be added.
        if isinstance(other, Money):
            return other + self
        if type(other) is int and other == 0:
            return self
        return NotImplemented

    def __bool__(self) -> bool:
        return self.dong != 0

    def __str__(self) -> str:
        return f"{self.dong} VND"

    def share(self, weights: Sequence[int]) -> tuple[Money, ...]:
        """
        Split by *weights* with the largest remainder, so that the parts always sum to the whole.

        Ties go to the earlier part: the same input gives the same split on every machine.

        Raises:
            ValueError: no weight is positive, or one is negative.
        """
        whole = sum(weights)
        if whole <= 0 or min(weights) < 0:
            raise ValueError("weights must be non-negative and not all zero")
        sign = -1 if self.dong < 0 else 1
        parts = [divmod(abs(self.dong) * weight, whole) for weight in weights]
        left = abs(self.dong) - sum(quotient for quotient, _ in parts)
        largest = sorted(range(len(parts)), key=lambda i: (-parts[i][1], i))[:left]
        return tuple(
            Money(sign * (quotient + (index in largest)))
            for index, (quotient, _) in enumerate(parts)
        )


def vnd(dong: int) -> Money:
    """Write an amount at the call site: ``vnd(150_000)``."""
    return Money(dong)


ZERO: Final = Money(0)
