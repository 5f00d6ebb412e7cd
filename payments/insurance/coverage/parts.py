"""
What each payer of a visit owes in whole đồng, and who earned it: decision 10 of the house.

    patient = round0(T_BNTT + T_BNCCT)   fund = round0(T_BHTT)   others = round0(T_NGUONKHAC)
    total = round0(T_TONGCHI_BV)         rounding = patient + fund + others - total

What the parts differ by from the whole goes to 5310 (P45); nobody is charged for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from payments.insurance.coverage.result import Coverage
from payments.insurance.coverage.rounding import dong
from payments.kernel.money import ZERO, Money

PATIENT: Final = "patient"
FUND: Final = "bhyt"
OTHERS: Final = "other"
CLASSES: Final = (PATIENT, FUND, OTHERS)
_HUNDREDTHS: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class Parts:
    """The whole đồng of one visit."""

    total: Money
    patient: Money
    fund: Money
    others: Money

    @property
    def rounding(self) -> Money:
        """What the parts have more (negative: less) than the whole."""
        return self.patient + self.fund + self.others - self.total

    @property
    def covered(self) -> Money:
        """What of the total is not the patient's, rounding included."""
        return self.total - self.patient


@dataclass(frozen=True, slots=True)
class Earned:
    """What one department earned from one class of payer."""

    department: str
    payer_class: str
    amount: Money


def parts_of(coverage: Coverage) -> Parts:
    """Round the totals of *coverage*, each once; screen, code, bill and claim all read these."""
    totals = coverage.totals
    return Parts(dong(totals.cost), coverage.patient_pays, dong(totals.fund), dong(totals.others))


def earned(coverage: Coverage, departments: Sequence[str]) -> tuple[Earned, ...]:
    """
    Share the whole over payers, then each payer's over the *departments* of the lines.

    By the largest remainder both times: every share is within one đồng of what it is in
    hundredths, and all of them sum up to the total.
    """
    amounts = {name: _by_department(coverage, departments, name) for name in CLASSES}
    weights = [sum(amounts[name].values()) for name in CLASSES]
    if not sum(weights):
        return ()
    wholes = dong(coverage.totals.cost).share(weights)
    return tuple(
        one
        for name, whole in zip(CLASSES, wholes, strict=True)
        for one in _shared(amounts[name], name, whole)
    )


def _shared(amounts: dict[str, int], name: str, whole: Money) -> Iterator[Earned]:
    if whole == ZERO:
        return
    for department, amount in zip(amounts, whole.share(list(amounts.values())), strict=True):
        if amount:
            yield Earned(department, name, amount)


def _by_department(coverage: Coverage, departments: Sequence[str], name: str) -> dict[str, int]:
    """Sum the hundredths of a đồng that *name* owes each department, in order of appearance."""
    sums: dict[str, int] = {}
    for line, department in zip(coverage.lines, departments, strict=True):
        owed = {
            PATIENT: line.own + line.copayment,
            FUND: line.fund,
            OTHERS: line.others,
        }[name]
        sums[department] = sums.get(department, 0) + int(owed * _HUNDREDTHS)
    return sums
