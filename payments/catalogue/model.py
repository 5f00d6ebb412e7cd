"""A service as it is sold, a price list as it is sent, and what the list would change."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Conflict, InvalidField, Rejected
from payments.kernel.money import Money

PRICE_MAX_DONG: Final = 10_000_000_000
NAME_LETTERS_MAX: Final = 200
#: PHAM_VI: in the list, outside of it, outside but paid for cards of the forces.
SCOPES: Final = ("1", "2", "3")
TABLES: Final = ("XML2", "XML3")
_CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9._/-]{0,29}")


class PastDate(Rejected):
    """Prices of days that are over are history: a list begins today or later."""

    code = "past-date"


class DepartmentTaken(Conflict):
    """A department with this code is there already."""

    code = "department-taken"


class ListChanged(Conflict):
    """The catalogue changed since the list was shown: look at the preview again."""

    code = "list-changed"


@dataclass(frozen=True, slots=True)
class ServiceItem:
    """A service with its price on the day that was asked for."""

    code: str
    name: str
    department_code: str
    department_name: str
    price: Money


@dataclass(frozen=True, slots=True)
class Department:
    """A revenue centre with the days on which it is one; *valid_to* is the first day without it."""

    code: str
    name: str
    valid_from: HospitalDay
    valid_to: HospitalDay | None

    def is_valid(self, day: HospitalDay) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class PriceSpan:
    """One price of a service and its days; None where the service is not sold."""

    price: Money | None
    valid_from: HospitalDay
    #: The first day of the next price; None for the last one that is known.
    valid_to: HospitalDay | None


@dataclass(frozen=True, slots=True)
class Insured:
    """
    The insurance facts of a service (Decision 130, XML2 and XML3).

    *fund_price* is DON_GIA_BH (None: the hospital's own price), *rate* TYLE_TT_BH in per cent,
    *group* MA_NHOM, *scope* PHAM_VI, *table* where a claim lists it.
    """

    fund_price: Money | None
    rate: int
    group: int
    scope: str = "1"
    table: str = "XML3"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a price list; *insured* is None where the list says nothing of the fund."""

    code: str
    name: str
    department: str
    price: Money
    insured: Insured | None = None


class Kind(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    ENDED = "ended"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Change:
    """What the list does to one service; *former* and *price* are None where it is not sold."""

    kind: Kind
    code: str
    name: str
    department: str
    former: Money | None
    price: Money | None
    #: What the fund says from now on; None where that stays as it is.
    insured: Insured | None = None


def plan(entries: Sequence[Entry], sold: Mapping[str, Entry], *, is_whole: bool) -> list[Change]:
    """
    Say what *entries* change about what is *sold* on the first day of the list.

    A whole list ends what it does not name; any other leaves it alone. Changes come first.
    """
    changes = [_change(entry, sold.get(entry.code)) for entry in entries]
    if is_whole:
        named = {entry.code for entry in entries}
        changes += [
            Change(Kind.ENDED, one.code, one.name, one.department, one.price, None)
            for code, one in sorted(sold.items())
            if code not in named
        ]
    order = list(Kind)
    return sorted(changes, key=lambda one: (order.index(one.kind), one.code))


def counts(changes: Sequence[Change]) -> dict[Kind, int]:
    return {kind: sum(1 for one in changes if one.kind is kind) for kind in Kind}


def checked_code(text: str, field: str) -> str:
    """Give a code of a service or department in its one form. Raises InvalidField."""
    code = text.strip().upper()
    if not _CODE.fullmatch(code):
        raise InvalidField(field, "catalogue_code")
    return code


def _change(entry: Entry, former: Entry | None) -> Change:
    if entry.insured is None and former is not None:
        # A list without the columns of insurance leaves alone what an earlier one said.
        entry = replace(entry, insured=former.insured)
    if former is None:
        kind = Kind.ADDED
    else:
        kind = Kind.UNCHANGED if former == entry else Kind.CHANGED
    return Change(
        kind,
        entry.code,
        entry.name,
        entry.department,
        former.price if former else None,
        entry.price,
        None if former is not None and former.insured == entry.insured else entry.insured,
    )
