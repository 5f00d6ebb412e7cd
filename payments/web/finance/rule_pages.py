"""The page objects of the rules that match lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money
from payments.web.chips import Chip


@dataclass(frozen=True, slots=True)
class RuleRow:
    id: UUID
    label: str
    chip: Chip
    #: By what it knows a line, and what it does with it, as one sentence.
    says: str
    days: str


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class RulesPage:
    template: ClassVar[str] = "finance/rules.html"

    rows: tuple[RuleRow, ...]
    kinds: tuple[Choice, ...]
    effects: tuple[Choice, ...]
    accounts: tuple[Choice, ...]
    #: What was typed, by the name of the field.
    typed: dict[str, str]
    today: HospitalDay
    may_write: bool
    failure: str
    failed_field: str


@dataclass(frozen=True, slots=True)
class TrialRow:
    credit: UUID
    reference: str
    at: datetime
    amount: Money
    target: str
    why: str


@dataclass(frozen=True, slots=True)
class TwiceRow:
    credit: UUID
    reference: str
    amount: Money
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class RulePage:
    template: ClassVar[str] = "finance/rule.html"

    rule: RuleRow
    day: HospitalDay
    lines: int
    rows: tuple[TrialRow, ...]
    #: Of how many *rows* are the first.
    matches: int
    total: Money
    twice: tuple[TwiceRow, ...]
    is_draft: bool
    is_off: bool
    #: Why this person cannot switch it on now; empty where they can.
    why_not: str
    may_write: bool
    failure: str
