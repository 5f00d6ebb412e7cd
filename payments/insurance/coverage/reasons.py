"""
Says which rule made each figure of a line, and where it stands in the law.

The engine keeps what it decided (card, level, cut, mode); this reads it as sentences to be: a rule
by name, its facts, its articles. The words are in ``payments/words/data/coverage.csv``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from payments.insurance.coverage import amounts
from payments.insurance.coverage.model import Mode, Table
from payments.insurance.coverage.result import Coverage, CoveredLine, LevelBy, Uncovered
from payments.insurance.coverage.rounding import round2
from payments.insurance.coverage.rows_of_law import Basis
from payments.insurance.coverage.rules import Rules

#: A fact of a sentence: an amount, a ratio, a day or a code.
Fact = Decimal | date | str


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that was applied to *figure*, the official name of a field."""

    figure: str
    rule: str
    bases: tuple[Basis, ...]
    facts: Mapping[str, Fact] = field(default_factory=dict)


def reasons(result: Coverage, line: CoveredLine, rules: Rules) -> tuple[Reason, ...]:
    """Give the rules behind the figures of *line*, in the order in which they were applied."""
    day = (line.line.ordered_at or result.bill.visit.date_in).date()
    return (
        *_of_cost(line, rules, day),
        *_of_insured(result, line, rules, day),
        *_of_level(result, line, rules, day),
        *_of_split(line, rules, day),
    )


def _of_cost(line: CoveredLine, rules: Rules, day: date) -> Iterator[Reason]:
    given = line.line
    facts: dict[str, Fact] = {"quantity": given.quantity, "price": given.price}
    if given.table is Table.XML2:
        rule = "cost_xml2"
    else:
        rule = "cost_without_difference" if given.without_difference else "cost_xml3"
        facts |= {"service_rate": given.service_rate}
        facts |= {"fund_price": amounts.fund_price(given)} if given.without_difference else {}
    yield Reason("THANH_TIEN_BV", rule, (rules.article(rule, day),), facts)


def _of_insured(result: Coverage, line: CoveredLine, rules: Rules, day: date) -> Iterator[Reason]:
    given, why = line.line, line.entitlement.uncovered
    figure = "THANH_TIEN_BH"
    if why is not None:
        facts: dict[str, Fact] = {}
        if why is Uncovered.SCOPE:
            facts = {"scope": given.scope.value}
        if why is Uncovered.ROUTE:
            facts = {"category": result.bill.visit.category}
        yield Reason(figure, why.value, (rules.article(why.value, day),), facts)
        return
    facts = {"insurance_rate": given.insurance_rate}
    yield Reason(figure, "insured_share", (rules.article("insured_share", day),), facts)
    if given.table is Table.XML3 and amounts.fund_price(given) < given.price:
        facts = {"fund_price": amounts.fund_price(given), "price": given.price}
        basis = rules.article("difference_of_price", day)
        yield Reason(figure, "difference_of_price", (basis,), facts)
    if line.cut:
        rule = "service_cap" if not given.package else "package_cap"
        salary = result.base_salary
        facts = {"cut": line.cut, "most": rules.limit(rule, day) * salary.amount}
        yield Reason(figure, rule, (rules.article(rule, day), salary.basis), facts)


def _of_level(result: Coverage, line: CoveredLine, rules: Rules, day: date) -> Iterator[Reason]:
    entitled, figure = line.entitlement, "MUC_HUONG"
    card, benefit = entitled.card, entitled.benefit
    if entitled.uncovered is not None or card is None or benefit is None:
        return
    facts: dict[str, Fact] = {"card": f"{card.letters}{card.digit}", "level": benefit.level}
    yield Reason(figure, "card_level", (benefit.basis, rules.article("highest_card", day)), facts)
    if entitled.after_expiry:
        facts = {"valid_to": card.valid_to, "days": rules.limit("after_expiry", day)}
        yield Reason(figure, "after_expiry", (rules.article("after_expiry", day),), facts)
    match entitled.level_by:
        case LevelBy.CARD:
            pass
        case LevelBy.COMMUNE:
            yield Reason(figure, "commune", (result.route.basis,))
        case LevelBy.SMALL:
            facts = {"total": result.insured_before_support, "threshold": result.threshold}
            yield Reason(figure, "small_visit", (rules.article("small_visit", day),), facts)
        case LevelBy.CERTIFICATE | LevelBy.CEILING as by:
            yield Reason(figure, by.value, (rules.article(by.value, day),))
    facts = {
        "level": entitled.level,
        "factor": result.factor,
        "percent": entitled.percent,
        "category": result.bill.visit.category,
    }
    bases = (result.route.basis, rules.article("level_times_factor", day))
    yield Reason(figure, "level_times_factor", bases, facts)


def _of_split(line: CoveredLine, rules: Rules, day: date) -> Iterator[Reason]:
    given, percent = line.line, line.entitlement.percent
    if line.entitlement.uncovered is None:
        fund = round2(line.insured * percent / 100)
        facts: dict[str, Fact] = {
            "insured": line.insured,
            "percent": percent,
            "copayment": line.insured - fund,
        }
        yield Reason("T_BHTT", "fund_share", (rules.article("fund_share", day),), facts)
    if line.others:
        match given.mode:
            case Mode.PERSONAL:
                rule = "sources_personal"
            case Mode.POOL:
                rule = "sources_pool"
            case Mode.SPECIAL:
                rule = "sources_special"
        facts = {"others": line.others}
        yield Reason("T_NGUONKHAC", rule, (rules.article(rule, day),), facts)
