"""What waits for a person, from our rows: money in suspense, lines and messages kept, money out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, ColumnElement, func, select, true

from payments.bank.rows import BANK_CREDIT
from payments.inbox.rows import NOTIFICATION
from payments.invoicing.rows import INVOICE
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import NotFound
from payments.kernel.money import Money, vnd
from payments.ledger import queries as ledger
from payments.receipts.model import Flag
from payments.receipts.rows import PAYMENT, SUSPENSE_MATCH, SUSPENSE_UNMATCH
from payments.reconciliation import maps
from payments.reconciliation.comparing import compare
from payments.reconciliation.rows import STATEMENT_LINE
from payments.reconciliation.sides import inputs
from payments.storage.unit_of_work import UnitOfWork

#: Longer lists are worked off from the top.
LIST_MAX: Final = 200


class NoMessage(NotFound):
    """No such message of a gateway waits for a person."""

    code = "no-message"


def _always(kind: str, ids: Column[UUID]) -> ColumnElement[bool]:
    return true()


@dataclass(frozen=True, slots=True)
class SuspenseItem:
    """Money that arrived, of which *left* pays for nothing yet; *invoice* is what it named."""

    credit: UUID
    account: str
    reference: str
    received: Money
    left: Money
    flags: frozenset[Flag]
    occurred_at: datetime
    invoice: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A feed's message or a statement's line that had no effect; *reason* says why."""

    id: UUID
    #: ``message`` or ``line``.
    kind: str
    source: str
    reason: str
    at: datetime
    amount: Money | None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Money that left, which no transaction of ours explains."""

    credit: UUID
    account: str
    reference: str
    amount: Money
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """
    The proof of health of one day: every đồng that differs or waits belongs to a line of a list.

    *difference* is bank less ledger on 1100, *found* the sum of the findings' differences;
    *waiting* is the balance of 2200, *listed* the sum of the suspense items.
    """

    difference: Money
    found: Money
    waiting: Money
    listed: Money

    @property
    def is_healthy(self) -> bool:
        return self.difference == self.found and self.waiting == self.listed


def prove(tx: UnitOfWork, day: HospitalDay) -> Proof:
    """Sum both lists and hold them against the ledger."""
    days = [compare(tx, inputs(tx, account, day)) for account in maps.accounts(tx)]
    zero = vnd(0)
    return Proof(
        sum((one.difference for one in days), zero),
        sum((pair.difference for one in days for pair in one.findings), zero),
        -ledger.balance(tx, "2200"),
        sum((item.left for item in suspense(tx, limit=None)), zero),
    )


def suspense(tx: UnitOfWork, *, limit: int | None = LIST_MAX) -> tuple[SuspenseItem, ...]:
    """List transfers of which something waits on 2200, the oldest first."""
    used = (
        select(
            SUSPENSE_MATCH.c.facility_id,
            SUSPENSE_MATCH.c.credit_id,
            func.sum(SUSPENSE_MATCH.c.amount).label("amount"),
        )
        .where(SUSPENSE_MATCH.c.facility_id == tx.facility, ~_is_taken_back())
        .group_by(SUSPENSE_MATCH.c.facility_id, SUSPENSE_MATCH.c.credit_id)
        .subquery()
    )
    left = PAYMENT.c.suspense - func.coalesce(used.c.amount, 0)
    rows = tx.execute(
        select(PAYMENT, BANK_CREDIT, INVOICE.c.number, left.label("left_over"))
        .join(
            BANK_CREDIT,
            (BANK_CREDIT.c.facility_id == PAYMENT.c.facility_id)
            & (BANK_CREDIT.c.id == PAYMENT.c.credit_id),
        )
        .outerjoin(
            INVOICE,
            (INVOICE.c.facility_id == PAYMENT.c.facility_id)
            & (INVOICE.c.id == PAYMENT.c.invoice_id),
        )
        .outerjoin(
            used,
            (used.c.facility_id == PAYMENT.c.facility_id)
            & (used.c.credit_id == PAYMENT.c.credit_id),
        )
        .where(PAYMENT.c.facility_id == tx.facility, PAYMENT.c.suspense > 0, left > 0)
        .order_by(PAYMENT.c.received_at, PAYMENT.c.id)
        .limit(limit)
    )
    return tuple(
        SuspenseItem(
            row.credit_id,
            row.account,
            row.bank_reference,
            vnd(row.received),
            vnd(int(row.left_over)),
            frozenset(Flag(flag) for flag in row.flags.split(",") if flag),
            row.received_at,
            row.number,
        )
        for row in rows
    )


def _is_taken_back() -> Any:
    return (
        select(SUSPENSE_UNMATCH.c.match_id)
        .where(
            SUSPENSE_UNMATCH.c.facility_id == SUSPENSE_MATCH.c.facility_id,
            SUSPENSE_UNMATCH.c.match_id == SUSPENSE_MATCH.c.id,
        )
        .exists()
    )


def kept(
    tx: UnitOfWork, waits: Callable[[str, Column[UUID]], ColumnElement[bool]] = _always
) -> tuple[Kept, ...]:
    """
    List messages and statement lines that had no effect, the oldest first.

    *waits* says of a kind and the column of its ids which of them somebody still waits for: what
    was put away takes no place in a list that ends.
    """
    messages = tx.execute(
        select(
            NOTIFICATION.c.id,
            NOTIFICATION.c.channel,
            NOTIFICATION.c.reason,
            NOTIFICATION.c.received_at,
        )
        .where(
            NOTIFICATION.c.facility_id == tx.facility,
            NOTIFICATION.c.state == "kept",
            waits("message", NOTIFICATION.c.id),
        )
        .order_by(NOTIFICATION.c.received_at)
        .limit(LIST_MAX)
    )
    lines = tx.execute(
        select(STATEMENT_LINE)
        .where(
            STATEMENT_LINE.c.facility_id == tx.facility,
            STATEMENT_LINE.c.state == "kept",
            waits("line", STATEMENT_LINE.c.id),
        )
        .order_by(STATEMENT_LINE.c.occurred_at)
        .limit(LIST_MAX)
    )
    return (
        *(Kept(m.id, "message", m.channel, m.reason, m.received_at, None) for m in messages),
        *(
            Kept(one.id, "line", one.account, one.effect, one.occurred_at, vnd(one.amount))
            for one in lines
        ),
    )


def outgoing(tx: UnitOfWork) -> tuple[Outgoing, ...]:
    """List money that left and is not booked, the oldest first."""
    rows = tx.execute(
        select(BANK_CREDIT)
        .where(
            BANK_CREDIT.c.facility_id == tx.facility,
            BANK_CREDIT.c.direction == "out",
            BANK_CREDIT.c.state == "new",
        )
        .order_by(BANK_CREDIT.c.occurred_at, BANK_CREDIT.c.id)
        .limit(LIST_MAX)
    )
    return tuple(
        Outgoing(row.id, row.account, row.bank_reference, vnd(row.amount), row.occurred_at)
        for row in rows
    )


def require_kept_message(tx: UnitOfWork, message: UUID) -> None:
    """Make sure that a feed's message waits for a person. Raises NotFound."""
    found = tx.execute(
        select(NOTIFICATION.c.id).where(
            NOTIFICATION.c.facility_id == tx.facility,
            NOTIFICATION.c.id == message,
            NOTIFICATION.c.state == "kept",
        )
    ).first()
    if found is None:
        raise NoMessage()
