"""Builders for coverage: a visit, a card and a line with defaults; name only what matters."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from payments.insurance.coverage import Bill, Card, Coverage, Line, Policy, Rules, Visit, cover
from payments.insurance.coverage.model import Scope, Sources, Table

RULES: Final = Rules.shipped()
_VISIT: Final = Visit(
    date_in=datetime(2026, 8, 10, 8, 0),
    date_out=datetime(2026, 8, 10, 10, 0),
    visit_type="01",
    category="1.1",
)
_LINE: Final = Line(Table.XML3, Decimal(1), Decimal(1_000_000), group=2)


def a_card(text: str = "DN4", first: str = "2024-01-01", last: str = "2027-12-31") -> Card:
    return Card(text[:2], text[2:], date.fromisoformat(first), date.fromisoformat(last))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def a_visit(*cards: Card, **what: Any) -> Visit:
    return replace(_VISIT, cards=cards or (a_card(),), **what)


def a_line(price: int | str = 1_000_000, **what: Any) -> Line:
    return _LINE._replace(price=Decimal(price), **what)


def a_drug(price: int | str = 1_000_000, **what: Any) -> Line:
    return a_line(price, table=Table.XML2, group=4, **what)


def aid(amount: int | str) -> Sources:
    return Sources(vttn=Decimal(amount))


def covered(visit: Visit, *lines: Line, policy: Policy | None = None) -> Coverage:
    return cover(Bill(visit, lines, policy or Policy()), RULES)


def percents(result: Coverage) -> list[str]:
    """MUC_HUONG of each line."""
    return [f"{line.entitlement.percent.normalize():f}" for line in result.lines]


UNLISTED: Final = Scope.UNLISTED
FOR_THE_FORCES: Final = Scope.FORCES
