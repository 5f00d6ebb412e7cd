"""
Covers a bill: the algorithm of the Vietnamese social health insurance, in the order of the law.

    visit and route ─▶ cost and insured part of each line ─▶ caps ─▶ small visit?
        ─▶ lines by order time: level, exemption, split ─▶ totals, warnings, whole đồng

Each line is rounded, the co-payment is the complement, totals are plain sums: another order gives
other totals.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from payments.insurance.coverage import amounts, caps, entitlement
from payments.insurance.coverage.entitlement import Exemption, Held, Leveller
from payments.insurance.coverage.framing import Frame, frame_of
from payments.insurance.coverage.model import HUNDRED, ZERO, Bill
from payments.insurance.coverage.result import (
    Coverage,
    CoveredLine,
    Entitlement,
    LevelBy,
    Uncovered,
)
from payments.insurance.coverage.rounding import EXACT, dong
from payments.insurance.coverage.rules import Rules
from payments.insurance.coverage.splitting import others_of, split
from payments.insurance.coverage.totals import total, warnings


def cover(bill: Bill, rules: Rules, *, version: int = 1) -> Coverage:
    """
    Split *bill* by the rules of its days.

    Raises:
        CodeUnknown: a code is in no list of the day, or needs a factor that was not given.
        CategoryVisitTypeMismatch: the category is for the other kind of stay.
        OtherSourceNotBelowCost: another payer's money is not below the cost of its line.
    """
    with localcontext(EXACT):
        return _cover(bill, rules, version)


def again(before: Coverage, bill: Bill, rules: Rules) -> Coverage:
    """Cover *bill* anew: the next version beside *before*, which stays what it was."""
    return cover(bill, rules, version=before.version + 1)


def _cover(bill: Bill, rules: Rules, version: int) -> Coverage:
    frame = frame_of(bill, rules)
    known = _columns(bill, frame, rules)
    was_capped = caps.cap(bill.lines, known.insured, caps.package, frame.package_cap)
    if frame.service_cap is not None:
        caps.cap(bill.lines, known.insured, caps.service, frame.service_cap)
    base = sum(known.insured, ZERO)
    leveller = Leveller(frame.route, frame.factor, 0 < base < frame.threshold, bill.policy)
    exemption = Exemption(bill.visit, bill.visit.copay_of_the_year, frame.year_ceiling)
    lines = _split_lines(bill, leveller, known, exemption)
    totals = total(bill, lines, rules)
    return Coverage(
        version=version,
        rules_version=rules.version,
        is_provisional=not bill.visit.is_closed,
        bill=bill,
        base_salary=frame.salary,
        threshold=frame.threshold,
        insured_before_support=base,
        is_small=leveller.is_small,
        route=frame.route,
        factor=frame.factor,
        lines=lines,
        totals=totals,
        patient_pays=dong(totals.own + totals.copayment),
        warnings=warnings(totals, was_capped=was_capped),
    )


@dataclass(frozen=True, slots=True)
class _Columns:
    """What is known of each line before its level is, by its place in the bill."""

    times: list[datetime]
    held: list[Held | None]
    refused: list[Uncovered | None]
    costs: list[Decimal]
    uncut: list[Decimal]
    insured: list[Decimal]
    others: list[Decimal]


def _columns(bill: Bill, frame: Frame, rules: Rules) -> _Columns:
    visit, lines = bill.visit, bill.lines
    times = [line.ordered_at or visit.date_in for line in lines]
    days = [when.date() for when in times]
    by_day = {day: entitlement.held(visit, frame.kind, rules, day) for day in set(days)}
    known = _Columns(times, [by_day[day] for day in days], [], [], [], [], [])
    for number, line in enumerate(lines, start=1):
        why = entitlement.uncovered(visit, frame.route, frame.factor, line, known.held[number - 1])
        cost = amounts.cost(line)
        insured = ZERO if why else amounts.insured(line, cost)
        if not 0 <= insured <= cost:
            # The edges say this in words; here it keeps every part of the split above zero.
            raise ValueError("quantities, prices and ratios are not below 0, ratios at most 100")
        known.refused.append(why)
        known.costs.append(cost)
        known.others.append(others_of(number, line, cost))
        known.uncut.append(insured)
    known.insured.extend(known.uncut)
    return known


def _split_lines(
    bill: Bill, leveller: Leveller, known: _Columns, exemption: Exemption
) -> tuple[CoveredLine, ...]:
    if not exemption.is_possible:
        # Nothing reads the order.
        entitled = _Entitled(leveller)
        return tuple(
            _split(bill, known, index, entitled.of(known, index, None))
            for index in range(len(bill.lines))
        )
    return _split_in_time(bill, leveller, known, exemption)


def _split_in_time(
    bill: Bill, leveller: Leveller, known: _Columns, exemption: Exemption
) -> tuple[CoveredLine, ...]:
    """Split line after line as they were ordered: what was paid before may exempt the next."""
    entitled, times = _Entitled(leveller), known.times
    counts = leveller.factor == HUNDRED
    done: dict[int, CoveredLine] = {}
    for index in sorted(range(len(times)), key=times.__getitem__):
        exempt = exemption.holds(times[index])
        done[index] = _split(bill, known, index, entitled.of(known, index, exempt))
        if counts:
            exemption.running += done[index].copayment
    return tuple(done[index] for index in range(len(times)))


class _Entitled:
    """Levels of the lines of a visit, of which most are entitled alike."""

    def __init__(self, leveller: Leveller) -> None:
        self._leveller = leveller
        self._made: dict[tuple[int, Uncovered | None, LevelBy | None], Entitlement] = {}

    def of(self, known: _Columns, index: int, exempt: LevelBy | None) -> Entitlement:
        card, why = known.held[index], known.refused[index]
        key = (id(card), why, exempt)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._leveller.entitle(card, why, exempt)
        return made


def _split(bill: Bill, known: _Columns, index: int, entitled: Entitlement) -> CoveredLine:
    line, cost, insured = bill.lines[index], known.costs[index], known.insured[index]
    parts = split(line.mode, cost, insured, known.others[index], entitled.percent)
    uncut = known.uncut[index]
    cut = ZERO if uncut is insured else uncut - insured
    # Insured, others, own, co-payment, fund.
    return CoveredLine(index + 1, line, entitled, cost, cut, *parts)
