"""Sums of the lines under the names of XML1, and the identities that a claim should keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from payments.insurance.coverage.model import ZERO, Bill, Table
from payments.insurance.coverage.result import CoveredLine, Totals, Warned
from payments.insurance.coverage.rules import Rules

#: MA_NHOM of supplies, by which XML1 defines T_VTYT.
_SUPPLIES: Final = (10, 11)
#: MA_PTTT: fee for service.
_FEE_FOR_SERVICE: Final = "1"


def total(bill: Bill, lines: Sequence[CoveredLine], rules: Rules) -> Totals:
    """Add the rounded lines up; nothing is rounded a second time."""
    day = bill.visit.date_in.date()
    of_forces = any(rules.is_of_the_forces(card.letters, day) for card in bill.visit.cards)
    for_service = (one.fund for one in lines if one.line.method == _FEE_FOR_SERVICE)
    return Totals(
        drugs=sum((one.cost for one in lines if one.line.table is Table.XML2), ZERO),
        supplies=sum(
            (
                one.cost
                for one in lines
                if one.line.table is Table.XML3 and one.line.group in _SUPPLIES
            ),
            ZERO,
        ),
        cost=sum((one.cost for one in lines), ZERO),
        insured=sum((one.insured for one in lines), ZERO),
        own=sum((one.own for one in lines), ZERO),
        copayment=sum((one.copayment for one in lines), ZERO),
        fund=sum((one.fund for one in lines), ZERO),
        others=sum((one.others for one in lines), ZERO),
        fund_for_service=ZERO if of_forces else sum(for_service, ZERO),
    )


def warnings(totals: Totals, *, was_capped: bool) -> tuple[Warned, ...]:
    """Say which identities of the visit are broken; they are reported and never repaired."""
    found = []
    # Text of XML1 and form 01/BH; money of other payers inside the scope breaks both.
    if totals.fund != totals.insured - totals.copayment:
        found.append(Warned.FUND_IS_NOT_REST)
    if totals.cost != totals.insured + totals.others + totals.own:
        found.append(Warned.FORM_01_DIFFERS)
    if was_capped:
        found.append(Warned.PACKAGE_CAPPED)
    return tuple(found)
