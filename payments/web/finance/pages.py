"""The page objects of finance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money
from payments.reconciliation.exceptions import Kept, Outgoing
from payments.reconciliation.matching import Suggestion
from payments.web.chips import Chip
from payments.web.finance.bhyt_alarms import AlarmRow


@dataclass(frozen=True, slots=True)
class PairRow:
    """One line of the table: our side, the verdict, the bank's side, what a person said."""

    account: str
    name: str
    chip: Chip
    here: str
    here_more: str
    here_at: datetime | None
    ledger_amount: Money | None
    bank_amount: Money | None
    there: str
    there_at: datetime | None
    elsewhere: HospitalDay | None
    is_finding: bool
    is_explained: bool
    reason: str


@dataclass(frozen=True, slots=True)
class SuspenseRow:
    credit: UUID
    left: Money
    chips: tuple[Chip, ...]
    invoice: str | None
    reference: str
    at: datetime
    is_unmatched: bool


@dataclass(frozen=True, slots=True)
class Tab:
    show: str
    text: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class DayPage:
    template: ClassVar[str] = "finance/day.html"

    day: HospitalDay
    previous: HospitalDay
    #: None on the last day that has begun.
    following: HospitalDay | None
    accounts: tuple[str, ...]
    #: Empty for all.
    account: str
    show: str
    ledger_total: Money
    ledger_count: int
    bank_total: Money
    bank_count: int
    bank_debits: Money
    difference: Money
    open_here: int
    open_there: int
    has_statement: bool
    tabs: tuple[Tab, ...]
    rows: tuple[PairRow, ...]
    rows_in_all: int
    suspense: tuple[SuspenseRow, ...]
    suspense_total: Money
    outgoing: tuple[Outgoing, ...]
    kept: tuple[Kept, ...]
    #: Deadlines of the insurer that are late or near.
    alarms: tuple[AlarmRow, ...]
    is_closed: bool
    #: Wording of the reason why the day cannot be closed now; empty when it can.
    why_not_close: str
    may_import: bool
    may_resolve: bool
    may_close: bool
    may_export: bool
    has_rules: bool
    #: What a refused statement has wrong: line of the file, None for the whole, and in words.
    problems: tuple[tuple[int | None, str], ...]
    failure: str
    notice: Chip | None
    notice_more: str


@dataclass(frozen=True, slots=True)
class SuggestionRow:
    suggestion: Suggestion
    why: str


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """What was decided of the money; *back* says that, and why, it was taken back."""

    id: UUID
    amount: Money
    what: str
    why: str
    by: str
    at: datetime
    back: str
    back_by: str
    back_at: datetime | None
    may_be_taken_back: bool


@dataclass(frozen=True, slots=True)
class CreditPage:
    template: ClassVar[str] = "finance/credit.html"

    id: UUID
    account: str
    reference: str
    is_outgoing: bool
    amount: Money
    left: Money
    occurred_at: datetime
    day: HospitalDay
    memo: str
    witnesses: tuple[str, ...]
    suggestions: tuple[SuggestionRow, ...]
    may_resolve: bool
    may_book: bool
    failure: str
    failed_number: str
    #: ``income-purpose`` or ``income-reason``: beside which field the failure stands.
    failed_field: str
    #: It names no invoice, so that it may be the hospital's own.
    may_be_income: bool
    decisions: tuple[DecisionRow, ...]
    kinds: tuple[tuple[str, str], ...]
    #: What it brought, for whoever may ask that it goes back to its sender; or None.
    payment: UUID | None
    #: What of it nobody asked for yet.
    may_go_back: Money
