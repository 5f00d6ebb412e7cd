"""What finance sees of payouts: batches with their sums, and every đồng that lies at a gateway."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, case, func, select

from payments.gateway import LineKind
from payments.intents.rows import GATEWAY_BOOKING, INTENT
from payments.invoicing.rows import INVOICE
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import Money, vnd
from payments.ledger import queries as ledger
from payments.ledger.rows import ACCOUNT, ENTRY
from payments.payouts import repository
from payments.payouts.model import Verdict
from payments.payouts.repository import Kept
from payments.payouts.rows import PAYOUT, PAYOUT_LINE
from payments.receipts.rows import PAYMENT
from payments.storage.unit_of_work import UnitOfWork

LINES_SHOWN_MAX: Final = 500
_BOOKED: Final = tuple(one.value for one in Verdict if one.is_booked)


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch and its sums in đồng; *open_lines* wait for a person or for the gateway's answer."""

    id: UUID
    channel: str
    batch: str
    #: When the gateway pays it.
    settle_day: HospitalDay
    account: str
    lines: int
    gross: Money
    fee: Money
    tax: Money
    net: Money
    open_lines: int
    fee_lines: int
    credit: UUID | None


@dataclass(frozen=True, slots=True)
class Lying:
    """What lies on a channel's clearing account of one payment, and since when."""

    payment: UUID
    invoice: UUID
    number: str
    amount: Money
    paid_at: datetime
    #: A batch has paid it out, and something is left.
    was_paid_out: bool


@dataclass(frozen=True, slots=True)
class Clearing:
    """A clearing account explained: its *balance* is the sum of what lies there, to the đồng."""

    channel: str
    balance: Money
    lying: tuple[Lying, ...]

    @property
    def unexplained(self) -> Money:
        return self.balance - sum((one.amount for one in self.lying), vnd(0))


def batches(tx: UnitOfWork, *, limit: int = 60) -> tuple[Batch, ...]:
    """List the newest batches, the latest day first."""
    rows = tx.execute(
        _with_sums(tx).order_by(PAYOUT.c.settle_date.desc(), PAYOUT.c.id.desc()).limit(limit)
    )
    return tuple(_batch(row) for row in rows)


def batch(tx: UnitOfWork, payout: UUID) -> Batch:
    """Read one. Raises NoPayout."""
    repository.get(tx, payout)
    return _batch(tx.execute(_with_sums(tx).where(PAYOUT.c.id == payout)).one())


def lines(tx: UnitOfWork, payout: UUID) -> tuple[Kept, ...]:
    """List the lines of a batch, those first that wait for somebody."""
    is_right = case((PAYOUT_LINE.c.verdict == Verdict.MATCHED.value, 1), else_=0)
    rows = tx.execute(
        select(PAYOUT_LINE)
        .where(PAYOUT_LINE.c.facility_id == tx.facility, PAYOUT_LINE.c.payout_id == payout)
        .order_by(is_right, PAYOUT_LINE.c.number)
        .limit(LINES_SHOWN_MAX)
    )
    return tuple(repository.model(row) for row in rows)


def clearing(tx: UnitOfWork, channel: str) -> Clearing:
    """Explain the clearing account of *channel* payment by payment, the oldest first."""
    left = func.sum(ENTRY.c.amount)
    lying = (
        select(ENTRY.c.subject_id.label("payment"), left.label("amount"))
        .join(
            ACCOUNT,
            and_(ACCOUNT.c.facility_id == ENTRY.c.facility_id, ACCOUNT.c.id == ENTRY.c.account_id),
        )
        .where(
            ENTRY.c.facility_id == tx.facility,
            ACCOUNT.c.code == f"1200:{channel}",
            ENTRY.c.subject_type == "payment",
        )
        .group_by(ENTRY.c.subject_id)
        .having(left != 0)
        .subquery()
    )
    paid_out = (
        select(PAYOUT_LINE.c.payment_id)
        .where(
            PAYOUT_LINE.c.facility_id == tx.facility,
            PAYOUT_LINE.c.payment_id == lying.c.payment,
            PAYOUT_LINE.c.kind == LineKind.PAY.value,
            PAYOUT_LINE.c.txn_id.is_not(None),
        )
        .exists()
    )
    rows = tx.execute(
        select(lying, INVOICE.c.id, INVOICE.c.number, PAYMENT.c.received_at, paid_out.label("out"))
        .join(
            PAYMENT,
            and_(PAYMENT.c.facility_id == tx.facility, PAYMENT.c.id == lying.c.payment),
        )
        .join(
            INVOICE,
            and_(
                INVOICE.c.facility_id == PAYMENT.c.facility_id,
                INVOICE.c.id == func.coalesce(PAYMENT.c.invoice_id, _invoice_of_booking(tx)),
            ),
        )
        .order_by(PAYMENT.c.received_at, PAYMENT.c.id)
    )
    return Clearing(
        channel,
        ledger.balance(tx, f"1200:{channel}"),
        tuple(
            Lying(row.payment, row.id, row.number, vnd(int(row.amount)), row.received_at, row.out)
            for row in rows
        ),
    )


def _invoice_of_booking(tx: UnitOfWork) -> Any:
    """Name the invoice for which a payment was asked that pays none: it came late or twice."""
    return (
        select(INTENT.c.invoice_id)
        .join(
            GATEWAY_BOOKING,
            and_(
                GATEWAY_BOOKING.c.facility_id == INTENT.c.facility_id,
                GATEWAY_BOOKING.c.intent_id == INTENT.c.id,
            ),
        )
        .where(INTENT.c.facility_id == tx.facility, GATEWAY_BOOKING.c.payment_id == PAYMENT.c.id)
        .limit(1)
        .scalar_subquery()
    )


def _with_sums(tx: UnitOfWork) -> Select[Any]:
    told = PAYOUT_LINE.c
    waits = and_(told.verdict.not_in(_BOOKED), told.decided_by.is_(None))
    return (
        select(
            PAYOUT,
            func.count(told.number).label("lines"),
            *(
                func.coalesce(func.sum(told[name]), 0).label(name)
                for name in ("gross", "fee", "tax", "net")
            ),
            func.coalesce(func.sum(case((waits, 1), else_=0)), 0).label("open_lines"),
            func.coalesce(
                func.sum(case((told.verdict == Verdict.FEE_DIFFERS.value, 1), else_=0)), 0
            ).label("fee_lines"),
        )
        .outerjoin(
            PAYOUT_LINE,
            and_(told.facility_id == PAYOUT.c.facility_id, told.payout_id == PAYOUT.c.id),
        )
        .where(PAYOUT.c.facility_id == tx.facility)
        .group_by(*PAYOUT.c)
    )


def _batch(row: Any) -> Batch:
    return Batch(
        row.id,
        row.channel,
        row.batch,
        HospitalDay(row.settle_date),
        row.account,
        row.lines,
        vnd(int(row.gross)),
        vnd(int(row.fee)),
        vnd(int(row.tax)),
        vnd(int(row.net)),
        row.open_lines,
        row.fee_lines,
        row.credit_id,
    )
