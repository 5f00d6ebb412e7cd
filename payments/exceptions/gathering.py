"""Gathers what waits from the capabilities that know of it; each thing once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import select

from payments.exceptions import happening
from payments.exceptions.model import Item, Kind, Next
from payments.intents.rows import INTENT
from payments.invoicing.rows import INVOICE
from payments.kernel.money import Money, vnd
from payments.ledger.queries import open_subjects
from payments.payouts.model import Verdict
from payments.payouts.rows import PAYOUT, PAYOUT_LINE
from payments.receipts.model import Flag
from payments.receipts.rows import PAYMENT
from payments.reconciliation import exceptions
from payments.reconciliation.rows import FINDING
from payments.settlement import queries as insurer
from payments.settlement.rows import REFUSAL
from payments.settlement.status import OPEN
from payments.storage.unit_of_work import UnitOfWork

#: Of each kind; longer lists are worked off from the top.
EACH_MAX: Final = exceptions.LIST_MAX
#: The gravest first: the row is filed under it.
_GRAVITY: Final = (
    Flag.AFTER_CANCEL,
    Flag.DUPLICATE,
    Flag.UNMATCHED,
    Flag.OVERPAID,
    Flag.UNDERPAID,
    Flag.LATE,
    Flag.ATTACHED,
)
_BOOKED: Final = tuple(one.value for one in Verdict if one.is_booked)


def gather(tx: UnitOfWork) -> Iterator[Item]:
    """Give every exception once; a line that is kept or unbooked is not a difference besides."""
    yield from _suspense(tx)
    yield from _at_gateways(tx)
    seen = set()
    for one in (*_outgoing(tx), *_kept(tx)):
        seen.add(one.subject)
        yield one
    yield from _findings(tx, seen)
    yield from _payout_lines(tx)
    yield from _of_insurer(tx)


def _suspense(tx: UnitOfWork) -> Iterator[Item]:
    for one in exceptions.suspense(tx):
        is_unknown = one.invoice is None
        yield Item(
            Kind.CREDIT,
            str(one.credit),
            _flags(one.flags),
            one.left,
            one.occurred_at,
            one.reference,
            Next.FIND_INVOICE if is_unknown else Next.ASK_REFUND,
            about=one.invoice or "",
        )


def _at_gateways(tx: UnitOfWork) -> Iterator[Item]:
    # Of the few that something still waits of: the others grow with the years.
    waiting = open_subjects(tx, "2200", "payment")
    rows = tx.execute(
        select(PAYMENT, INVOICE.c.number)
        .outerjoin(
            INTENT,
            (INTENT.c.facility_id == PAYMENT.c.facility_id) & (INTENT.c.id == PAYMENT.c.intent_id),
        )
        .outerjoin(
            INVOICE,
            (INVOICE.c.facility_id == PAYMENT.c.facility_id)
            & (
                (INVOICE.c.id == PAYMENT.c.invoice_id)
                | (PAYMENT.c.invoice_id.is_(None) & (INVOICE.c.id == INTENT.c.invoice_id))
            ),
        )
        .where(
            PAYMENT.c.facility_id == tx.facility,
            PAYMENT.c.id.in_(sorted(waiting)[:EACH_MAX]),
            PAYMENT.c.credit_id.is_(None),
        )
        .order_by(PAYMENT.c.received_at, PAYMENT.c.id)
    )
    for row in rows:
        flags = frozenset(Flag(flag) for flag in row.flags.split(",") if flag)
        yield Item(
            Kind.GATEWAY,
            str(row.id),
            _flags(flags),
            -waiting[row.id],
            row.received_at,
            row.number or "",
            Next.ASK_REFUND,
            about=row.number or "",
        )


def _outgoing(tx: UnitOfWork) -> Iterator[Item]:
    for one in exceptions.outgoing(tx):
        yield Item(
            Kind.OUTGOING,
            str(one.credit),
            ("outgoing",),
            -one.amount,
            one.occurred_at,
            one.reference,
            Next.BOOK_FEE,
        )


def _kept(tx: UnitOfWork) -> Iterator[Item]:
    for one in exceptions.kept(tx, lambda kind, ids: ~happening.is_closed(tx, kind, ids)):
        kind = Kind(one.kind)
        yield Item(
            kind,
            str(one.id),
            (f"kept_{kind.value}",),
            one.amount,
            one.at,
            one.source,
            Next.TRY_AGAIN,
            about=one.reason,
        )


def _findings(tx: UnitOfWork, seen: set[str]) -> Iterator[Item]:
    rows = tx.execute(
        select(FINDING)
        .where(FINDING.c.facility_id == tx.facility, FINDING.c.state == "open")
        .order_by(FINDING.c.made_at, FINDING.c.id)
        .limit(EACH_MAX)
    )
    for row in rows:
        if row.ref not in seen:
            here, there = row.ledger_amount or 0, row.bank_amount or 0
            yield Item(
                Kind.FINDING,
                str(row.id),
                (row.verdict,),
                vnd(there - here) if there != here else vnd(there),
                row.made_at,
                f"…{row.account[-4:]}",
                Next.EXPLAIN,
                about=str(row.day),
            )


def _payout_lines(tx: UnitOfWork) -> Iterator[Item]:
    rows = tx.execute(
        select(PAYOUT_LINE, PAYOUT.c.channel, PAYOUT.c.batch)
        .join(
            PAYOUT,
            (PAYOUT.c.facility_id == PAYOUT_LINE.c.facility_id)
            & (PAYOUT.c.id == PAYOUT_LINE.c.payout_id),
        )
        .where(
            PAYOUT_LINE.c.facility_id == tx.facility,
            PAYOUT_LINE.c.verdict.not_in(_BOOKED),
            PAYOUT_LINE.c.decided_by.is_(None),
        )
        .order_by(PAYOUT_LINE.c.occurred_at, PAYOUT_LINE.c.payout_id, PAYOUT_LINE.c.number)
        .limit(EACH_MAX)
    )
    for row in rows:
        yield Item(
            Kind.PAYOUT,
            f"{row.payout_id}/{row.number}",
            (f"payout_{row.verdict}",),
            vnd(row.net),
            row.occurred_at,
            f"{row.channel} · {row.batch}",
            Next.DECIDE_PAYOUT,
            about=str(row.payout_id),
        )


def _of_insurer(tx: UnitOfWork) -> Iterator[Item]:
    ids = tx.execute(
        select(REFUSAL.c.id)
        .where(
            REFUSAL.c.facility_id == tx.facility, REFUSAL.c.state.in_([one.value for one in OPEN])
        )
        .order_by(REFUSAL.c.deadline, REFUSAL.c.id)
        .limit(EACH_MAX)
    ).scalars()
    for one in [insurer.refusal(tx, wanted) for wanted in ids]:
        yield Item(
            Kind.REFUSAL,
            str(one.id),
            ("refusal",),
            one.left,
            one.refused_on.starts_at,
            one.ma_lk,
            Next.ANSWER_INSURER,
            about=str(one.claim),
            owner=one.owner,
            due=one.deadline,
            has_own_deadline=True,
        )
    for orphan in insurer.orphans(tx):
        yield Item(
            Kind.ORPHAN,
            f"{orphan.batch}/{orphan.line}",
            ("orphan",),
            orphan.refused,
            orphan.deadline.starts_at,
            orphan.ma_lk,
            Next.ANSWER_INSURER,
            owner=orphan.owner,
            due=orphan.deadline,
            has_own_deadline=True,
        )


def _flags(found: frozenset[Flag]) -> tuple[str, ...]:
    return tuple(one.value for one in _GRAVITY if one in found) or (Flag.UNMATCHED.value,)


def total(items: tuple[Item, ...]) -> Money:
    """Sum what the rows are about, in and out alike."""
    return sum((abs(one.amount) for one in items if one.amount is not None), vnd(0))
