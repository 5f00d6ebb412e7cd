"""A split as it is stored and read back: decimals of the claim, đồng of the bill, the article."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from payments.insurance.coverage import Coverage, Rules, reasons
from payments.insurance.coverage.parts import Parts, parts_of
from payments.insurance.coverage.reasons import Reason
from payments.insurance.coverage.result import CoveredLine

#: What decided a line, the strongest first; a line that nothing else says has its card's level.
_DECIDING: Final = (
    "uncovered_route",
    "uncovered_no_card",
    "uncovered_scope",
    "uncovered_shown_late",
    "commune",
    "small_visit",
    "exempt_certificate",
    "exempt_ceiling",
    "level_times_factor",
)


@dataclass(frozen=True, slots=True)
class SplitLine:
    """One line, in đồng and hundredths; *percent* is MUC_HUONG, *rule* what decided it."""

    number: int
    percent: Decimal
    cost: Decimal
    insured: Decimal
    own: Decimal
    copayment: Decimal
    fund: Decimal
    others: Decimal
    rule: str
    #: Id of the article in ``legal_basis.csv``.
    basis: str


@dataclass(frozen=True, slots=True)
class Split:
    """One version of the split of a visit; *parts* are the whole đồng that move."""

    version: int
    fact_version: int
    rules_version: str
    is_provisional: bool
    factor: Decimal
    threshold: Decimal
    is_small: bool
    route_basis: str
    cost: Decimal
    insured: Decimal
    own: Decimal
    copayment: Decimal
    fund: Decimal
    others: Decimal
    parts: Parts
    lines: tuple[SplitLine, ...]
    made_at: datetime
    made_by: str


def split_of(
    coverage: Coverage, rules: Rules, *, fact_version: int, made_at: datetime, made_by: str
) -> Split:
    """Read what is shown and stored from what the engine computed."""
    totals = coverage.totals
    return Split(
        version=coverage.version,
        fact_version=fact_version,
        rules_version=coverage.rules_version,
        is_provisional=coverage.is_provisional,
        factor=coverage.factor,
        threshold=coverage.threshold,
        is_small=coverage.is_small,
        route_basis=coverage.route.basis.id,
        cost=totals.cost,
        insured=totals.insured,
        own=totals.own,
        copayment=totals.copayment,
        fund=totals.fund,
        others=totals.others,
        parts=parts_of(coverage),
        lines=tuple(_line(coverage, one, rules) for one in coverage.lines),
        made_at=made_at,
        made_by=made_by,
    )


def _line(coverage: Coverage, line: CoveredLine, rules: Rules) -> SplitLine:
    reason = _deciding(reasons(coverage, line, rules))
    return SplitLine(
        line.number,
        line.entitlement.percent,
        line.cost,
        line.insured,
        line.own,
        line.copayment,
        line.fund,
        line.others,
        reason.rule,
        reason.bases[0].id,
    )


def _deciding(found: tuple[Reason, ...]) -> Reason:
    by_rule = {reason.rule: reason for reason in found}
    return next(by_rule[rule] for rule in _DECIDING if rule in by_rule)
