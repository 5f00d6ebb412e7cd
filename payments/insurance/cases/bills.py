"""Reads a case of kind ``visit`` into a bill: its visit, cards, lines and policy."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from payments.insurance.cases import fields
from payments.insurance.cases.fields import At, Key
from payments.insurance.coverage.model import (
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


def _numbered(first: int, last: int) -> dict[str, str]:
    return {str(number): str(number) for number in range(first, last + 1)}


def _letters(value: object, at: At) -> str:
    given = fields.text(value, at)
    if len(given) != 2 or not (given.isascii() and given.isalpha() and given.isupper()):
        raise InvalidField(fields.name(at), "case_letters")
    return given


_CARD: Final = MappingProxyType(
    {
        "object": Key("letters", _letters),
        "code": Key("digit", fields.one_of(_numbered(1, 5), "benefit_level")),
        "from": Key("valid_from", fields.day),
        "to": Key("valid_to", fields.day),
    }
)
_CARD_NEEDS: Final = frozenset({"letters", "digit", "valid_from", "valid_to"})


def _card(value: object, path: str) -> Card:
    card = Card(**fields.read(value, path, _CARD, _CARD_NEEDS))
    if card.valid_to < card.valid_from:
        raise InvalidField(f"{path}to", "case_before")
    return card


def _cards(value: object, at: At) -> tuple[Card, ...]:
    return tuple(_card(item, path) for item, path in fields.many(value, at, _CARDS_MAX))


_VISIT: Final = MappingProxyType(
    {
        "date_in": Key("date_in", fields.moment),
        "date_out": Key("date_out", fields.moment),
        "visit_type": Key("visit_type", fields.code),
        "category": Key("category", fields.code),
        "cards": Key("cards", _cards),
        "card_presented_at": Key("card_shown_at", fields.moment),
        "exempt_from": Key("exempt_from", fields.moment_or_day),
        "five_years_from": Key("five_years_from", fields.day),
        "copay_ytd": Key("copay_of_the_year", fields.number),
        "copay_ceiling": Key("copay_ceiling", fields.number),
        "followed_factor": Key("followed_factor", fields.per_cent),
    }
)
_VISIT_NEEDS: Final = frozenset({"date_in", "date_out", "visit_type", "category"})


def _visit(value: object) -> Visit:
    visit = Visit(**fields.read(value, "visit.", _VISIT, _VISIT_NEEDS))
    if visit.date_out < visit.date_in:
        raise InvalidField("visit.date_out", "case_before")
    return visit


# Below 0 they break the condition of Decision 130, and are refused by its name.
_SOURCES: Final = MappingProxyType(
    {name: Key(name, fields.signed) for name in ("nsnn", "vtnn", "vttn", "cl")}
)


def _sources(value: object, at: At) -> Sources:
    return Sources(**fields.read(value, f"{fields.name(at)}.", _SOURCES, frozenset()))


#: A price or ratio that XML2 does not have is checked on its lines, and not used.
_LINE: Final = MappingProxyType(
    {
        "table": Key("table", fields.one_of({one.value: one for one in Table}, "table")),
        "qty": Key("quantity", fields.number),
        "price_bv": Key("price", fields.number),
        "price_bh": Key("fund_price", fields.number),
        "rate_service": Key("service_rate", fields.per_cent),
        "rate_insurance": Key("insurance_rate", fields.per_cent),
        "scope": Key("scope", fields.one_of({one.value: one for one in Scope}, "PHAM_VI")),
        "group": Key(
            "group",
            fields.one_of({text: int(text) for text in _numbered(1, 19)}, "MA_NHOM"),
        ),
        "method": Key("method", fields.one_of(_numbered(1, 3), "MA_PTTT")),
        "ordered_at": Key("ordered_at", fields.moment),
        "package": Key("package", fields.code),
        "service": Key("service", fields.code),
        "other": Key("sources", _sources),
        "other_mode": Key("mode", fields.one_of({one.value: one for one in Mode}, "other_mode")),
        "no_extra_charge": Key("without_difference", fields.flag),
    }
)
_LINE_NEEDS: Final = frozenset({"table", "quantity", "price", "group"})


def _never(value: object, at: At) -> bool:
    """Read a switch of which only false is defined (coverage D10)."""
    if fields.flag(value, at):
        raise CodeUnknown(field=fields.name(at), value="true", catalogue=at[1])
    return False


_POLICY: Final = MappingProxyType(
    {
        "threshold_on_reduced_route": Key("threshold_on_reduced_route", fields.flag),
        "exempt_on_reduced_route": Key("exempt_on_reduced_route", fields.flag),
        "base_salary_key": Key(
            "base_salary_key",
            fields.one_of({one.value: one for one in SalaryDay}, "base_salary_key"),
        ),
        "service_cap_40": Key("service_cap", fields.flag),
        "package_cap_mode": Key(
            "package_cap_mode",
            fields.one_of({"insured_base": "insured_base"}, "package_cap_mode"),
        ),
        "split_crossing_line": Key("split_crossing_line", _never),
    }
)


def _policy(value: object) -> Policy:
    found: dict[str, Any] = fields.read(value, "policy.", _POLICY, frozenset())
    # Only one value of these is defined; another has been refused.
    found.pop("package_cap_mode", None)
    found.pop("split_crossing_line", None)
    return Policy(**found)


def bill_of(case: Mapping[str, object]) -> Bill:
    """
    Read a case of kind ``visit``.

    Raises:
        InvalidField: a key is missing, wrong or unknown; its path is named.
        CodeUnknown: a code is in no list.
    """
    for key in ("visit", "lines"):
        if case.get(key) is None:
            raise InvalidField(key, "case_missing")
    visit = _visit(case["visit"])
    lines = tuple(
        Line(**fields.read(item, path, _LINE, _LINE_NEEDS))
        for item, path in fields.many(case["lines"], ("", "lines"), LINES_MAX)
    )
    policy = case.get("policy")
    return Bill(visit, lines, _policy(_NOTHING_GIVEN if policy is None else policy))


_NOTHING_GIVEN: Final[dict[str, object]] = {}
