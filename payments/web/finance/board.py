"""Puts the page of a day together from what the capabilities tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from payments.bank.model import NoBankAccount
from payments.identity.permissions import Permission
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import Problem
from payments.kernel.money import ZERO
from payments.ledger import periods
from payments.matching import repository as matches
from payments.matching.model import State as RuleState
from payments.receipts.model import Flag
from payments.reconciliation import exceptions, maps
from payments.reconciliation.comparing import compare
from payments.reconciliation.listing import Listed, listed
from payments.reconciliation.model import Comparison, Pair, Source, Verdict
from payments.reconciliation.service import Finding, findings
from payments.reconciliation.sides import inputs
from payments.storage.unit_of_work import UnitOfWork
from payments.web.chips import Chip
from payments.web.current import (
    current,
    explain_problem,
    language,
    runtime,
    scope,
    words,
)
from payments.web.finance.bhyt_alarms import urgent
from payments.web.finance.pages import DayPage, PairRow, SuspenseRow, Tab
from payments.words import catalogue
from payments.words.formats import vnd

SHOWS: Final = ("open", "matched", "all")
#: More rows make the page slow on an old desk; the CSV has them all.
ROWS_MAX: Final = 200

_LOOKS: Final = {
    Verdict.MATCHED: ("ok", "check"),
    Verdict.WITHIN_TOLERANCE: ("warn", "half"),
    Verdict.AMOUNT_DIFFERS: ("warn", "half"),
    Verdict.MISSING_HERE: ("odd", "ask"),
    Verdict.MISSING_THERE: ("odd", "ask"),
    Verdict.DUPLICATE_HERE: ("odd", "twin"),
    Verdict.DUPLICATE_THERE: ("odd", "twin"),
}
_FLAGS: Final = {
    Flag.UNDERPAID: ("warn", "half"),
    Flag.OVERPAID: ("warn", "plus"),
    Flag.LATE: ("odd", "late"),
    Flag.DUPLICATE: ("odd", "twin"),
    Flag.AFTER_CANCEL: ("bad", "stop"),
    Flag.UNMATCHED: ("odd", "ask"),
    Flag.ATTACHED: ("ok", "check"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the person asked to see, and what has just been done for them."""

    day: HospitalDay
    account: str = ""
    show: str = "open"
    problems: tuple[Problem, ...] = ()
    failure: str = ""
    notice: Chip | None = None
    notice_more: str = ""


def day_page(asked: Asked) -> DayPage:
    """Read everything about a day in one snapshot. Raises NotFound for an account not ours."""
    with runtime().database.reading(scope()) as tx:
        return _page(tx, asked)


def _page(tx: UnitOfWork, asked: Asked) -> DayPage:
    accounts = maps.accounts(tx)
    if asked.account and asked.account not in accounts:
        raise NoBankAccount(account=asked.account)
    shown = (asked.account,) if asked.account else accounts
    days = [compare(tx, inputs(tx, account, asked.day)) for account in shown]
    said = {(one.account, one.name): one for a in shown for one in findings(tx, a, asked.day)}
    chosen = [(one, _chosen(one, asked.show)) for one in days]
    pairs = [pair for one in days for pair in one.pairs]
    items = exceptions.suspense(tx)
    bank = [line.amount for one in days for line in one.inputs.bank]
    open_pairs = [pair for one in days for pair in one.findings]
    today = HospitalDay.of(tx.now())
    state = periods.state(tx, asked.day)
    user_may = _may()
    return DayPage(
        day=asked.day,
        previous=asked.day.plus(-1),
        following=asked.day.plus(1) if asked.day < today else None,
        accounts=accounts,
        account=asked.account,
        show=asked.show,
        ledger_total=sum((one.ledger_total for one in days), ZERO),
        ledger_count=sum(len(one.inputs.ledger) for one in days),
        bank_total=sum((one.bank_total for one in days), ZERO),
        bank_count=len(bank),
        bank_debits=-sum((amount for amount in bank if amount < ZERO), ZERO),
        difference=sum((one.difference for one in days), ZERO),
        open_here=sum(pair.ledger_line is not None for pair in open_pairs),
        open_there=sum(pair.bank_line is not None for pair in open_pairs),
        has_statement=all(_is_stated(one) for one in days),
        tabs=_tabs(asked.show, pairs, open_pairs),
        rows=tuple(_rows(tx, chosen, said)),
        rows_in_all=sum(len(part) for _, part in chosen),
        suspense=tuple(_suspense_row(item) for item in items),
        suspense_total=sum((item.left for item in items), ZERO),
        outgoing=exceptions.outgoing(tx),
        kept=tuple(replace(one, reason=why_kept(one.reason)) for one in exceptions.kept(tx)),
        alarms=urgent(tx, today),
        is_closed=state == periods.CLOSED,
        why_not_close=_why_not(asked.day, today, days, said, Permission.CLOSE_DAY in user_may),
        may_import=Permission.IMPORT_STATEMENT in user_may,
        may_resolve=Permission.RESOLVE in user_may,
        may_close=Permission.CLOSE_DAY in user_may,
        may_export=Permission.EXPORT in user_may,
        has_rules=bool(matches.rules(tx, only=RuleState.ON)),
        problems=tuple((one.line, explain_problem(one)) for one in asked.problems),
        failure=asked.failure,
        notice=asked.notice,
        notice_more=asked.notice_more,
    )


