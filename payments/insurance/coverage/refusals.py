"""
A visit that is refused whole: a rule of the law does not let it be computed.

Rejected
  CodeUnknown                   a code that is in no list of that day
  CategoryVisitTypeMismatch     a category that does not fit an in- or outpatient
  OtherSourceNotBelowCost       another payer's money that is not between 0 and the cost

Each has a ``wire`` name, by which claims and case files call it.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar

from payments.kernel.errors import Rejected


class CodeUnknown(Rejected):
    """*value* of *field* is not in *catalogue* on *day*; nothing is guessed."""

    code = "code-unknown"
    wire: ClassVar[str] = "CODE_UNKNOWN"

    def __init__(self, *, field: str, value: str, catalogue: str, day: str = "") -> None:
        super().__init__(
            f"{field}: not in {catalogue}",
            field=field,
            value=value,
            catalogue=f"{catalogue} ({day})" if day else catalogue,
        )


class CategoryVisitTypeMismatch(Rejected):
    """The category is for inpatients and the visit is none, or the other way round."""

    code = "category-visit-type-mismatch"
    wire: ClassVar[str] = "CATEGORY_VISIT_TYPE_MISMATCH"

    def __init__(self, *, category: str, visit_type: str, day: date) -> None:
        super().__init__(
            f"category {category} does not fit visit type {visit_type}",
            field="visit.category",
            category=category,
            visit_type=visit_type,
            day=day.isoformat(),
        )


class OtherSourceNotBelowCost(Rejected):
    """Decision 130, T_NGUONKHAC: above 0 and below the cost of its line."""

    code = "other-source-not-below-cost"
    wire: ClassVar[str] = "OTHER_SOURCE_NOT_BELOW_COST"

    def __init__(self, *, number: int, amount: Decimal, cost: Decimal) -> None:
        super().__init__(
            f"line {number}: other sources {amount} of a cost of {cost}",
            field=f"lines[{number - 1}].other",
            number=number,
            amount=f"{amount:f}",
            cost=f"{cost:f}",
        )
