"""The kinds of case that ask one function: arguments in ``input``, a value as the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final, assert_never

from payments.insurance.cases import fields
from payments.insurance.cases.fields import At, Key
from payments.insurance.cases.writing import plain, whole
from payments.insurance.coverage import card_numbers, deriving, stays
from payments.insurance.coverage.card_numbers import CardNumber, CitizenNumber, InsuranceNumber
from payments.insurance.coverage.copayment_year import Stay, ceiling_on_change, first_crossing
from payments.insurance.coverage.rules import Rules
from payments.kernel.errors import InvalidField

Answer = Callable[[object, Rules], object]
#: A year has fewer stays.
_ROWS_MAX: Final = 10_000
_SLASHED: Final = re.compile("([0-9]{2})/([0-9]{2})/([0-9]{4})")
_PATH: Final = "input."


def _slashed(value: object, at: At) -> date | None:
    given = fields.text(value, at)
    if not given:
        return None
    found = _SLASHED.fullmatch(given)
    try:
        if found is not None:
            day, month, year = found.groups()
            return date(int(year), int(month), int(day))
    except ValueError as error:
        raise InvalidField(fields.name(at), "case_slashed_day") from error
    raise InvalidField(fields.name(at), "case_slashed_day")


def _count(value: object, at: At) -> int:
    found = fields.number(value, at)
    if found != int(found):
        raise InvalidField(fields.name(at), "case_whole")
    if found > stays.EXAMS_MAX:
        raise InvalidField(fields.name(at), "case_too_many", most=stays.EXAMS_MAX)
    return int(found)


def _as_is(value: object, at: At) -> object:
    return value


def _keys(**readers: fields.Reader) -> Mapping[str, Key]:
    return MappingProxyType({name: Key(name, reader) for name, reader in readers.items()})


def _named(names: tuple[str, ...], catalogue: str) -> fields.Reader:
    return fields.one_of({name: name for name in names}, catalogue)


_CHANGE: Final = _keys(paid_before=fields.number, old=fields.number, new=fields.number)
_CROSSING: Final = _keys(rows=_as_is, limit=fields.number)
_STAY: Final = MappingProxyType(
    {
        "ngayRa": Key("discharged_on", _slashed),
        "tBNCCTLuyKe": Key("running_total", fields.number),
    }
)
_BED: Final = _keys(
    a=fields.moment,
    b=fields.moment,
    status=fields.one_of({one.value: one for one in stays.Ended}, "status"),
)
_EXAMS: Final = _keys(n=_count)
_CARD: Final = _keys(text=fields.text)
_DERIVE: Final = _keys(facility=_as_is, visit=_as_is)
_FACILITY_FLAGS: Final = ("provisional", "commune_type")
_VISIT_FLAGS: Final = tuple(name for name in deriving.CIRCUMSTANCES if name not in _FACILITY_FLAGS)
_FACILITY: Final = _keys(
    level=_named(deriving.LEVELS, "level"),
    points=fields.number,
    former_line=_named(deriving.FORMER_LINES, "former_line"),
    **dict.fromkeys(_FACILITY_FLAGS, fields.flag),
)
_ARRIVAL: Final = _keys(inpatient=fields.flag, **dict.fromkeys(_VISIT_FLAGS, fields.flag))


def _read(value: object, keys: Mapping[str, Key], path: str = _PATH) -> Any:
    """Read the arguments, all of which are needed."""
    return fields.read(value, path, keys, frozenset(key.name for key in keys.values()))


def _copay_ceiling_on_change(given: object, rules: Rules) -> object:
    read = _read(given, _CHANGE)
    if not read["old"]:
        raise InvalidField("input.old", "case_above_zero")
    salaries = rules.limit("copayment_ceiling", rules.edition)
    found = ceiling_on_change(read["paid_before"], read["old"], read["new"], salaries)
    return {
        "already_over": found.already_over,
        "remaining": plain(found.remaining),
        "year_ceiling": plain(found.ceiling),
    }


def _first_crossing(given: object, rules: Rules) -> object:
    read = fields.read(given, _PATH, _CROSSING, frozenset({"limit"}))
    rows = fields.many(read.get("rows", []), (_PATH, "rows"), _ROWS_MAX)
    needs = frozenset({"running_total"})
    found = first_crossing(
        [
            Stay(**{"discharged_on": None, **fields.read(row, path, _STAY, needs)})
            for row, path in rows
        ],
        read["limit"],
    )
    return {
        "accumulated": plain(found.accumulated),
        "over": found.is_over,
        "exempt_from": f"{found.exempt_from:%Y%m%d}" if found.exempt_from else None,
    }


def _bed_days(given: object, rules: Rules) -> object:
    read = _read(given, _BED)
    if read["b"] < read["a"]:
        raise InvalidField("input.b", "case_before")
    return stays.bed_days(read["a"], read["b"], read["status"], rules)


def _exam_rates(given: object, rules: Rules) -> object:
    return [
        whole(rate) for rate in stays.exam_rates(_read(given, _EXAMS)["n"], rules, rules.edition)
    ]


def _derive_category(given: object, rules: Rules) -> object:
    # What is left out does not hold.
    read = fields.read(given, _PATH, _DERIVE, frozenset())
    facility = fields.read(read.get("facility", {}), "input.facility.", _FACILITY, frozenset())
    visit = fields.read(read.get("visit", {}), "input.visit.", _ARRIVAL, frozenset())
    told = {**facility, **visit}
    arrival = deriving.Arrival(
        level=facility.get("level"),
        former_line=facility.get("former_line"),
        points=facility.get("points"),
        is_inpatient=visit.get("inpatient", False),
        holds=frozenset(name for name in deriving.CIRCUMSTANCES if told.get(name)),
    )
    return deriving.category(arrival, rules, rules.edition).code


def _parse_card(given: object, rules: Rules) -> object:
    match card_numbers.parse(_read(given, _CARD)["text"]):
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


#: These cases carry no day of their own: the rules of the edition's day are taken.
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
