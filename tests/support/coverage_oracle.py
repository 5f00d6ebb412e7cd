"""
A second split of a visit, written from the text of the rules and nothing else.

It takes the case as it is in JSON, computes with fractions, keeps its own short tables, and shares
no line with the engine: what both agree on was understood twice.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

INPATIENT = {"03", "04", "09"}
GRACE = {"02", "03", "04", "06", "09"}
OUTPATIENT_ONLY = {"1.12", "1.13", "1.14", "1.18"}
INPATIENT_ONLY = {"1.15", "3.2", "3.6"}
FULL = {"1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.11", "1.12", "1.15", "1.16", "1.17"}
FULL |= {"2", "3.2", "3.3", "3.6", "7"}


def expected(case: dict[str, Any]) -> dict[str, Any] | str:
    """Give ``expected`` of a case of kind visit, or the name of its refusal."""
    visit, policy = case["visit"], case.get("policy", {})
    came, left = (datetime.fromisoformat(visit[key]) for key in ("date_in", "date_out"))
    salary = _salary(came if policy.get("base_salary_key", "NGAY_VAO") == "NGAY_VAO" else left)
    inpatient, category = visit["visit_type"] in INPATIENT, visit["category"]
    factor = _factor(category, inpatient, came.date())
    if isinstance(factor, str):
        return factor
    lines = [_line(line, came) for line in case["lines"]]
    for line in lines:
        _amounts(line, visit, factor)
    for line in lines:
        line["nk"] = _round(sum((_number(x) for x in line["other"].values()), Fraction(0)))
        has_source = line["nk"] > 0 and line["mode"] != "arv"
        if any(_number(x) < 0 for x in line["other"].values()):
            return "OTHER_SOURCE_NOT_BELOW_COST"
        if has_source and line["nk"] >= line["bv"]:
            return "OTHER_SOURCE_NOT_BELOW_COST"
    capped = _cap(lines, 45 * salary)
    small = 0 < sum(line["bh"] for line in lines) < Fraction(15, 100) * salary
    _levels_and_parts(lines, visit, policy, factor, small, left)
    return _told(lines, visit, salary, small, factor, capped)


def _salary(when: datetime) -> int:
    for first, amount in (
        ("2026-07-01", 2530000),
        ("2024-07-01", 2340000),
        ("2023-07-01", 1800000),
        ("2019-07-01", 1490000),
        ("2018-07-01", 1390000),
    ):
        if when.date().isoformat() >= first:
            return amount
    raise ValueError(when)


def _factor(category: str, inpatient: bool, day: date) -> int | str:
    known = FULL | OUTPATIENT_ONLY | {"3.1", "9"}
    if category not in known:
        return "CODE_UNKNOWN"
    if (category in OUTPATIENT_ONLY and inpatient) or (
        category in INPATIENT_ONLY and not inpatient
    ):
        return "CATEGORY_VISIT_TYPE_MISMATCH"
    if category in FULL:
        return 100
    if category == "3.1":
        return 40 if inpatient else 0
    if category == "9":
        return 0
    return 50 if day >= date(2026, 7, 1) else 0


def _line(given: dict[str, Any], came: datetime) -> dict[str, Any]:
    price = _number(given["price_bv"])
    return {
        "xml3": given["table"] == "XML3",
        "qty": _number(given["qty"]),
        "price": price,
        "price_bh": min(price, _number(given.get("price_bh", given["price_bv"]))),
        "rs": _number(given.get("rate_service", 100)) / 100,
        "ri": _number(given.get("rate_insurance", 100)) / 100,
        "scope": int(given.get("scope", 1)),
        "group": int(given["group"]),
        "method": str(given.get("method", "1")),
        "at": datetime.fromisoformat(given["ordered_at"]) if "ordered_at" in given else came,
        "package": (given.get("service", ""), given["package"]) if "package" in given else None,
        "other": given.get("other", {}),
        "mode": given.get("other_mode", "personal"),
        "no_extra": given.get("no_extra_charge", False),
    }


def _card_of(visit: dict[str, Any], at: datetime) -> tuple[int, str] | None:
    day, came = at.date(), datetime.fromisoformat(visit["date_in"]).date()
    cards = [
        (
            card["object"],
            str(card["code"]),
            date.fromisoformat(card["from"]),
            date.fromisoformat(card["to"]),
        )
        for card in visit.get("cards", [])
    ]
    usable = [card for card in cards if card[2] <= day <= card[3]]
    if not usable and visit["visit_type"] in GRACE:
        usable = [
            card
            for card in cards
            if card[2] <= came <= card[3] and card[3] < day <= card[3] + timedelta(days=15)
        ]
    best: tuple[int, str] | None = None
    for letters, digit, _, _ in usable:
        level = {"1": 100, "2": 100, "3": 95, "4": 80, "5": 100}[digit]
        if day >= date(2026, 1, 1) and (letters, digit) in {("CN", "3"), ("LH", "4")}:
            level = 100
        if best is None or level > best[0]:
            best = (level, digit)
    return best


def _amounts(line: dict[str, Any], visit: dict[str, Any], factor: int) -> None:
    card = _card_of(visit, line["at"])
    shown = visit.get("card_presented_at")
    late = shown is not None and line["at"] < datetime.fromisoformat(shown)
    covered = (
        card is not None
        and factor > 0
        and (line["scope"] == 1 or (line["scope"] == 3 and card[1] == "5"))
        and not (late and visit["category"] != "2")
    )
    line["covered"], line["level"] = covered, card[0] if card and covered else 0
    rate = line["ri"] if covered else 0
    if not line["xml3"]:
        line["bv"] = _round(line["qty"] * line["price"])
        line["bh"] = _round(line["qty"] * line["price"] * rate)
        return
    line["bh"] = _round(line["qty"] * line["price_bh"] * line["rs"] * rate)
    if line["no_extra"]:
        off = line["qty"] * line["price_bh"] * (1 - line["rs"])
        line["bv"] = _round(line["qty"] * line["price"] - off)
    else:
        line["bv"] = _round(line["qty"] * line["price"] * line["rs"])


def _cap(lines: list[dict[str, Any]], most: int) -> bool:
    used: dict[Any, Fraction] = defaultdict(Fraction)
    cut = False
    for line in lines:
        if line["package"] is not None:
            allowed = min(line["bh"], most - used[line["package"]])
            cut = cut or allowed < line["bh"]
            line["bh"] = allowed
            used[line["package"]] += allowed
    return cut


def _levels_and_parts(
    lines: list[dict[str, Any]],
    visit: dict[str, Any],
    policy: dict[str, Any],
    factor: int,
    small: bool,
    left: datetime,
) -> None:
    running = _number(visit.get("copay_ytd", 0))
    ceiling = _number(visit.get("copay_ceiling", 6 * _salary(left)))
    for line in sorted(lines, key=lambda one: one["at"]):
        level = line["level"]
        full = factor == 100
        lifted = visit["category"] == "1.2"
        lifted |= small and (full or policy.get("threshold_on_reduced_route", True))
        exempt = _exempt(visit, line["at"], running > ceiling)
        lifted |= exempt and (full or policy.get("exempt_on_reduced_route", False))
        line["percent"] = Fraction((100 if lifted else level) * factor, 100)
        if not line["covered"]:
            line["percent"] = Fraction(0)
        _parts(line)
        if full:
            running += line["cct"]


def _exempt(visit: dict[str, Any], at: datetime, over: bool) -> bool:
    certificate, since = visit.get("exempt_from"), visit.get("five_years_from")
    if certificate is not None:
        begins = datetime.fromisoformat(certificate)
        if begins <= at and begins.year == at.year:
            return True
    return since is not None and date.fromisoformat(since) <= at.date() and over


def _parts(line: dict[str, Any]) -> None:
    bv, bh, nk, percent = line["bv"], line["bh"], line["nk"], line["percent"]
    if line["mode"] == "pool" and nk > 0:
        bh = line["bh"] = _round(bh * (bv - nk) / bv)
        line["tt"], line["bhtt"] = bv - nk - bh, _round(bh * percent / 100)
        line["cct"] = bh - line["bhtt"]
        return
    bhtt = _round(bh * percent / 100)
    cct, tt = bh - bhtt, bv - bh
    if line["mode"] == "arv":
        nk, cct = cct, Fraction(0)
    else:
        rest = nk
        tt, rest = max(tt - rest, Fraction(0)), max(rest - tt, Fraction(0))
        cct, rest = max(cct - rest, Fraction(0)), max(rest - cct, Fraction(0))
        bhtt -= rest
    line["nk"], line["tt"], line["cct"], line["bhtt"] = nk, tt, cct, bhtt


def _told(
    lines: list[dict[str, Any]],
    visit: dict[str, Any],
    salary: int,
    small: bool,
    factor: int,
    capped: bool,
) -> dict[str, Any]:
    def total(key: str, chosen: Any = lambda _: True) -> Fraction:
        return sum((line[key] for line in lines if chosen(line)), Fraction(0))

    forces = any(card["object"] in {"QN", "CA", "CY"} for card in visit.get("cards", []))
    sums = {
        "T_THUOC": total("bv", lambda one: not one["xml3"]),
        "T_VTYT": total("bv", lambda one: one["xml3"] and one["group"] in (10, 11)),
        "T_TONGCHI_BV": total("bv"),
        "T_TONGCHI_BH": total("bh"),
        "T_BNTT": total("tt"),
        "T_BNCCT": total("cct"),
        "T_BHTT": total("bhtt"),
        "T_NGUONKHAC": total("nk"),
        "T_BHTT_GDV": Fraction(0) if forces else total("bhtt", lambda one: one["method"] == "1"),
    }
    warnings = []
    if sums["T_BHTT"] != sums["T_TONGCHI_BH"] - sums["T_BNCCT"]:
        warnings.append("BHTT_NE_BH_MINUS_CCT")
    if sums["T_TONGCHI_BV"] != sums["T_TONGCHI_BH"] + sums["T_NGUONKHAC"] + sums["T_BNTT"]:
        warnings.append("FORM01_COL2_NE_3_6_7")
    if capped:
        warnings.append("PACKAGE_CAP_45_APPLIED")
    return {
        "base_salary": salary,
        "threshold": salary * 15 // 100,
        "below_threshold": small,
        "route_factor": factor,
        "lines": [
            {
                "line": number,
                "THANH_TIEN_BV": _text(line["bv"]),
                "THANH_TIEN_BH": _text(line["bh"]),
                "MUC_HUONG": _text(line["percent"]),
                "T_NGUONKHAC": _text(line["nk"]),
                "T_BNTT": _text(line["tt"]),
                "T_BNCCT": _text(line["cct"]),
                "T_BHTT": _text(line["bhtt"]),
            }
            for number, line in enumerate(lines, 1)
        ],
        "totals": {name: _text(amount) for name, amount in sums.items()},
        "patient_payable_vnd": int(sums["T_BNTT"] + sums["T_BNCCT"] + Fraction(1, 2)),
        "warnings": warnings,
    }


def _number(value: object) -> Fraction:
    return Fraction(Decimal(str(value)))


def _round(amount: Fraction) -> Fraction:
    """Half up to the hundredth; amounts are not negative but for a refused source."""
    return Fraction((amount * 100 + Fraction(1, 2)).__floor__(), 100)


def _text(amount: Fraction) -> str:
    hundredths = amount * 100
    assert hundredths.denominator == 1
    whole, rest = divmod(hundredths.numerator, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") if rest else str(whole)
