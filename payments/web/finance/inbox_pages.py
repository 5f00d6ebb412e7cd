"""The page object of the inbox of exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money
from payments.web.chips import Chip
from payments.web.finance.pages import SuggestionRow


@dataclass(frozen=True, slots=True)
class InboxTab:
    address: str
    text: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class InboxRow:
    key: str
    address: str
    amount: Money | None
    chips: tuple[Chip, ...]
    label: str
    #: Age in words, and that it is overdue.
    age: str
    is_overdue: bool
    owner: str
    next_text: str
    next_address: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class EventRow:
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Detail:
    """The chosen exception: what it is, its evidence, and every way to deal with it."""

    key: str
    title: str
    about: str
    amount: Money | None
    owner: str
    due: HospitalDay | None
    hint: str
    #: The one next action, where it is a page of its own; empty where it is a form here.
    next_text: str
    next_address: str
    #: Where a form is sent that decides at once.
    retry_address: str
    explain_address: str
    account: str
    finding: str
    suggestions: tuple[SuggestionRow, ...]
    attach_address: str
    events: tuple[EventRow, ...]
    facts: tuple[tuple[str, str], ...]
    may_close: bool


@dataclass(frozen=True, slots=True)
class InboxPage:
    template: ClassVar[str] = "finance/inbox.html"

    count: int
    total: Money
    overdue: int
    flags: tuple[InboxTab, ...]
    ages: tuple[InboxTab, ...]
    owners: tuple[InboxTab, ...]
    rows: tuple[InboxRow, ...]
    in_all: int
    detail: Detail | None
    previous: str
    following: str
    people: tuple[tuple[str, str], ...]
    #: A flag is chosen, so that all rows may be dealt with alike.
    is_one_flag: bool
    may_close_all: bool
    may_retry_all: bool
    may_resolve: bool
    flag: str
    age: str
    #: Whose are shown; ``-`` is nobody's.
    back: str
    failure: str
