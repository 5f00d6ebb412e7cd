"""The kinds of case that ask one function: arguments in ``input``, a value as the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Final, assert_never

from payments.insurance.cases.fields import Fields
from payments.insurance.cases.writing import plain, whole
from payments.insurance.coverage import card_numbers, deriving, stays
from payments.insurance.coverage.card_numbers import CardNumber, CitizenNumber, InsuranceNumber
from payments.insurance.coverage.copayment_year import Stay, ceiling_on_change, first_crossing
from payments.insurance.coverage.rules import Rules
from payments.kernel.errors import InvalidField

Answer = Callable[[Fields, Rules], object]
#: A year has fewer stays.
_ROWS_MAX: Final = 10_000
_SLASHED: Final = re.compile("([0-9]{2})/([0-9]{2})/([0-9]{4})")
_FACILITY_KEYS: Final = ("provisional", "commune_type")


def _copay_ceiling_on_change(given: Fields, rules: Rules) -> object:
    given.only(frozenset({"paid_before", "old", "new"}))
    paid, old, new = (given.number(key) for key in ("paid_before", "old", "new"))
    if not old:
        raise InvalidField(given.name("old"), "case_above_zero")
    found = ceiling_on_change(paid, old, new, rules.limit("copayment_ceiling", rules.edition))
    return {
        "already_over": found.already_over,
        "remaining": plain(found.remaining),
        "year_ceiling": plain(found.ceiling),
    }


def _first_crossing(given: Fields, rules: Rules) -> object:
    given.only(frozenset({"rows", "limit"}))
    stays_of_year = [_stay(row) for row in given.many("rows", _ROWS_MAX)]
    found = first_crossing(stays_of_year, given.number("limit"))
    return {
        "accumulated": plain(found.accumulated),
        "over": found.is_over,
        "exempt_from": f"{found.exempt_from:%Y%m%d}" if found.exempt_from else None,
    }


def _bed_days(given: Fields, rules: Rules) -> object:
    given.only(frozenset({"a", "b", "status"}))
    begins, ends = given.moment("a"), given.moment("b")
    if ends < begins:
        raise InvalidField(given.name("b"), "case_before")
    ended = stays.Ended(given.one_of("status", list(stays.Ended), catalogue="status"))
    return stays.bed_days(begins, ends, ended, rules)


def _exam_rates(given: Fields, rules: Rules) -> object:
    given.only(frozenset({"n"}))
    count = given.number("n")
    if count != int(count):
        raise InvalidField(given.name("n"), "case_whole")
    if count > stays.EXAMS_MAX:
        raise InvalidField(given.name("n"), "case_too_many", most=stays.EXAMS_MAX)
    return [whole(rate) for rate in stays.exam_rates(int(count), rules, rules.edition)]


def _derive_category(given: Fields, rules: Rules) -> object:
    given.only(frozenset({"facility", "visit"}))
    facility, visit = given.inner("facility"), given.inner("visit")
    own = frozenset(deriving.CIRCUMSTANCES) - set(_FACILITY_KEYS)
    facility.only(frozenset({"level", "points", "former_line", *_FACILITY_KEYS}))
    visit.only(own | {"inpatient"})
    holds = [key for key in _FACILITY_KEYS if facility.flag(key, default=False)]
    holds += [key for key in sorted(own) if visit.flag(key, default=False)]
    arrival = deriving.Arrival(
        level=_one_of(facility, "level", deriving.LEVELS),
        former_line=_one_of(facility, "former_line", deriving.FORMER_LINES),
        points=facility.number("points") if facility.has("points") else None,
        is_inpatient=visit.flag("inpatient", default=False),
        holds=frozenset(holds),
    )
    return deriving.category(arrival, rules, rules.edition).code


def _parse_card(given: Fields, rules: Rules) -> object:
    given.only(frozenset({"text"}))
    match card_numbers.parse(given.text("text")):
        case None:
            return {"kind": "invalid"}
        case CardNumber() as card:
            return {
                "kind": "card15",
                "object": card.letters,
                "benefit": card.digit,
                "province": card.province,
                "bhxh": card.insurance,
            }
        case InsuranceNumber(digits):
            return {"kind": "bhxh10", "bhxh": digits}
        case CitizenNumber(digits):
            return {"kind": "cccd12", "cccd": digits}
        case never:
            assert_never(never)


#: These cases carry no day of their own: the edition's day is taken.
FUNCTIONS: Final[Mapping[str, Answer]] = MappingProxyType(
    {
        "copay_ceiling_on_change": _copay_ceiling_on_change,
        "first_crossing": _first_crossing,
        "bed_days": _bed_days,
        "exam_rates": _exam_rates,
        "derive_category": _derive_category,
        "parse_card": _parse_card,
    }
)


def _one_of(given: Fields, key: str, known: tuple[str, ...]) -> str | None:
    return given.one_of(key, known, catalogue=key) if given.has(key) else None


def _stay(given: Fields) -> Stay:
    given.only(frozenset({"ngayRa", "tBNCCTLuyKe"}))
    text = given.text("ngayRa", "")
    return Stay(_slashed(given, text) if text else None, given.number("tBNCCTLuyKe"))


def _slashed(given: Fields, text: str) -> date:
    found = _SLASHED.fullmatch(text)
    try:
        if found is not None:
            day, month, year = found.groups()
            return date(int(year), int(month), int(day))
    except ValueError as error:
        raise InvalidField(given.name("ngayRa"), "case_slashed_day") from error
    raise InvalidField(given.name("ngayRa"), "case_slashed_day")
