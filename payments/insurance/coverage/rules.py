"""The rules of all days, read from the tables of ``data/``; asked for by key and day."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

from payments.insurance.coverage import rows_of_law as law
from payments.insurance.coverage.refusals import CategoryVisitTypeMismatch, CodeUnknown
from payments.insurance.coverage.tables import Dated
from payments.kernel.errors import InvalidField

_DATA: Final = Path(__file__).resolve().parent / "data"


@dataclass(frozen=True, slots=True)
class Rules:
    """One edition of the law as data; *version* changes with every changed cell."""

    version: str
    #: The day whose law the tables hold.
    edition: date
    salaries: Dated[str, law.Salary]
    benefits: Dated[tuple[str, str], law.Benefit]
    routes: Dated[tuple[str, bool], law.Route]
    visit_types: Dated[str, law.VisitType]
    limits: Dated[str, law.Limit]
    service_rates: tuple[law.ServiceRate, ...]
    forces: Dated[str, law.Force]
    derivations: tuple[law.Derivation, ...]
    articles: Dated[str, law.Article]
    #: Every article by its id, as stored results name it.
    bases: law.Bases

    @classmethod
    def shipped(cls) -> Rules:
        """Load the tables that come with the program."""
        return _read(_DATA)

    @classmethod
    def from_folder(cls, folder: Path) -> Rules:
        """
        Load tables that replace the shipped ones: the same files, the same columns.

        Raises:
            InvalidField: with column and line of what is wrong.
            OSError: a file is not there.
        """
        return _read(folder)

    def base_salary(self, day: date, field: str) -> law.Salary:
        """Raises CodeUnknown for a day before the first known salary."""
        found = self.salaries.get("", day)
        if found is None:
            raise CodeUnknown(field=field, value=str(day), catalogue="base_salary", day=str(day))
        return found

    def benefit(self, letters: str, digit: str, day: date) -> law.Benefit | None:
        """Say what a card with these letters and digit gives; the letters' own row comes first."""
        own = self.benefits.get((letters, digit), day)
        return own or self.benefits.get(("*", digit), day)

    def visit_type(self, code: str, day: date) -> law.VisitType:
        """Raises CodeUnknown."""
        found = self.visit_types.get(code, day)
        if found is None:
            raise CodeUnknown(
                field="visit.visit_type", value=code, catalogue="MA_LOAI_KCB", day=str(day)
            )
        return found

    def route(self, category: str, visit_type: law.VisitType, day: date) -> law.Route:
        """
        Find the factor of *category* (MA_DOITUONG_KCB).

        Raises:
            CodeUnknown: it is in no list of that day.
            CategoryVisitTypeMismatch: it is, but for the other kind of stay.
        """
        found = self.routes.get((category, visit_type.is_inpatient), day)
        if found is not None:
            return found
        if self.routes.get((category, not visit_type.is_inpatient), day) is None:
            raise CodeUnknown(
                field="visit.category", value=category, catalogue="MA_DOITUONG_KCB", day=str(day)
            )
        raise CategoryVisitTypeMismatch(category=category, visit_type=visit_type.code, day=day)

    def limit(self, name: str, day: date) -> Decimal:
        """Raises CodeUnknown for a limit that is not in force on *day*."""
        found = self.limits.get(name, day)
        if found is None:
            raise CodeUnknown(field=name, value=str(day), catalogue="limit", day=str(day))
        return found.value

    def service_rate(self, situation: str, number: int, day: date) -> law.ServiceRate:
        """Find the ratio of the *number*-th of a kind: exam, people in a bed, operation."""
        for row in self.service_rates:
            if row.situation == situation and row.holds(number, day):
                return row
        raise CodeUnknown(
            field=situation, value=str(number), catalogue="service_rate", day=str(day)
        )

    def is_of_the_forces(self, letters: str, day: date) -> bool:
        return self.forces.get(letters, day) is not None

    def article(self, rule: str, day: date) -> law.Basis:
        """Say where *rule* stands; every rule of the engine has a row (a test visits them all)."""
        found = self.articles.get(rule, day)
        if found is None:
            raise CodeUnknown(field="rule", value=rule, catalogue="rule", day=str(day))
        return found.basis

    def in_force(self, day: date) -> Iterator[tuple[str, str, law.Basis]]:
        """List the numbers of *day* with their basis, as people ask for them."""
        salary = self.salaries.get("", day)
        if salary is not None:
            yield "base_salary", f"{salary.amount:f}", salary.basis
        for name, limit in self.limits.on(day):
            yield name, f"{limit.value:f} {limit.unit}", limit.basis
        for (letters, digit), benefit in self.benefits.on(day):
            yield f"level {letters}{digit}", f"{benefit.level:f} %", benefit.basis
        for (category, inpatient), route in self.routes.on(day):
            stay = "inpatient" if inpatient else "outpatient"
            value = route.kind if route.factor is None else f"{route.factor:f} %"
            yield f"category {category} {stay}", value, route.basis
        for rate in self.service_rates:
            if rate.valid_from <= day <= rate.valid_to:
                yield f"{rate.situation} {rate.span}", f"{rate.rate:f} %", rate.basis


@cache
def _read(folder: Path) -> Rules:
    bases = law.bases(folder)
    edition = (folder / "EDITION").read_text(encoding="utf-8").strip()
    try:
        day = date.fromisoformat(edition)
    except ValueError as error:
        raise InvalidField("EDITION", "rule_value", value=edition) from error
    return Rules(
        version=f"{day}+{_fingerprint(folder)}",
        edition=day,
        salaries=Dated("base_salary", law.salaries(folder, bases)),
        benefits=Dated("benefit_level", law.benefits(folder, bases)),
        routes=Dated("route_rule", law.routes(folder, bases)),
        visit_types=Dated("visit_type", law.visit_types(folder, bases)),
        limits=Dated("limit", law.limits(folder, bases)),
        service_rates=tuple(law.service_rates(folder, bases)),
        forces=Dated("forces", law.forces(folder, bases)),
        derivations=tuple(law.derivations(folder, bases)),
        articles=Dated("rule", law.articles(folder, bases)),
        bases=bases,
    )


def _fingerprint(folder: Path) -> str:
    """Tell two contents of the tables apart, whatever they call themselves."""
    digest = hashlib.sha256()
    for table in sorted(folder.glob("*.csv")):
        digest.update(table.name.encode() + b"\0" + table.read_bytes() + b"\0")
    return digest.hexdigest()[:12]
