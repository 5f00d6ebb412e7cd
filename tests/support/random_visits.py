"""Random visits as cases in JSON: common ones, and every corner of the rules on purpose."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

_OBJECTS = ("DN", "HT", "CN", "LH", "HN", "TE", "GD", "QN", "CA", "CY")
_CATEGORIES = (
    *("1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7", "1.11", "1.12", "1.13", "1.14", "1.15"),
    *("1.16", "1.17", "1.18", "2", "3.1", "3.2", "3.3", "3.6", "7", "9"),
)
_OUTPATIENT = ("01", "02", "05", "06", "07", "08")
_INPATIENT = ("03", "04", "09")
#: Categories of one kind of stay; sometimes they meet the other, and are refused.
_ONLY_OUTPATIENT = ("1.12", "1.13", "1.14", "1.18")
_ONLY_INPATIENT = ("1.15", "3.2", "3.6")
#: Days around which a number of the law changes.
_TURNS = ("2024-06-30", "2025-12-31", "2026-06-30", "2026-08-10")


def a_case(chance: random.Random, number: int) -> dict[str, Any]:
    """Make one visit; its money is of the size that hospitals see, its dates near the turns."""
    came = datetime.fromisoformat(chance.choice(_TURNS)) + timedelta(
        days=chance.randint(-3, 3), minutes=chance.randrange(1440)
    )
    left = came + timedelta(minutes=chance.choice((90, 600, 3000, 30_000)))
    category = chance.choice(_CATEGORIES) if chance.random() < 0.98 else "1.8"
    visit: dict[str, Any] = {
        "date_in": _time(came),
        "date_out": _time(left),
        "visit_type": "",
        "category": category,
        "cards": [_card(chance, came) for _ in range(chance.choice((0, 1, 1, 1, 1, 2, 3)))],
    }
    fitting = _OUTPATIENT + _INPATIENT
    if chance.random() < 0.95:
        fitting = _OUTPATIENT if category in _ONLY_OUTPATIENT else fitting
        fitting = _INPATIENT if category in _ONLY_INPATIENT else fitting
    visit["visit_type"] = chance.choice(fitting)
    maybe = _Maybe(chance, visit)
    maybe("card_presented_at", 0.1, lambda: _time(_between(chance, came, left)))
    maybe("exempt_from", 0.15, lambda: _certificate(chance, came))
    maybe("five_years_from", 0.25, lambda: f"{came - timedelta(days=chance.randint(-5, 900)):%F}")
    maybe("copay_ytd", 0.25, lambda: chance.choice((0, 14_040_000, 15_100_000, "15180000.5")))
    maybe("copay_ceiling", 0.1, lambda: chance.choice((14_040_000, "15180000", 100_000)))
    case: dict[str, Any] = {"id": f"R{number}", "kind": "visit", "visit": visit}
    case["lines"] = [_line(chance, came, left) for _ in range(chance.choice((1, 2, 3, 5, 10)))]
    if chance.random() < 0.2:
        case["policy"] = {
            "threshold_on_reduced_route": chance.random() < 0.5,
            "exempt_on_reduced_route": chance.random() < 0.5,
            "base_salary_key": chance.choice(("NGAY_VAO", "NGAY_RA")),
        }
    return case


class _Maybe:
    """Puts a key into an object, with a chance."""

    def __init__(self, chance: random.Random, into: dict[str, Any]) -> None:
        self._chance, self._into = chance, into

    def __call__(self, key: str, likely: float, make: Callable[[], Any]) -> None:
        if self._chance.random() < likely:
            self._into[key] = make()


def _card(chance: random.Random, came: datetime) -> dict[str, Any]:
    first = came.date() - timedelta(days=chance.choice((400, 100, 1, 0, -1, -3)))
    last = first + timedelta(days=chance.choice((0, 1, 100, 101, 110, 400, 700)))
    return {
        "object": chance.choice(_OBJECTS),
        "code": chance.choice("12345"),
        "from": first.isoformat(),
        "to": last.isoformat(),
    }


def _line(chance: random.Random, came: datetime, left: datetime) -> dict[str, Any]:
    table = chance.choice(("XML2", "XML3", "XML3"))
    line: dict[str, Any] = {
        "table": table,
        "qty": chance.choice((1, 1, 2, 10, "0.5", "2.333", "0.125", 0)),
        "price_bv": _price(chance),
        "group": chance.choice((1, 2, 4, 8, 10, 11, 13, 15)),
    }
    maybe = _Maybe(chance, line)
    if table == "XML3":
        maybe("price_bh", 0.3, lambda: _price(chance))
        maybe("rate_service", 0.3, lambda: chance.choice((0, 10, 30, 33, 50, 80, 100, "33.3")))
        maybe("no_extra_charge", 0.15, lambda: chance.random() < 0.7)
    maybe("rate_insurance", 0.2, lambda: chance.choice((0, 30, 50, 70, 100)))
    maybe("scope", 0.2, lambda: chance.choice((1, 2, 3)))
    maybe("method", 0.2, lambda: chance.choice(("1", "2", "3")))
    maybe("ordered_at", 0.6, lambda: _time(_between(chance, came, left)))
    maybe("package", 0.15, lambda: chance.choice(("G1", "G2")))
    maybe("service", 0.3, lambda: chance.choice(("02.0083", "18.0001")))
    maybe("other", 0.15, lambda: _sources(chance, line))
    maybe("other_mode", 0.2, lambda: chance.choice(("personal", "pool", "arv")))
    return line


def _price(chance: random.Random) -> int | str:
    size = chance.choice((1_000, 50_000, 300_000, 3_000_000, 150_000_000))
    whole = chance.randrange(1, size)
    return whole if chance.random() < 0.6 else f"{whole}.{chance.randrange(1000):03d}"


def _sources(chance: random.Random, line: dict[str, Any]) -> dict[str, Any]:
    """Mostly a part of the cost; now and then all of it, which is refused."""
    cost = float(line["qty"]) * float(line["price_bv"]) * float(line.get("rate_service", 100)) / 100
    part = chance.choice((0.001, 0.1, 0.3, 0.5, 0.9, 0.99, 0.99, 1.0))
    return {chance.choice(("nsnn", "vtnn", "vttn", "cl")): f"{cost * part:.2f}"}


def _certificate(chance: random.Random, came: datetime) -> str:
    begins = came + timedelta(days=chance.choice((-400, -60, -1, 0, 1, 2)))
    return f"{begins:%F}" if chance.random() < 0.5 else _time(begins)


def _between(chance: random.Random, first: datetime, last: datetime) -> datetime:
    return first + (last - first) * chance.random()


def _time(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M}"
