"""What the engine answers: a snapshot of every figure, with the rules that made it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from payments.insurance.coverage.model import Bill, Card, Line
from payments.insurance.coverage.rows_of_law import Benefit, Route, Salary
from payments.kernel.money import Money


class Uncovered(StrEnum):
    """Why the fund has no part in a line; the values are rules of ``rule.csv``."""

    ROUTE = "uncovered_route"
    NO_CARD = "uncovered_no_card"
    SCOPE = "uncovered_scope"
    SHOWN_LATE = "uncovered_shown_late"


class LevelBy(StrEnum):
    """What gave a line its level, before the factor of the route."""

    CARD = "card"
    COMMUNE = "commune"
    SMALL = "small_visit"
    CERTIFICATE = "exempt_certificate"
    CEILING = "exempt_ceiling"


class Warned(StrEnum):
    """Identities of the claim that another payer's money breaks, and a cap; in this order."""

    FUND_IS_NOT_REST = "BHTT_NE_BH_MINUS_CCT"
    FORM_01_DIFFERS = "FORM01_COL2_NE_3_6_7"
    PACKAGE_CAPPED = "PACKAGE_CAP_45_APPLIED"


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What a line is entitled to: the card that counts, its level, and why."""

    card: Card | None
    benefit: Benefit | None
    after_expiry: bool
    uncovered: Uncovered | None
    level: Decimal
    level_by: LevelBy
    #: MUC_HUONG: level times factor, 0 where nothing is covered.
    percent: Decimal


class CoveredLine(NamedTuple):
    """
    One line, split: cost = own + copayment + fund + others, to the hundredth.

    *insured* is THANH_TIEN_BH after caps and after support to the facility.
    """

    number: int
    line: Line
    entitlement: Entitlement
    cost: Decimal
    #: What the 45 (or 40) base salaries took off the insured part.
    cut: Decimal
    insured: Decimal
    others: Decimal
    own: Decimal
    copayment: Decimal
    fund: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """Plain sums of the lines, under the names of XML1."""

    drugs: Decimal
    supplies: Decimal
    cost: Decimal
    insured: Decimal
    own: Decimal
    copayment: Decimal
    fund: Decimal
    others: Decimal
    #: T_BHTT_GDV: what the fund pays outside capitation and case groups.
    fund_for_service: Decimal


@dataclass(frozen=True, slots=True)
class Coverage:
    """
    The split of a bill as it was computed once; a re-run is the next *version*, never an edit.

    *is_provisional*: the visit has not ended, so category, threshold and exemption may change.
    """

    version: int
    rules_version: str
    is_provisional: bool
    bill: Bill
    base_salary: Salary
    threshold: Decimal
    #: Sum of the insured parts after the caps, before support to the facility.
    insured_before_support: Decimal
    is_small: bool
    route: Route
    factor: Decimal
    lines: tuple[CoveredLine, ...]
    totals: Totals
    patient_pays: Money
    warnings: tuple[Warned, ...]
