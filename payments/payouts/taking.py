"""
Takes a gateway's report of a day in: every line kept once, what is right booked, the rest asked.

    report ─read whole─▶ batches ─pieces─▶ line kept ─judged─▶ booked (P20, P22) · kept for a person

A piece is one commit. The same report again adds nothing; a crash leaves whole pieces, and the same
report goes on behind them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from payments import audit, jobs
from payments.channels import fees
from payments.channels.service import adapter_of, valid_versions
from payments.gateway import LineKind, SettlementLine, Settles
from payments.intents import attempts
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.kernel.scope import Scope
from payments.payouts import knowing, repository
from payments.payouts.booking import book
from payments.payouts.model import ReportUnfit, Verdict, is_sound, judge
from payments.payouts.repository import Kept, Payout
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

AGAIN: Final = "payout.again"
#: Lines of one commit: SQLite has one writer, and a payment must not wait for half a second.
PIECE: Final = 180
#: The gateway is asked about what we miss; then the batch is looked at again. What is missing still
#: after the last time is a person's.
_AGAIN_AFTER: Final = (
    timedelta(minutes=10), timedelta(hours=6), timedelta(days=1), timedelta(days=3)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a report; *kept* lines wait for a person or for the gateway's answer."""

    lines: int
    added: int
    repeated: int
    kept: int
    payouts: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class _Named:
    """A line with its name in its batch; it is the *copy*-th of that name in its report."""

    name: str
    copy: int
    line: SettlementLine


def take_in(
    runtime: Runtime,
    scope: Scope,
    channel: str,
    day: HospitalDay,
    *,
    account: str,
    content: bytes | None,
) -> Taken:
    """
    Take in what *channel* says that it pays out for *day*: its file, or its API's answer.

    *account* is the bank account of ours to which it pays.

    Raises:
        InvalidField: the channel sends no reports, or names the line that cannot be read.
        ReportUnfit: a line does not add up.
        Unsupported: a file where an API is asked, or the other way round.
        Unavailable: the API does not answer; ask again later.
    """
    with runtime.database.reading(scope) as tx:
        repository.require_account(tx, account)
        versions = valid_versions(tx, runtime, channel)
    gateway = adapter_of(runtime, versions[0]) if versions else None
    if not isinstance(gateway, Settles):
        raise InvalidField("channel", "payout_channel")
    lines = gateway.settlement(day, content)
    for one in lines:
        if not is_sound(one):
            raise ReportUnfit(number=one.line)
    added, payouts = 0, []
    for batch, named in _batches(lines).items():
        made = runtime.database.run(
            scope, partial(_opened, channel=channel, batch=batch, named=named, account=account)
        )
        payouts.append(made)
        new = 0
        for start in range(0, len(named), PIECE):
            piece = named[start : start + PIECE]
            new += runtime.database.run(scope, partial(_add, payout=made, piece=piece))
        if new:
            runtime.database.run(scope, partial(_look_again_later, payout=made))
        added += new
    kept = sum(_ask_about_missing(runtime, scope, made) for made in payouts)
    return Taken(len(lines), added, len(lines) - added, kept, tuple(payouts))


def again(runtime: Runtime, scope: Scope, payout: UUID) -> int:
    """
    Judge what was missing once more, for the gateway may have told of it; returns what is kept.

    Raises:
        NoPayout: no such batch.
    """
    runtime.database.run(scope, lambda tx: _judge_again(tx, payout))
    return _ask_about_missing(runtime, scope, payout)


def _batches(lines: Sequence[SettlementLine]) -> dict[str, list[_Named]]:
    """Part a report into its batches, and number the lines that bear one name in one of them."""
    copies: Counter[tuple[str, str]] = Counter()
    batches: dict[str, list[_Named]] = defaultdict(list)
    for one in lines:
        batch = one.batch or one.settle_date.isoformat()
        name = f"{one.kind}:{one.transaction or one.reference}:{one.gross.dong}"
        copies[batch, name] += 1
        batches[batch].append(_Named(name, copies[batch, name], one))
    return batches


def _opened(
    tx: UnitOfWork, *, channel: str, batch: str, named: Sequence[_Named], account: str
) -> UUID:
    settles = max(one.line.settle_date for one in named)
    made, is_new = repository.open_payout(tx, channel, batch, settles, account)
    if is_new:
        audit.append(tx, "payout.taken_in", f"payout:{made}", channel=channel, batch=batch)
    return made


def _add(tx: UnitOfWork, *, payout: UUID, piece: Sequence[_Named]) -> int:
    """Keep and book the lines of *piece* that are not there yet; returns how many."""
    held = repository.lock(tx, payout)
    there = repository.names(tx, payout, {one.name for one in piece})
    number = repository.last_number(tx, payout)
    new = [
        Kept(number + place, one.name, one.copy, one.line, Verdict.UNEXPLAINED)
        for place, one in enumerate(
            (one for one in piece if (one.name, one.copy) not in there), start=1
        )
    ]
    judged = list(_judged(tx, held, new))
    repository.add(tx, payout, judged)
    book(tx, held, [one for one in judged if one.verdict.is_booked])
    return len(judged)


def _judge_again(tx: UnitOfWork, payout: UUID) -> None:
    held = repository.lock(tx, payout)
    missing = repository.kept(tx, payout, Verdict.MISSING_HERE)
    for one in _judged(tx, held, missing):
        if one.verdict is not Verdict.MISSING_HERE:
            repository.save(tx, payout, one)
            if one.verdict.is_booked:
                book(tx, held, [one])


def _judged(tx: UnitOfWork, payout: Payout, lines: Sequence[Kept]) -> Iterator[Kept]:
    found = knowing.known(tx, payout.channel, [one.line for one in lines])
    agreed = {day: fees.terms(tx, day) for day in {_day(one.line) for one in lines}}
    paid: set[UUID] = set()
    for one in lines:
        ours = knowing.of_line(found, one.line)
        if ours is not None and one.line.kind is LineKind.PAY:
            ours = replace(ours, was_paid_out=ours.was_paid_out or ours.payment in paid)
        terms = agreed[_day(one.line)].get(payout.channel)
        verdict = judge(one.line, ours, None if terms is None else terms.fee)
        if ours is not None and one.line.kind is LineKind.PAY and verdict.is_booked:
            paid.add(ours.payment)
        yield replace(one, verdict=verdict, payment=None if ours is None else ours.payment)


def _look_again_later(tx: UnitOfWork, *, payout: UUID) -> None:
    """Let the worker judge a batch again, where something of it is missing."""
    if repository.kept(tx, payout, Verdict.MISSING_HERE):
        for wait in _AGAIN_AFTER:
            jobs.enqueue(tx, AGAIN, str(payout), run_at=tx.now() + wait)


def _ask_about_missing(runtime: Runtime, scope: Scope, payout: UUID) -> int:
    """Let the gateway be asked about payments that we miss: a report alone books no payment."""

    def work(tx: UnitOfWork) -> int:
        found = repository.get(tx, payout)
        missing = repository.kept(tx, payout, Verdict.MISSING_HERE)
        for one in missing:
            if one.line.kind is LineKind.PAY:
                attempts.ask_soon(tx, one.line.reference, found.channel)
        return repository.count_kept(tx, payout)

    return runtime.database.run(scope, work)


def _day(line: SettlementLine) -> HospitalDay:
    return HospitalDay.of(line.occurred_at)


__all__ = ["AGAIN", "Taken", "again", "take_in"]
