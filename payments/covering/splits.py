"""A split as it is stored and read back: decimals of the claim, đồng of the bill, the article."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from payments.insurance.coverage import Coverage, Rules, reasons
from payments.insurance.coverage.parts import Parts, parts_of
from payments.insurance.coverage.reasons import Reason
from payments.insurance.coverage.result import CoveredLine
from payments.insurance.coverage.rows_of_law import Basis

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
    #: Ids of the articles in ``legal_basis.csv``, with blanks between.
    basis: str

    @property
    def articles(self) -> tuple[str, ...]:
        return tuple(self.basis.split())


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
    found = {reason.rule: reason for reason in reasons(coverage, line, rules)}
    reason = next(found[rule] for rule in _DECIDING if rule in found)
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
        " ".join(dict.fromkeys(basis.id for basis in _bases(reason, found))),
    )


def _bases(reason: Reason, found: Mapping[str, Reason]) -> tuple[Basis, ...]:
    """Name where the deciding rule stands; of level times factor, where each of the two stands."""
    level = found.get("card_level")
    if reason.rule != "level_times_factor" or level is None:
        return reason.bases[:1]
    return level.bases[0], reason.bases[0]
