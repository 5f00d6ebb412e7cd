"""A service of the hospital as it is sold."""

from __future__ import annotations

from dataclasses import dataclass

from payments.kernel.money import Money


@dataclass(frozen=True, slots=True)
class ServiceItem:
    """A service with its price on the day that was asked for."""

    code: str
    name: str
    department_code: str
    department_name: str
    price: Money
