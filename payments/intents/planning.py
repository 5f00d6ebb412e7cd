"""Plans of part payments as rows: each says what was agreed; the newest of an invoice counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import bindparam, insert, select

from payments.intents.plans import CODE_MAX, Plan, Standing
from payments.intents.rows import PAYMENT_PLAN, PAYMENT_PLAN_PART
from payments.invoicing.model import Invoice, amount_due
from payments.kernel.money import Money, vnd
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

_NEWEST: Final = Prepared(
    select(PAYMENT_PLAN)
    .where(mine(PAYMENT_PLAN), PAYMENT_PLAN.c.invoice_id == bindparam("invoice"))
    .order_by(PAYMENT_PLAN.c.number.desc())
    .limit(1)
)
_PARTS: Final = Prepared(
    select(PAYMENT_PLAN_PART.c.amount)
    .where(
        mine(PAYMENT_PLAN_PART),
        PAYMENT_PLAN_PART.c.invoice_id == bindparam("invoice"),
        PAYMENT_PLAN_PART.c.plan == bindparam("plan"),
    )
    .order_by(PAYMENT_PLAN_PART.c.number)
)


class Owing(Protocol):
    """The amounts of an invoice, held or as a screen has read them."""

    @property
    def id(self) -> UUID: ...
    @property
    def owed(self) -> Money: ...
    @property
    def refunded(self) -> Money: ...


def newest(tx: UnitOfWork, invoice: UUID) -> Plan | None:
    """Read what was agreed last of *invoice*, whether it is still true or not."""
    row = _NEWEST.first(tx, invoice=invoice)
    if row is None:
        return None
    amounts = tuple(vnd(one.amount) for one in _PARTS.all(tx, invoice=invoice, plan=row.number))
    return Plan(row.number, amounts, vnd(row.owed), vnd(row.refunded), row.agreed_by, row.agreed_at)


def holding(tx: UnitOfWork, invoice: Owing, due: Money) -> Plan | None:
    """Read the plan by which *due* of *invoice* is paid; None where there is no such plan."""
    # Nobody agrees on parts of what one code carries: most invoices are not asked for.
    if invoice.owed <= CODE_MAX or not due:
        return None
    plan = newest(tx, invoice.id)
    if plan is None:
        return None
    standing = plan.standing(owed=invoice.owed, refunded=invoice.refunded, due=due)
    return plan if standing is Standing.HOLDS else None


def asked(tx: UnitOfWork, invoice: Invoice) -> Money:
    """Say what is asked of the payer of a held *invoice* now: its next part, or all that is due."""
    due = amount_due(invoice)
    plan = holding(tx, invoice, due)
    return due if plan is None else plan.asked(due)


def add(tx: UnitOfWork, invoice: Invoice, amounts: Sequence[Money]) -> int:
    """Store what was agreed of a held *invoice*; without *amounts*: that nothing is any more."""
    before = newest(tx, invoice.id)
    number = 1 if before is None else before.number + 1
    here: dict[str, Any] = {"facility_id": tx.facility, "invoice_id": invoice.id}
    tx.execute(
        insert(PAYMENT_PLAN),
        here
        | {
            "number": number,
            "owed": invoice.owed.dong,
            "refunded": invoice.refunded.dong,
            "agreed_by": tx.scope.actor,
            "agreed_at": tx.now(),
        },
    )
    for index, amount in enumerate(amounts, start=1):
        tx.execute(
            insert(PAYMENT_PLAN_PART),
            here | {"plan": number, "number": index, "amount": amount.dong},
        )
    return number
