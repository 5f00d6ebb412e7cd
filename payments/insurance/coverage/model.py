"""
What the engine is given: a visit with its cards, the lines of its bill, a policy.

Times are the wall clock of the hospital without a zone, as every claim writes them. All amounts
are đồng as exact Decimals; ratios and levels are per cent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

ZERO: Final = Decimal(0)
HUNDRED: Final = Decimal(100)


class Table(StrEnum):
    """Where a claim puts a line: drugs in XML2, services, supplies and beds in XML3."""

    XML2 = "XML2"
    XML3 = "XML3"


class Scope(StrEnum):
    """PHAM_VI."""

    LISTED = "1"
    UNLISTED = "2"
    #: Outside the list, paid for cards of the forces only.
    FORCES = "3"


class Mode(StrEnum):
    """Whom another payer supports: this patient, the facility, or by a programme such as ARV."""

    PERSONAL = "personal"
    POOL = "pool"
    SPECIAL = "arv"


class SalaryDay(StrEnum):
    """Which day of a stay fixes the base salary: coverage D1."""

    ADMISSION = "NGAY_VAO"
    DISCHARGE = "NGAY_RA"


@dataclass(frozen=True, slots=True)
class Card:
    """One card: the letters of its object, its benefit digit, its days (both included)."""

    letters: str
    digit: str
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit or stay as its claim describes it; what is left out is not known or not there."""

    date_in: datetime
    date_out: datetime
    #: MA_LOAI_KCB and MA_DOITUONG_KCB.
    visit_type: str
    category: str
    cards: tuple[Card, ...] = ()
    #: Present: the card was shown late, at this moment.
    card_shown_at: datetime | None = None
    #: NGAY_MIEN_CCT; a day counts from its first minute.
    exempt_from: datetime | None = None
    five_years_from: date | None = None
    copay_of_the_year: Decimal = ZERO
    copay_ceiling: Decimal | None = None
    #: Per cent of the case that categories 7.2 to 7.4 and 10 follow.
    followed_factor: Decimal | None = None
    #: Before a visit ends everything may change: the result is provisional.
    is_closed: bool = True


@dataclass(frozen=True, slots=True)
class Sources:
    """Other payers: state budget, foreign aid, domestic aid, remaining."""

    nsnn: Decimal = ZERO
    vtnn: Decimal = ZERO
    vttn: Decimal = ZERO
    cl: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.nsnn + self.vtnn + self.vttn + self.cl


NO_SOURCES: Final = Sources()


class Line(NamedTuple):
    """One line of the bill; a tuple, for hundreds of thousands are made."""

    table: Table
    quantity: Decimal
    #: DON_GIA of XML2, DON_GIA_BV of XML3.
    price: Decimal
    group: int
    #: DON_GIA_BH of XML3; left out it is the hospital's price.
    fund_price: Decimal | None = None
    #: TYLE_TT_DV (XML3) and TYLE_TT_BH, per cent.
    service_rate: Decimal = HUNDRED
    insurance_rate: Decimal = HUNDRED
    scope: Scope = Scope.LISTED
    method: str = "1"
    #: Left out: when the patient came.
    ordered_at: datetime | None = None
    #: GOI_VTYT and MA_DICH_VU; a package is one of one service.
    package: str = ""
    service: str = ""
    sources: Sources = NO_SOURCES
    mode: Mode = Mode.PERSONAL
    #: The hospital collects no difference on the part that TYLE_TT_DV takes off: coverage D5.
    without_difference: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """How the open doubts of the law are read; a hospital asks its VSS office before it changes."""

    #: D2: a small visit on a reduced route is paid at the factor of the route.
    threshold_on_reduced_route: bool = True
    #: D4: the exemption of the year holds on reduced routes.
    exempt_on_reduced_route: bool = False
    #: D1.
    base_salary_key: SalaryDay = SalaryDay.ADMISSION
    #: D6: 40 base salaries for the lines of one service, a rule of before 2015.
    service_cap: bool = False


@dataclass(frozen=True, slots=True)
class Bill:
    """What is covered: a visit, its lines in the order of the claim, and a policy."""

    visit: Visit
    lines: tuple[Line, ...]
    policy: Policy = field(default_factory=Policy)
