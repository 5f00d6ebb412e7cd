"""Computes a declared visit again: its rows into a bill, the bill through the coverage engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Final

from payments.claims.fields import day_of, time_of
from payments.claims.tables import Record
from payments.insurance.coverage import Bill, Card, Line, Rules, Visit, amounts, caps
from payments.insurance.coverage import card_numbers as numbers
from payments.insurance.coverage.model import HUNDRED, NO_SOURCES, Mode, Scope, Sources, Table
from payments.insurance.coverage.rounding import EXACT, quotient2, round2

#: What imported figures may differ by on a line, in đồng.
LINE_TOLERANCE: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Formulas:
    """What the declared quantities, prices and ratios of a line come to."""

    cost: Decimal
    #: With no difference collected on the reduced part (XML3 only); else the same.
    other_cost: Decimal
    insured: Decimal
    #: What is left of the insured part where the support is taken off the cost first.
    pooled: Decimal


def near(declared: Decimal, computed: Decimal) -> bool:
    return abs(declared - computed) <= LINE_TOLERANCE


def cards_of(summary: Record) -> list[Card] | None:
    """Pair the lists of cards and days; None where they differ in length or hold no card."""
    texts, firsts, lasts = (
        summary[field].split(";") if summary[field] else []
        for field in ("MA_THE_BHYT", "GT_THE_TU", "GT_THE_DEN")
    )
    if not len(texts) == len(firsts) == len(lasts):
        return None
    cards = []
    for text, first, last in zip(texts, firsts, lasts, strict=True):
        card, valid_from, valid_to = numbers.parse(text), day_of(first), day_of(last)
        if not isinstance(card, numbers.CardNumber) or valid_from is None or valid_to is None:
            return None
        cards.append(Card(card.letters, card.digit, valid_from, valid_to))
    return cards


@dataclass(frozen=True, slots=True)
class ReadLine:
    """A row, the line of the bill that it is, and what its declared figures come to."""

    record: Record
    line: Line
    formulas: Formulas


def bill_of(summary: Record, lines: Sequence[ReadLine], cards: Sequence[Card]) -> Bill:
    """Make the bill of a visit whose fields were found in order; XML2 comes before XML3."""
    exempt = summary["NGAY_MIEN_CCT"]
    return Bill(
        Visit(
            date_in=_time(summary["NGAY_VAO"]),
            date_out=_time(summary["NGAY_RA"]),
            visit_type=summary["MA_LOAI_KCB"],
            category=summary["MA_DOITUONG_KCB"],
            cards=tuple(cards),
            exempt_from=_time(exempt if len(exempt) == 12 else f"{exempt}0000") if exempt else None,
        ),
        tuple(one.line for one in lines),
    )


def capped(summary: Record, lines: Sequence[ReadLine], rules: Rules) -> list[Decimal]:
    """Give the insured part of each line after the cap on packages, whoever holds a card."""
    insured = [one.formulas.insured for one in lines]
    day = _time(summary["NGAY_VAO"]).date()
    salary = rules.salaries.get("", day)
    if salary is not None:
        most = rules.limit("package_cap", day) * salary.amount
        caps.cap([one.line for one in lines], insured, caps.package, most)
    return insured


def read_line(record: Record) -> ReadLine:
    """Make the line of a row; who supports whom is read from its own figures."""
    line = _line(record)
    found = _formulas(record, line)
    declared = record.amount("THANH_TIEN_BV")
    without = not near(declared, found.cost) and near(declared, found.other_cost)
    line = line._replace(mode=_mode(record, found), without_difference=without)
    return ReadLine(record, line, found)


def _line(record: Record) -> Line:
    is_drug = record.table == "XML2"
    return Line(
        table=Table.XML2 if is_drug else Table.XML3,
        quantity=record.amount("SO_LUONG"),
        price=record.amount("DON_GIA" if is_drug else "DON_GIA_BV"),
        group=int(record["MA_NHOM"]),
        fund_price=None if is_drug else record.amount("DON_GIA_BH"),
        service_rate=HUNDRED if is_drug else record.amount("TYLE_TT_DV"),
        insurance_rate=record.amount("TYLE_TT_BH"),
        scope=Scope(record["PHAM_VI"]),
        method=record["MA_PTTT"],
        ordered_at=_time(record["NGAY_YL"]),
        package="" if is_drug else record["GOI_VTYT"],
        service=record["MA_DICH_VU"],
        sources=_sources(record) if record.amount("T_NGUONKHAC") else NO_SOURCES,
    )


def _sources(record: Record) -> Sources:
    four = ("NSNN", "VTNN", "VTTN", "CL")
    return Sources(*(record.amount(f"T_NGUONKHAC_{name}") for name in four))


def _formulas(record: Record, line: Line) -> Formulas:
    """Apply the formulas of XML2 and XML3 to what is declared."""
    with localcontext(EXACT):
        cost = amounts.cost(line)
        has_other = line.table is Table.XML3 and line.service_rate < HUNDRED
        other = amounts.cost(line._replace(without_difference=True)) if has_other else cost
        insured = amounts.insured(line, cost)
        whole, support = record.amount("THANH_TIEN_BV"), record.amount("T_NGUONKHAC")
        pooled = insured
        if 0 < support < whole:
            pooled = quotient2(insured * (whole - support), whole)
        return Formulas(cost, other, insured, pooled)


def _mode(record: Record, found: Formulas) -> Mode:
    support = record.amount("T_NGUONKHAC")
    insured = record.amount("THANH_TIEN_BH")
    if not support:
        return Mode.PERSONAL
    if near(insured, found.pooled) and not near(insured, found.insured):
        return Mode.POOL
    fund = round2(insured * record.amount("MUC_HUONG") / 100)
    is_special = (
        record.amount("T_BNCCT") == 0
        and near(record.amount("T_BNTT"), record.amount("THANH_TIEN_BV") - insured)
        and near(support, insured - fund)
    )
    return Mode.SPECIAL if is_special else Mode.PERSONAL


def _time(text: str) -> datetime:
    found = time_of(text)
    if found is None:
        raise ValueError("a time was taken from a row that has none")
    return found
