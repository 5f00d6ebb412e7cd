"""The page object of a payee's link: the amount and our code, nothing about a patient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from payments.kernel.money import Money


@dataclass(frozen=True, slots=True)
class BankRow:
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class ClaimPage:
    template: ClassVar[str] = "patient/claim.html"

    token: str
    state: str
    amount: Money
    code: str
    may_name: bool
    banks: tuple[BankRow, ...]
    #: As typed, so that nobody types it twice because of one wrong figure.
    bank: str
    account: str
    holder: str
    #: Bank and last four digits of what was named before, or "".
    named: str
    failure: str
    wrong_field: str
    help_phone: str
