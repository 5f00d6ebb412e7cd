"""Computes a declared visit again: its rows into a bill, the bill through the coverage engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Final, NamedTuple

from payments.claims.fields import day_of, time_of
from payments.claims.tables import Record
from payments.insurance.coverage import Bill, Card, Line, Rules, Visit, amounts, caps
from payments.insurance.coverage import card_numbers as numbers
from payments.insurance.coverage.model import HUNDRED, NO_SOURCES, Mode, Scope, Sources, Table
from payments.insurance.coverage.rounding import EXACT, quotient2, round2

#: What imported figures may differ by on a line, in đồng.
LINE_TOLERANCE: Final = Decimal("0.01")
_DECLARED: Final = (
    *("THANH_TIEN_BV", "THANH_TIEN_BH", "MUC_HUONG"),
    *("T_BNTT", "T_BNCCT", "T_BHTT", "T_NGUONKHAC"),
)
#: Looking a member up in its class costs as much as a multiplication.
_XML2: Final = Table.XML2
_XML3: Final = Table.XML3
_PERSONAL: Final = Mode.PERSONAL
_SCOPES: Final = {scope.value: scope for scope in Scope}


class Declared(NamedTuple):
    """The amounts that a row declares, each read once."""

    cost: Decimal
    insured: Decimal
    level: Decimal
    own: Decimal
    copayment: Decimal
    fund: Decimal
    support: Decimal


class Formulas(NamedTuple):
    """What the declared quantities, prices and ratios of a line come to."""

    cost: Decimal
    #: With no difference collected on the reduced part (XML3 only); else the same.
    other_cost: Decimal
    insured: Decimal
    #: What is left of the insured part where the support is taken off the cost first.
    pooled: Decimal


def near(declared: Decimal, computed: Decimal) -> bool:
    return declared == computed or abs(declared - computed) <= LINE_TOLERANCE


def cards_of(summary: Record) -> list[Card] | None:
    """Pair cards with their days, without what is no card; None where their lists differ."""
    texts, firsts, lasts = (
        summary[field].split(";") if summary[field] else []
        for field in ("MA_THE_BHYT", "GT_THE_TU", "GT_THE_DEN")
    )
    if not len(texts) == len(firsts) == len(lasts):
        return None
    cards = []
    for text, first, last in zip(texts, firsts, lasts, strict=True):
        card, valid_from, valid_to = numbers.parse(text), day_of(first), day_of(last)
        if isinstance(card, numbers.CardNumber) and valid_from and valid_to:
            cards.append(Card(card.letters, card.digit, valid_from, valid_to))
    return cards


class ReadLine(NamedTuple):
    """A row, what it declares, the line of the bill that it is, and what its figures come to."""

    record: Record
    declared: Declared
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
    if not any(one.line.package for one in lines):
        return insured
    day = _time(summary["NGAY_VAO"]).date()
    salary = rules.salaries.get("", day)
    if salary is not None:
        most = rules.limit("package_cap", day) * salary.amount
        caps.cap([one.line for one in lines], insured, caps.package, most)
    return insured


def read_line(record: Record) -> ReadLine:
    """Make the line of a row; who supports whom is read from its own figures."""
    declared = Declared(*map(record.amount, _DECLARED))
    line = _line(record, declared)
    found = _formulas(line, declared)
    without = not near(declared.cost, found.cost) and near(declared.cost, found.other_cost)
    mode = _mode(declared, found)
    if without or mode is not _PERSONAL:
        line = line._replace(mode=mode, without_difference=without)
    if line.service_rate > HUNDRED or line.insurance_rate > HUNDRED:
        # Nobody is entitled to more: what the declared ratio comes to stays in the formulas.
        line = line._replace(
            service_rate=min(line.service_rate, HUNDRED),
            insurance_rate=min(line.insurance_rate, HUNDRED),
        )
    return ReadLine(record, declared, line, found)


def _line(record: Record, declared: Declared) -> Line:
    cells, amount = record.values, record.amount
    is_drug = record.table == "XML2"
    return Line(
        table=_XML2 if is_drug else _XML3,
        quantity=amount("SO_LUONG"),
        price=amount("DON_GIA" if is_drug else "DON_GIA_BV"),
        group=int(cells["MA_NHOM"]),
        fund_price=None if is_drug else amount("DON_GIA_BH"),
        service_rate=HUNDRED if is_drug else amount("TYLE_TT_DV"),
        insurance_rate=amount("TYLE_TT_BH"),
        scope=_SCOPES[cells["PHAM_VI"]],
        method=cells["MA_PTTT"],
        ordered_at=_time(cells["NGAY_YL"]),
        package="" if is_drug else cells["GOI_VTYT"],
        service=cells["MA_DICH_VU"],
        sources=_sources(record, declared.support) if declared.support else NO_SOURCES,
    )


def _sources(record: Record, support: Decimal) -> Sources:
    """Read the four sources; where they do not add up, the sum counts, as in the formulas."""
    names = ("NSNN", "VTNN", "VTTN", "CL")
    four = Sources(*(record.amount(f"T_NGUONKHAC_{name}") for name in names))
    return four if near(support, four.total) else Sources(cl=support)


def _formulas(line: Line, declared: Declared) -> Formulas:
    """Apply the formulas of XML2 and XML3 to what is declared."""
    with localcontext(EXACT):
        cost = amounts.cost(line)
        has_other = line.table is _XML3 and line.service_rate < HUNDRED
        other = amounts.cost(line._replace(without_difference=True)) if has_other else cost
        insured = pooled = amounts.insured(line, cost)
        if 0 < declared.support < declared.cost:
            pooled = quotient2(insured * (declared.cost - declared.support), declared.cost)
        return Formulas(cost, other, insured, pooled)


def _mode(declared: Declared, found: Formulas) -> Mode:
    insured, support = declared.insured, declared.support
    if not support:
        return _PERSONAL
    if near(insured, found.pooled) and not near(insured, found.insured):
        return Mode.POOL
    fund = round2(insured * declared.level / 100)
    is_special = (
        declared.copayment == 0
        and near(declared.own, declared.cost - insured)
        and near(support, insured - fund)
    )
    return Mode.SPECIAL if is_special else _PERSONAL


def _time(text: str) -> datetime:
    found = time_of(text)
    if found is None:
        raise ValueError("a time was taken from a row that has none")
    return found
