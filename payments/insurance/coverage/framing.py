"""What holds for every line of a visit: base salary, route, threshold, ceiling of the year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from payments.insurance.coverage.model import ZERO, Bill, SalaryDay
from payments.insurance.coverage.refusals import CodeUnknown
from payments.insurance.coverage.rows_of_law import Route, Salary, VisitType
from payments.insurance.coverage.rules import Rules


@dataclass(frozen=True, slots=True)
class Frame:
    """The rules of one visit; *factor* is in per cent, the others in đồng."""

    kind: VisitType
    salary: Salary
    route: Route
    factor: Decimal
    threshold: Decimal
    package_cap: Decimal
    #: None where the policy does not use it.
    service_cap: Decimal | None
    year_ceiling: Decimal


def frame_of(bill: Bill, rules: Rules) -> Frame:
    """
    Find what holds for the visit of *bill*.

    Raises:
        CodeUnknown: a code is in no list of the day of admission, or no salary is known.
        CategoryVisitTypeMismatch: the category is for the other kind of stay.
    """
    visit, policy = bill.visit, bill.policy
    day = visit.date_in.date()
    kind = rules.visit_type(visit.visit_type, day)
    route = rules.route(visit.category, kind, day)
    if policy.base_salary_key is SalaryDay.ADMISSION:
        salary = rules.base_salary(day, "visit.date_in")
    else:
        salary = rules.base_salary(visit.date_out.date(), "visit.date_out")
    service_cap = rules.limit("service_cap", day) * salary.amount if policy.service_cap else None
    return Frame(
        kind=kind,
        salary=salary,
        route=route,
        factor=_factor(bill, route, day),
        threshold=rules.limit("small_visit", day) * salary.amount,
        package_cap=rules.limit("package_cap", day) * salary.amount,
        service_cap=service_cap,
        year_ceiling=_year_ceiling(bill, rules),
    )


def _factor(bill: Bill, route: Route, day: date) -> Decimal:
    if route.factor is not None:
        return route.factor
    if route.kind == "follows" and bill.visit.followed_factor is not None:
        return bill.visit.followed_factor
    if route.kind == "none" and not bill.lines:
        # 8, a withdrawn request for payment: no money and no lines.
        return ZERO
    raise CodeUnknown(
        field="visit.category",
        value=bill.visit.category,
        catalogue="MA_DOITUONG_KCB",
        day=str(day),
    )


def _year_ceiling(bill: Bill, rules: Rules) -> Decimal:
    if bill.visit.copay_ceiling is not None:
        return bill.visit.copay_ceiling
    # A stay belongs to the period of its discharge, whatever the base salary of admission.
    day = bill.visit.date_out.date()
    return rules.limit("copayment_ceiling", day) * rules.base_salary(day, "visit.date_out").amount
