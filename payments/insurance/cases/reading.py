"""Reads one case: a line of JSON into a bill, or into the arguments of a function."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from payments.insurance.cases.fields import Fields, shown
from payments.insurance.coverage.model import (
    HUNDRED,
    NO_SOURCES,
    ZERO,
    Bill,
    Card,
    Line,
    Mode,
    Policy,
    SalaryDay,
    Scope,
    Sources,
    Table,
    Visit,
)
from payments.insurance.coverage.refusals import CodeUnknown
from payments.kernel.errors import InvalidField

#: A claim may have 20,000 lines in all; a visit beyond this is none.
LINES_MAX: Final = 20_000
_CARDS_MAX: Final = 50
_GROUPS: Final = frozenset(str(number) for number in range(1, 20))
_METHODS: Final = frozenset("123")
_TABLES: Final = {one.value: one for one in Table}
_SCOPES: Final = {one.value: one for one in Scope}
_MODES: Final = {one.value: one for one in Mode}
_SALARY_DAYS: Final = {one.value: one for one in SalaryDay}
_VISIT_KEYS: Final = frozenset(
    {
        "date_in", "date_out", "visit_type", "category", "cards", "card_presented_at",
        "exempt_from", "five_years_from", "copay_ytd", "copay_ceiling", "followed_factor",
    }
)  # fmt: skip
_LINE_KEYS: Final = frozenset(
    {
        "table", "qty", "price_bv", "price_bh", "rate_service", "rate_insurance", "scope", "group",
        "method", "ordered_at", "package", "service", "other", "other_mode", "no_extra_charge",
    }
)  # fmt: skip
_CARD_KEYS: Final = frozenset({"object", "code", "from", "to"})
_SOURCE_KEYS: Final = frozenset({"nsnn", "vtnn", "vttn", "cl"})
_POLICY_KEYS: Final = frozenset(
    {
        "threshold_on_reduced_route", "exempt_on_reduced_route", "base_salary_key",
        "package_cap_mode", "split_crossing_line", "service_cap_40",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One case: its name, its kind, and its keys, of which only those of its kind are read."""

    id: str | int
    kind: str
    fields: Fields


def read_case(line: bytes) -> object:
    """
    Read one line of JSON; numbers keep their text, a key stands once.

    Raises:
        InvalidField: it is no JSON, or not of a form that can be trusted.
    """
    try:
        return json.loads(
            line.decode("utf-8-sig"),
            parse_float=Decimal,
            parse_constant=_no_number,
            object_pairs_hook=_once,
        )
    except UnicodeDecodeError as error:
        raise InvalidField("case", "file_not_utf8", byte=error.start) from error
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise InvalidField("case", "case_json") from error


def case_of(value: object) -> Case:
    """Read the name and the kind. Raises InvalidField, CodeUnknown."""
    fields = Fields(value, "")
    fields.require("id")
    name = id_of(value)
    if name is None:
        raise InvalidField("id", "case_text")
    return Case(name, fields.code("kind"), fields)


def id_of(value: object) -> str | int | None:
    """Give the name of a case that may be no case at all."""
    found = value.get("id") if isinstance(value, dict) else None
    return found if type(found) in (str, int) and len(str(found)) <= 200 else None


def bill_of(case: Fields) -> Bill:
    """
    Read a case of kind ``visit``.

    Raises:
        InvalidField: a key is missing, wrong or unknown; its path is named.
        CodeUnknown: a code is in no list.
    """
    case.require("visit")
    case.require("lines")
    visit = _visit(case.inner("visit"))
    lines = tuple(_line(fields) for fields in case.many("lines", LINES_MAX))
    return Bill(visit, lines, _policy(case.inner("policy")))


