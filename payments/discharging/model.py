"""The ladder of a discharge: total, fund, reductions, paid, advance; then collect or return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from payments.kernel.errors import Conflict
from payments.kernel.money import ZERO, Money


class LadderChanged(Conflict):
    """Money, a cost or an advance came after the page was shown: nothing was settled."""

    code = "ladder-changed"


@dataclass(frozen=True, slots=True)
class Bill:
    """One issued invoice: *paid* without advances and net of refunds, *advance* what these paid."""

    total: Money
    covered: Money
    credited: Money
    paid: Money
    advance: Money

    @property
    def due(self) -> Money:
        owed = self.total - self.covered - self.credited
        return max(ZERO, owed - self.paid - self.advance)

    @property
    def counted(self) -> Money:
        """What of the payments pays this bill; an excess is money of its own (refunds)."""
        return self.total - self.covered - self.credited - self.advance - self.due


@dataclass(frozen=True, slots=True)
class Ladder:
    """
    total − fund − reduced − paid − advance = collect − give_back, and one of the two is zero.

    Whole đồng of whole đồng: nothing is rounded here, so that no case leaves 1 đ over.
    """

    total: Money
    fund: Money
    reduced: Money
    paid: Money
    advance: Money

    @property
    def balance(self) -> Money:
        """Positive: to collect. Negative: to give back."""
        return self.total - self.fund - self.reduced - self.paid - self.advance

    @property
    def collect(self) -> Money:
        return max(ZERO, self.balance)

    @property
    def give_back(self) -> Money:
        return max(ZERO, -self.balance)


def ladder(bills: Sequence[Bill], free: Money) -> Ladder:
    """Sum *bills* up with the advance that is still *free*."""
    return Ladder(
        sum((one.total for one in bills), ZERO),
        sum((one.covered for one in bills), ZERO),
        sum((one.credited for one in bills), ZERO),
        sum((one.counted for one in bills), ZERO),
        sum((one.advance for one in bills), free),
    )


def shares(dues: Sequence[Money], free: Money) -> tuple[Money, ...]:
    """Say what of a *free* advance pays each of *dues*, the first first."""
    parts = []
    for due in dues:
        part = min(due, free)
        parts.append(part)
        free -= part
    return tuple(parts)
