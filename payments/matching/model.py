"""
A rule says by what a line is known and what its money is; a plan says what rules would match.

    by reference        a payment code in the memo, whole or one slip off  ──▶ pays its invoice
    by amount and time  the amount is due, its code was shown near by      ──▶ pays its invoice
    by account          all that moves on one account                      ──▶ income or bank fee
    by memo             words of the bank in the memo                      ──▶ income or bank fee

A line that could be two things, and an invoice that two lines could pay, is matched by no rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from payments.bank.model import Direction
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money
from payments.kernel.text import unmarked
from payments.reconciliation.matching import Candidate


class By(StrEnum):
    REFERENCE = "reference"
    AMOUNT_TIME = "amount_time"
    ACCOUNT = "account"
    MEMO = "memo"


class Effect(StrEnum):
    INVOICE = "invoice"
    INTEREST = "interest"
    INCOME = "income"
    BANK_FEE = "bank_fee"


class State(StrEnum):
    DRAFT = "draft"
    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One version of a rule. *account* empty is every account; *pattern* is words in their order, with
    ``*`` between; *window_minutes* counts before and after a code was shown; *tolerance* is đồng
    that may be short or over. It holds for lines of *first_day* to *last_day* (None: open).
    """

    id: UUID
    name: str
    version: int
    by: By
    effect: Effect
    account: str
    pattern: str
    window_minutes: int
    tolerance: Money
    first_day: HospitalDay
    last_day: HospitalDay | None
    state: State
    made_by: str

    def holds_on(self, day: HospitalDay) -> bool:
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)

    @property
    def label(self) -> str:
        return f"{self.name} · {self.version}"


@dataclass(frozen=True, slots=True)
class Line:
    """
    Money on one account that nobody has explained; *near* are the codes that its memo may mean.

    *candidates* are invoices that still owe, each seen through one code shown for it.
    """

    credit: UUID
    account: str
    reference: str
    direction: Direction
    amount: Money
    day: HospitalDay
    occurred_at: datetime
    memo: str
    near: frozenset[str]
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """What a line is for: an invoice, or what the effect of the rule says."""

    effect: Effect
    invoice: UUID | None = None
    number: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """*minutes* lie between the line and its code; *difference* is what the line has more."""

    line: Line
    rule: Rule
    target: Target
    difference: Money
    minutes: int


@dataclass(frozen=True, slots=True)
class Twice:
    """
    A line that would be matched twice: *first* and *second* name both.

    Two targets of one line, or two lines of one invoice.
    """

    line: Line
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What rules would do with the lines of a day; *lines* counts all that were looked at."""

    lines: int
    matches: tuple[Planned, ...]
    twice: tuple[Twice, ...]

    @property
    def left(self) -> int:
        return self.lines - len(self.matches)


def plan(rules: Sequence[Rule], lines: Sequence[Line]) -> Plan:
    """
    Say what *rules* would match of *lines*: each line once at most, each invoice by one line.

    Where two rules mean the same target, the first of them is named.
    """
    alone: list[Planned] = []
    twice: list[Twice] = []
    for line in lines:
        found = _by_target(rules, line)
        if len(found) > 1:
            first, second, *_ = found.values()
            twice.append(Twice(line, _name(first), _name(second)))
        else:
            alone += found.values()
    crowded = list(_two_lines(alone))
    odd = {one.line.credit for one in crowded}
    matches = tuple(one for one in alone if one.line.credit not in odd)
    return Plan(len(lines), matches, (*twice, *crowded))


def contains(memo: str, pattern: str) -> bool:
    """Say whether *memo* has the words of *pattern* in their order, without regard to marks."""
    text, at = _plain(memo), 0
    for words in pattern.split("*"):
        wanted = _plain(words)
        at = text.find(wanted, at)
        if at < 0:
            return False
        at += len(wanted)
    return True


def _by_target(rules: Sequence[Rule], line: Line) -> Mapping[Target, Planned]:
    found: dict[Target, Planned] = {}
    for rule in rules:
        if rule.holds_on(line.day) and rule.account in ("", line.account):
            for one in _hits(rule, line):
                best = found.setdefault(one.target, one)
                if one.rule is best.rule and one.minutes < best.minutes:
                    found[one.target] = one
    return found


def _hits(rule: Rule, line: Line) -> Iterator[Planned]:
    if rule.effect is not Effect.INVOICE:
        is_out = line.direction is Direction.OUT
        if is_out is (rule.effect is Effect.BANK_FEE) and _is_told(rule, line):
            yield Planned(line, rule, Target(rule.effect), line.amount - line.amount, 0)
        return
    if line.direction is Direction.OUT:
        return
    for one in line.candidates:
        difference, apart = line.amount - one.due, abs(line.occurred_at - one.shown_at)
        if not one.due or abs(difference) > rule.tolerance:
            continue
        if rule.by is By.REFERENCE and one.code not in line.near:
            continue
        if rule.by is By.AMOUNT_TIME and apart > timedelta(minutes=rule.window_minutes):
            continue
        target = Target(Effect.INVOICE, one.invoice, one.number)
        yield Planned(line, rule, target, difference, int(apart.total_seconds()) // 60)


def _is_told(rule: Rule, line: Line) -> bool:
    return not rule.pattern or contains(line.memo, rule.pattern)


def _two_lines(alone: Iterable[Planned]) -> Iterator[Twice]:
    by_invoice: dict[UUID, list[Planned]] = defaultdict(list)
    for one in alone:
        if one.target.invoice is not None:
            by_invoice[one.target.invoice].append(one)
    for rivals in by_invoice.values():
        if len(rivals) > 1:
            for one in rivals:
                other = next(rival for rival in rivals if rival is not one)
                yield Twice(one.line, _name(one), f"{_name(other)} ← {other.line.reference}")


def _name(one: Planned) -> str:
    return f"{one.target.number or one.target.effect.value} ({one.rule.label})"


def _plain(text: str) -> str:
    return "".join(char for char in unmarked(text).upper() if char.isalnum())
