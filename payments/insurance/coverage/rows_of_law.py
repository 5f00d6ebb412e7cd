"""What one row of each table holds, and how its cells are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final, Literal

from payments.insurance.coverage.tables import Row, rows

Kind = Literal["factor", "follows", "none"]
#: V: read in one source, V2: in two or more that do not depend on each other, U: not confirmed,
#: P: no law but a rule of this product.
_STANDINGS: Final = ("V", "V2", "U", "P")
_STAYS: Final = {"in": (True,), "out": (False,), "any": (True, False)}
_DATES: Final = ("valid_from", "valid_to", "basis")


@dataclass(frozen=True, slots=True)
class Basis:
    """Where a rule stands: law, article, clause; names in Vietnamese and English."""

    id: str
    law: Mapping[str, str]
    article: str
    clause: str
    standing: str


Bases = Mapping[str, Basis]


@dataclass(frozen=True, slots=True)
class Law:
    """What every row has: its days, both included, and its basis."""

    valid_from: date
    valid_to: date
    basis: Basis


@dataclass(frozen=True, slots=True)
class Salary(Law):
    """Base salary (lương cơ sở), đồng a month."""

    amount: Decimal


@dataclass(frozen=True, slots=True)
class Benefit(Law):
    """Level of a card in per cent; *beyond_list* pays items outside the list (PHAM_VI 3)."""

    level: Decimal
    beyond_list: bool


@dataclass(frozen=True, slots=True)
class Route(Law):
    """A category: its factor in per cent, and what else it changes."""

    kind: Kind
    #: None where the factor is that of another case, or there is no money at all.
    factor: Decimal | None
    #: The level whatever the card says (commune level), else None.
    level: Decimal | None
    #: An emergency: lines before the card was shown are paid too.
    late_card: bool


@dataclass(frozen=True, slots=True)
class VisitType(Law):
    code: str
    is_inpatient: bool
    #: A card that ends during such a treatment pays on for some days.
    pays_after_expiry: bool


@dataclass(frozen=True, slots=True)
class Limit(Law):
    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class ServiceRate(Law):
    situation: str
    first: int
    last: int | None
    rate: Decimal

    def holds(self, number: int, day: date) -> bool:
        in_span = self.first <= number and (self.last is None or number <= self.last)
        return in_span and self.valid_from <= day <= self.valid_to

    @property
    def span(self) -> str:
        return f"{self.first}+" if self.last is None else f"{self.first}–{self.last}"


@dataclass(frozen=True, slots=True)
class Force(Law):
    """Letters of a card of the forces: nothing of its visit enters T_BHTT_GDV."""


@dataclass(frozen=True, slots=True)
class Derivation(Law):
    """One row of the search for a category: the first that fits is taken."""

    code: str
    #: None where every one fits.
    levels: frozenset[str] | None
    former_lines: frozenset[str] | None
    stays: tuple[bool, ...]
    needs: str | None
    points_from: Decimal | None
    points_below: Decimal | None


@dataclass(frozen=True, slots=True)
class Article(Law):
    """A rule of the engine that has no number of its own."""


def bases(folder: Path) -> Bases:
    columns = ("id", "law_vi", "law_en", "article", "clause", "standing")
    return {
        row.text("id"): Basis(
            row.text("id"),
            {"vi": row.text("law_vi"), "en": row.text("law_en")},
            row.cells["article"],
            row.cells["clause"],
            row.one_of("standing", _STANDINGS),
        )
        for row in rows(folder, "legal_basis", columns)
    }


def salaries(folder: Path, known: Bases) -> Iterator[tuple[str, Salary]]:
    for row in rows(folder, "base_salary", ("amount", *_DATES)):
        yield "", Salary(*_law(row, known), row.number("amount"))


def benefits(folder: Path, known: Bases) -> Iterator[tuple[tuple[str, str], Benefit]]:
    columns = ("object", "digit", "level", "beyond_list", *_DATES)
    for row in rows(folder, "benefit_level", columns):
        key = (row.text("object"), row.text("digit"))
        yield key, Benefit(*_law(row, known), row.number("level"), row.flag("beyond_list"))


def routes(folder: Path, known: Bases) -> Iterator[tuple[tuple[str, bool], Route]]:
    columns = ("code", "stay", "factor", "level", "late_card", *_DATES)
    for row in rows(folder, "route_rule", columns):
        kind: Kind = "factor"
        match row.text("factor"):
            case "follows" | "none" as named:
                kind, factor = named, None
            case _:
                factor = row.number("factor")
        level = row.number("level") if row.optional("level") else None
        route = Route(*_law(row, known), kind, factor, level, row.flag("late_card"))
        for inpatient in _STAYS[row.one_of("stay", _STAYS)]:
            yield (row.text("code"), inpatient), route


def visit_types(folder: Path, known: Bases) -> Iterator[tuple[str, VisitType]]:
    for row in rows(folder, "visit_type", ("code", "inpatient", "after_expiry", *_DATES)):
        code = row.text("code")
        yield (
            code,
            VisitType(*_law(row, known), code, row.flag("inpatient"), row.flag("after_expiry")),
        )


def limits(folder: Path, known: Bases) -> Iterator[tuple[str, Limit]]:
    for row in rows(folder, "limit", ("name", "value", "unit", *_DATES)):
        yield row.text("name"), Limit(*_law(row, known), row.number("value"), row.text("unit"))


def service_rates(folder: Path, known: Bases) -> Iterator[ServiceRate]:
    columns = ("situation", "from_number", "to_number", "rate", *_DATES)
    for row in rows(folder, "service_rate", columns):
        first = int(row.number("from_number"))
        last = int(row.number("to_number")) if row.optional("to_number") else None
        yield ServiceRate(*_law(row, known), row.text("situation"), first, last, row.number("rate"))


def forces(folder: Path, known: Bases) -> Iterator[tuple[str, Force]]:
    for row in rows(folder, "forces", ("object", *_DATES)):
        yield row.text("object"), Force(*_law(row, known))


def derivations(folder: Path, known: Bases) -> Iterator[Derivation]:
    columns = ("code", "level", "former_line", "stay", "needs", "points_from", "points_below")
    for row in rows(folder, "derivation", (*columns, *_DATES)):
        yield Derivation(
            *_law(row, known),
            row.text("code"),
            _any_of(row, "level"),
            _any_of(row, "former_line"),
            _STAYS[row.one_of("stay", _STAYS)],
            row.optional("needs"),
            row.number("points_from") if row.optional("points_from") else None,
            row.number("points_below") if row.optional("points_below") else None,
        )


def articles(folder: Path, known: Bases) -> Iterator[tuple[str, Article]]:
    for row in rows(folder, "rule", ("rule", *_DATES)):
        yield row.text("rule"), Article(*_law(row, known))


def _law(row: Row, known: Bases) -> tuple[date, date, Basis]:
    return row.first_day(), row.last_day(), known[row.one_of("basis", known)]


def _any_of(row: Row, column: str) -> frozenset[str] | None:
    text = row.text(column)
    return None if text == "*" else frozenset(text.split("|"))
