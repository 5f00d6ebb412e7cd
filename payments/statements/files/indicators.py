"""Indicators for the regulator: a month and a channel a row; small groups are not published."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from sqlalchemy import func, select

from payments.channels.rows import CHANNEL_SWITCH
from payments.intents.rows import INTENT
from payments.kernel.money import ZERO, Money
from payments.ledger.rows import ENTRY, TXN
from payments.receipts.rows import PAYMENT
from payments.refunds.rows import PAYBACK, REFUND
from payments.statements.files.collection import MONEY
from payments.statements.files.entries import account_ids, of_facility, streamed
from payments.statements.files.small_groups import CASH, SMALLEST, Group, hide_small
from payments.statements.model import (
    LANGUAGE,
    Column,
    Kind,
    Reading,
    Row,
    Span,
    Statement,
    TotalsDiffer,
)
from payments.words import catalogue

_RECEIVED: Final = ("pay.cash", "pay.bank", "pay.gateway", "pay.unmatched")


def rows(reading: Reading) -> Iterator[Row]:
    for month in _months(reading.span):
        told = _groups(reading, month)
        groups = hide_small(told)
        yield _all(reading, month, groups)
        for one in groups:
            yield _row(reading, month, one)


def _all(reading: Reading, month: Span, groups: Sequence[Group]) -> Row:
    """The row of the whole month; its cashless part is told where both parts may be told."""
    count, amount = _sum(groups)
    cashless, cashless_amount = _sum([one for one in groups if one.is_cashless])
    is_told = not 0 < count < SMALLEST
    parts = (cashless, count - cashless)
    # Cash is a group like any other: where it is hidden, the total must not tell it.
    hides_cash = any(one.is_hidden and not one.is_cashless for one in groups)
    shows_parts = is_told and not hides_cash and not any(0 < one < SMALLEST for one in parts)
    share = f"{100 * cashless / count:.1f}" if shows_parts and count else ""
    return (
        f"{month.first.date:%Y-%m}",
        reading.tx.facility,
        catalogue.say("statement.all_channels", LANGUAGE),
        count if is_told else None,
        cashless if shows_parts else None,
        amount if is_told else None,
        cashless_amount if shows_parts else None,
        share,
        None,
        _told(_refunds(reading, month)),
        _incidents(reading, month),
        "" if is_told and shows_parts else _small(),
    )


def _row(reading: Reading, month: Span, one: Group) -> Row:
    shown = None if one.is_hidden else one
    return (
        f"{month.first.date:%Y-%m}",
        reading.tx.facility,
        one.channel,
        None if shown is None else shown.count,
        None if shown is None else (shown.count if shown.is_cashless else 0),
        None if shown is None else shown.amount,
        None if shown is None else (shown.amount if shown.is_cashless else ZERO),
        "",
        None if shown is None else shown.median_s,
        None,
        None,
        "" if shown else _small(),
    )


@dataclass(slots=True)
class _Tally:
    count: int = 0
    amount: int = 0
    seconds: list[int] = field(default_factory=list)


def _groups(reading: Reading, month: Span) -> list[Group]:
    tx = reading.tx
    statement = (
        select(
            PAYMENT.c.method, PAYMENT.c.received, PAYMENT.c.received_at, PAYMENT.c.made_at,
            INTENT.c.channel,
        )
        .join(TXN, of_facility(TXN, PAYMENT, TXN.c.id == PAYMENT.c.txn_id))
        .outerjoin(INTENT, of_facility(INTENT, PAYMENT, INTENT.c.id == PAYMENT.c.intent_id))
        .where(
            PAYMENT.c.facility_id == tx.facility,
            # What a person attached later had been received before.
            PAYMENT.c.received > 0,
            TXN.c.booked_on.between(month.first.date, month.last.date),
        )
    )  # fmt: skip
    tallies: dict[str, _Tally] = defaultdict(_Tally)
    for page in streamed(tx, statement):
        for one in page:
            tally = tallies[CASH if one.method == CASH else one.channel or one.method]
            tally.count += 1
            tally.amount += one.received
            tally.seconds.append(max(0, int((one.made_at - one.received_at).total_seconds())))
    _hold(reading, month, sum(one.amount for one in tallies.values()))
    return [
        Group(
            channel,
            one.count,
            Money(one.amount),
            # Cash is there when it is counted: no channel confirms it.
            None if channel == CASH else round(median(one.seconds)),
        )
        for channel, one in sorted(tallies.items())
    ]


def _hold(reading: Reading, month: Span, amount: int) -> None:
    """Hold what the payments say against the ledger's own entries. Raises TotalsDiffer."""
    tx = reading.tx
    total = tx.execute(
        select(func.coalesce(func.sum(ENTRY.c.amount), 0))
        .join(TXN, of_facility(TXN, ENTRY, TXN.c.id == ENTRY.c.txn_id))
        .where(
            TXN.c.facility_id == tx.facility,
            TXN.c.kind.in_(_RECEIVED),
            TXN.c.booked_on.between(month.first.date, month.last.date),
            ENTRY.c.account_id.in_(list(account_ids(tx, MONEY))),
        )
    ).scalar_one()
    if int(total) != amount:
        raise TotalsDiffer(f"{month}: {amount} in payments, {total} in the ledger")


def _refunds(reading: Reading, month: Span) -> int:
    tx = reading.tx
    return sum(
        tx.execute(
            select(func.count())
            .select_from(table)
            .where(
                table.c.facility_id == tx.facility,
                table.c.requested_at >= month.first.starts_at,
                table.c.requested_at < month.last.ends_at,
            )
        ).scalar_one()
        for table in (REFUND, PAYBACK)
    )


def _incidents(reading: Reading, month: Span) -> int:
    """Count how often a channel had to be paused."""
    found: int = reading.tx.execute(
        select(func.count())
        .select_from(CHANNEL_SWITCH)
        .where(
            CHANNEL_SWITCH.c.facility_id == reading.tx.facility,
            CHANNEL_SWITCH.c.state == "paused",
            CHANNEL_SWITCH.c.made_at >= month.first.starts_at,
            CHANNEL_SWITCH.c.made_at < month.last.ends_at,
        )
    ).scalar_one()
    return found


def _months(span: Span) -> Iterator[Span]:
    """Cut *span* into its calendar months; an indicator is of a whole month or of what is asked."""
    first = span.first
    while first <= span.last:
        following = first
        while following <= span.last and following.date.month == first.date.month:
            following = following.plus(1)
        yield Span(first, following.plus(-1))
        first = following


def _sum(groups: Iterable[Group]) -> tuple[int, Money]:
    told = list(groups)
    return sum(one.count for one in told), sum((one.amount for one in told), ZERO)


def _told(count: int) -> int | None:
    return None if 0 < count < SMALLEST else count


def _small() -> str:
    return catalogue.say("statement.small", LANGUAGE, {"least": SMALLEST})


INDICATORS: Final = Statement(
    "indicators",
    (
        Column("month", Kind.CODE),
        Column("facility", Kind.COUNT),
        Column("channel", Kind.CODE),
        Column("transactions", Kind.COUNT),
        Column("transactions_cashless", Kind.COUNT),
        Column("amount", Kind.AMOUNT),
        Column("amount_cashless", Kind.AMOUNT),
        Column("share_percent", Kind.CODE),
        Column("median_seconds", Kind.COUNT),
        Column("refunds", Kind.COUNT),
        Column("incidents", Kind.COUNT),
        Column("note"),
    ),
    rows,
    # Hidden figures do not add up; the rows hold their own sum against the ledger.
    proof=None,
    is_bare=True,
)
