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
_XML2: Final = Table.XML2


def total(bill: Bill, lines: Sequence[CoveredLine], rules: Rules) -> Totals:
    """Add the rounded lines up; nothing is rounded a second time."""
    drugs = supplies = cost = insured = own = copayment = fund = others = for_service = ZERO
    for one in lines:
        cost += one.cost
        insured += one.insured
        own += one.own
        copayment += one.copayment
        fund += one.fund
        others += one.others
        if one.line.table is _XML2:
            drugs += one.cost
        elif one.line.group in _SUPPLIES:
            supplies += one.cost
        if one.line.method == _FEE_FOR_SERVICE:
            for_service += one.fund
    day = bill.visit.date_in.date()
    if any(rules.is_of_the_forces(card.letters, day) for card in bill.visit.cards):
        for_service = ZERO
    return Totals(drugs, supplies, cost, insured, own, copayment, fund, others, for_service)


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