def _visit(given: Fields) -> Visit:
    given.only(_VISIT_KEYS)
    date_in, date_out = given.moment("date_in"), given.moment("date_out")
    if date_out < date_in:
        raise InvalidField(given.name("date_out"), "case_before")
    return Visit(
        date_in=date_in,
        date_out=date_out,
        visit_type=given.code("visit_type"),
        category=given.code("category"),
        cards=tuple(_card(fields) for fields in given.many("cards", _CARDS_MAX)),
        card_shown_at=(
            given.moment("card_presented_at") if given.has("card_presented_at") else None
        ),
        exempt_from=(
            given.moment("exempt_from", or_day=True) if given.has("exempt_from") else None
        ),
        five_years_from=given.day("five_years_from") if given.has("five_years_from") else None,
        copay_of_the_year=given.number("copay_ytd", ZERO),
        copay_ceiling=given.number("copay_ceiling") if given.has("copay_ceiling") else None,
        followed_factor=given.per_cent("followed_factor") if given.has("followed_factor") else None,
    )


def _card(given: Fields) -> Card:
    given.only(_CARD_KEYS)
    letters = given.text("object")
    if len(letters) != 2 or not (letters.isascii() and letters.isalpha() and letters.isupper()):
        raise InvalidField(given.name("object"), "case_letters")
    digit = given.one_of("code", frozenset("12345"), catalogue="benefit_level")
    card = Card(letters, digit, given.day("from"), given.day("to"))
    if card.valid_to < card.valid_from:
        raise InvalidField(given.name("to"), "case_before")
    return card


def _line(given: Fields) -> Line:
    given.only(_LINE_KEYS)
    table = _TABLES[given.one_of("table", _TABLES, catalogue="table")]
    # A price or ratio that XML2 does not have is checked, and not used.
    return Line(
        table=table,
        quantity=given.number("qty"),
        price=given.number("price_bv"),
        group=int(given.one_of("group", _GROUPS, catalogue="MA_NHOM")),
        fund_price=given.number("price_bh") if given.has("price_bh") else None,
        service_rate=given.per_cent("rate_service", HUNDRED),
        insurance_rate=given.per_cent("rate_insurance", HUNDRED),
        scope=_SCOPES[given.one_of("scope", _SCOPES, "1", catalogue="PHAM_VI")],
        method=given.one_of("method", _METHODS, "1", catalogue="MA_PTTT"),
        ordered_at=given.moment("ordered_at") if given.has("ordered_at") else None,
        package=given.code("package", ""),
        service=given.code("service", ""),
        sources=_sources(given.inner("other")) if given.has("other") else NO_SOURCES,
        mode=_MODES[given.one_of("other_mode", _MODES, "personal", catalogue="other_mode")],
        without_difference=given.flag("no_extra_charge", default=False),
    )


def _sources(given: Fields) -> Sources:
    given.only(_SOURCE_KEYS)
    # Below 0 they break the condition of Decision 130, and are refused by its name.
    return Sources(*(given.signed(key, ZERO) for key in ("nsnn", "vtnn", "vttn", "cl")))


def _policy(given: Fields) -> Policy:
    given.only(_POLICY_KEYS)
    given.one_of(
        "package_cap_mode", ("insured_base",), "insured_base", catalogue="package_cap_mode"
    )
    if given.flag("split_crossing_line", default=False):
        raise CodeUnknown(
            field=given.name("split_crossing_line"), value="true", catalogue="split_crossing_line"
        )
    day = given.one_of("base_salary_key", _SALARY_DAYS, "NGAY_VAO", catalogue="base_salary_key")
    usual = Policy()
    return Policy(
        threshold_on_reduced_route=given.flag(
            "threshold_on_reduced_route", default=usual.threshold_on_reduced_route
        ),
        exempt_on_reduced_route=given.flag(
            "exempt_on_reduced_route", default=usual.exempt_on_reduced_route
        ),
        base_salary_key=_SALARY_DAYS[day],
        service_cap=given.flag("service_cap_40", default=usual.service_cap),
    )


def _no_number(text: str) -> object:
    raise ValueError(f"{text} is no number of JSON")


def _once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidField(shown(twice), "case_key_twice")
    return found