def _may() -> frozenset[Permission]:
    found = current().session
    return frozenset(one for one in Permission if found is not None and found.user.may(one))


def _is_stated(told: Comparison) -> bool:
    """A day on which nothing moved needs no statement."""
    sides = told.inputs
    return sides.source is Source.STATEMENT or not (sides.ledger or sides.bank)


def _chosen(told: Comparison, show: str) -> Sequence[Pair]:
    if show == "all":
        return told.pairs
    wanted = show == "matched"
    return [pair for pair in told.pairs if (pair.verdict is Verdict.MATCHED) is wanted]


def _tabs(show: str, pairs: Sequence[Pair], open_pairs: Sequence[Pair]) -> tuple[Tab, ...]:
    counts = (len(open_pairs), len(pairs) - len(open_pairs), len(pairs))
    return tuple(
        Tab(one, words(f"finance.tab.{one}", n=count), is_here=one == show)
        for one, count in zip(SHOWS, counts, strict=True)
    )


def _rows(
    tx: UnitOfWork,
    chosen: Iterable[tuple[Comparison, Sequence[Pair]]],
    said: dict[tuple[str, str], Finding],
) -> Iterable[PairRow]:
    left = ROWS_MAX
    for told, pairs in chosen:
        for one in listed(tx, runtime().keys, told, pairs[:left]):
            yield _row(one, said.get((one.account, one.pair.name)))
        left -= min(left, len(pairs))


def _row(one: Listed, said: Finding | None) -> PairRow:
    pair = one.pair
    look, icon = _LOOKS[pair.verdict]
    text = words(f"finance.verdict.{pair.verdict}", amount=vnd(pair.difference))
    is_explained = said is not None and said.state == "explained"
    return PairRow(
        one.account,
        pair.name,
        Chip(look, icon, text),
        here=one.here.label if one.here else "",
        here_more=one.here.more if one.here else "",
        here_at=one.here.at if one.here else None,
        ledger_amount=pair.ledger_amount,
        bank_amount=pair.bank_amount,
        there=one.there.label if one.there else "",
        there_at=one.there.at if one.there else None,
        elsewhere=one.elsewhere,
        is_finding=pair.verdict is not Verdict.MATCHED,
        is_explained=is_explained,
        reason=said.reason if said is not None and is_explained else "",
    )


def _suspense_row(item: exceptions.SuspenseItem) -> SuspenseRow:
    return SuspenseRow(
        item.credit,
        item.left,
        tuple(Chip(*_FLAGS[flag], words(f"finance.flag.{flag}")) for flag in sorted(item.flags)),
        item.invoice,
        item.reference,
        item.occurred_at,
        is_unmatched=Flag.UNMATCHED in item.flags,
    )


def why_kept(reason: str) -> str:
    """Word the stored reason: one of the inbox's, or the code of what stopped a line."""
    if catalogue.has(f"finance.kept.why.{reason}"):
        return words(f"finance.kept.why.{reason}")
    code = f"error.{reason}"
    # The facts of that failure are not stored: the sentence is shown with gaps.
    return catalogue.outline(code if catalogue.has(code) else "error.error", language())


def _why_not(
    day: HospitalDay,
    today: HospitalDay,
    days: Sequence[Comparison],
    said: dict[tuple[str, str], Finding],
    may_close: bool,
) -> str:
    if not may_close:
        return words("finance.close.why_role")
    if day >= today:
        return words("finance.close.why_today")
    if not all(_is_stated(one) for one in days):
        return words("finance.close.why_statement")
    unexplained = sum(
        (found := said.get((one.inputs.account, pair.name))) is None or found.state != "explained"
        for one in days
        for pair in one.findings
    )
    return words("finance.close.why_open", n=unexplained) if unexplained else ""
