"""Tells one coverage line by line, in a person's language, with the article behind each figure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from payments.insurance.coverage.reasons import Fact, Reason, reasons
from payments.insurance.coverage.result import Coverage, CoveredLine
from payments.insurance.coverage.rows_of_law import Basis
from payments.insurance.coverage.rules import Rules
from payments.words.catalogue import say
from payments.words.explaining import shown
from payments.words.formats import digits, exact

_UNCONFIRMED: Final = "U"


def explanation(name: str | int, result: Coverage, rules: Rules, language: str) -> Iterator[str]:
    """Give the lines of the explanation of case *name*."""
    words = _Words(language)
    yield words("head", id=name, version=result.version, rules=result.rules_version)
    if result.is_provisional:
        yield words("provisional")
    yield from _visit(result, rules, words)
    for line in result.lines:
        yield ""
        group = line.line.group
        yield words("line", number=line.number, table=line.line.table.value, group=group)
        for reason in reasons(result, line, rules):
            yield f"  {_figure(reason, line)}: {words.because(reason)}"
        yield f"  {words('parts', **_parts(line))}"
    yield ""
    yield from _end(result, rules, words)


def cited(text: str, basis: Basis, language: str) -> str:
    """Put the article behind *text*."""
    return _Words(language).cited(text, basis)


def article(basis: Basis, language: str) -> str:
    """Name an article alone, as it stands behind a figure."""
    return _Words(language).article(basis)


class _Words:
    """Says the sentences of a coverage in one language."""

    def __init__(self, language: str) -> None:
        self._language = language

    def __call__(self, key: str, **facts: Fact | int) -> str:
        values = {name: _shown(fact) for name, fact in facts.items()}
        return say(f"coverage.{key}", self._language, values)

    def because(self, reason: Reason) -> str:
        return self.cited(self(f"rule.{reason.rule}", **reason.facts), *reason.bases)

    def cited(self, text: str, *bases: Basis) -> str:
        articles = "; ".join(dict.fromkeys(self.article(basis) for basis in bases))
        return f"{text} [{articles}]"

    def article(self, basis: Basis) -> str:
        # The tables name laws in two languages; who reads another reads the English one.
        law = basis.law.get(self._language, basis.law["en"])
        # 1.a is point a of clause 1; 1a would be a clause that was put in after the first.
        clause, _, point = basis.clause.partition(".")
        kind = "point" if point else "clause" if clause else "article" if basis.article else "law"
        facts = {"law": law, "article": basis.article, "clause": clause, "point": point}
        text = say(f"coverage.basis.{kind}", self._language, facts)
        if basis.standing != _UNCONFIRMED:
            return text
        return say("coverage.unconfirmed", self._language, {"basis": text})


def _visit(result: Coverage, rules: Rules, words: _Words) -> Iterator[str]:
    visit, day = result.bill.visit, result.bill.visit.date_in.date()
    yield words(
        "stay",
        date_in=visit.date_in,
        date_out=visit.date_out,
        visit_type=visit.visit_type,
        category=visit.category,
    )
    salary = result.base_salary
    yield words.cited(words("salary", amount=salary.amount), salary.basis)
    yield words.cited(
        words(
            "below" if result.is_small else "not_below",
            total=result.insured_before_support,
            threshold=result.threshold,
        ),
        rules.article("small_visit", day),
    )
    factor = words("factor", factor=result.factor, category=visit.category)
    yield words.cited(factor, result.route.basis)


def _end(result: Coverage, rules: Rules, words: _Words) -> Iterator[str]:
    totals, day = result.totals, result.bill.visit.date_in.date()
    parts = words(
        "parts",
        cost=totals.cost,
        fund=totals.fund,
        copayment=totals.copayment,
        own=totals.own,
        others=totals.others,
    )
    yield f"{words('total')}: {parts}"
    yield words.cited(
        words("pays", amount=digits(result.patient_pays)), rules.article("whole_dong", day)
    )
    for warned in result.warnings:
        yield words(f"warning.{warned.value}")


def _figure(reason: Reason, line: CoveredLine) -> str:
    """Name a field, with its amount where the rule gives it whole."""
    match reason.figure:
        case "THANH_TIEN_BV":
            return f"{reason.figure} {exact(line.cost)}"
        case "THANH_TIEN_BH":
            return f"{reason.figure} {exact(line.insured)}"
        case "MUC_HUONG":
            return f"{reason.figure} {exact(line.entitlement.percent)}"
        case "T_BHTT":
            return f"{reason.figure} {exact(line.fund)}"
        case "T_NGUONKHAC":
            return f"{reason.figure} {exact(line.others)}"
        case other:
            return other


def _parts(line: CoveredLine) -> dict[str, Fact]:
    return {
        "cost": line.cost,
        "fund": line.fund,
        "copayment": line.copayment,
        "own": line.own,
        "others": line.others,
    }


def _shown(fact: Fact | int) -> str:
    match fact:
        case Decimal():
            return exact(fact)
        case datetime():
            # The wall clock of the hospital: there is no zone to turn.
            return f"{fact:%d/%m/%Y %H:%M}"
        case date():
            return f"{fact:%d/%m/%Y}"
        case _:
            return shown(fact)
