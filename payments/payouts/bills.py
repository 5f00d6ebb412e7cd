"""Monthly fee bills of gateways and banks (P21): posted once, held against what was accrued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, func, select, update

from payments import audit
from payments.bank.model import State
from payments.bank.service import mark
from payments.channels.service import slugs
from payments.invoicing.service import checked_reason
from payments.kernel.errors import Conflict, InvalidField, NotFound
from payments.kernel.money import Money, vnd
from payments.kernel.scope import Scope
from payments.kernel.text import is_line, nfc
from payments.ledger import post
from payments.ledger import queries as ledger
from payments.ledger.posting_rules import money
from payments.ledger.posting_rules.settlements import fee_billed, fee_paid
from payments.payouts import debits
from payments.payouts.accruing import accrued, month_of
from payments.payouts.debits import DebitUnfit
from payments.payouts.rows import FEE_BILL
from payments.runtime import Runtime
from payments.storage.columns import new_id
from payments.storage.inserting import insert_new
from payments.storage.locks import Lock
from payments.storage.unit_of_work import UnitOfWork

NUMBER_MAX: Final = 40
_AMOUNT_MAX: Final = vnd(1_000_000_000_000)
_SHOWN_MAX: Final = 100
PAID: Final = "fee_bill"


class NoFeeBill(NotFound):
    """This facility has entered no such bill."""

    code = "no-fee-bill"


class BillKnown(Conflict):
    """A bill of this number was entered before, with another month or amount."""

    code = "fee-bill-known"


@dataclass(frozen=True, slots=True)
class FeeBill:
    """*accrued* is what was left to be billed when it was entered; *credit* is its debit."""

    id: UUID
    channel: str
    number: str
    month: date
    amount: Money
    accrued: Money
    reason: str
    made_by: str
    made_at: datetime
    credit: UUID | None
    paid_at: datetime | None

    @property
    def difference(self) -> Money:
        return self.amount - self.accrued


@dataclass(frozen=True, slots=True)
class Proof:
    """What we owe *channel* on 2400, and the sum of its unpaid bills: they are one amount."""

    channel: str
    owed: Money
    unpaid: Money

    @property
    def is_sound(self) -> bool:
        return self.owed == self.unpaid


def enter(
    runtime: Runtime,
    scope: Scope,
    *,
    channel: str,
    number: str,
    month: str,
    amount: Money,
    reason: str,
) -> FeeBill:
    """
    Enter a bill and post it (5000 against 2400); the same bill again is one.

    Raises:
        InvalidField: names the field; *reason* may be empty where the bill is what was accrued.
        BillKnown: the number is known with another month or amount.
    """
    named = nfc(" ".join(number.split())).upper()
    if not 1 <= len(named) <= NUMBER_MAX or not is_line(named):
        raise InvalidField("number", "bill_number", most=NUMBER_MAX)
    of_month = month_of(month)
    if not vnd(1) <= amount <= _AMOUNT_MAX:
        raise InvalidField("amount", "bill_amount")

    def work(tx: UnitOfWork) -> FeeBill:
        if channel not in slugs(tx):
            raise InvalidField("channel", "bill_channel")
        if of_month > tx.now().date():
            raise InvalidField("month", "bill_month")
        known = _first(tx, FEE_BILL.c.channel == channel, FEE_BILL.c.number == named)
        if known is not None:
            return _same(known, of_month, amount)
        left = accrued(tx, channel, of_month).left
        told = checked_reason(reason) if amount != left else " ".join(reason.split())[:200]
        entry = fee_billed(adapter=channel, fee_invoice=named, amount=amount)
        txn = post(tx, entry, effective_at=tx.now(), source="finance").txn_id
        values = {
            "id": new_id(), "channel": channel, "number": named, "month": of_month,
            "amount": amount.dong, "accrued": left.dong, "reason": told,
            "made_by": tx.scope.actor, "made_at": tx.now(), "txn_id": txn,
            "credit_id": None, "paid_by": None, "paid_at": None, "paid_txn_id": None,
        }  # fmt: skip
        is_new = insert_new(tx, FEE_BILL, values)
        made = _first(tx, FEE_BILL.c.channel == channel, FEE_BILL.c.number == named)
        assert made is not None, "it was inserted, by this transaction or by another"
        if not is_new:
            return _same(made, of_month, amount)
        audit.append(
            tx, "fee_bill.entered", f"fee_bill:{made.id}",
            channel=channel, number=named, amount=amount.dong, accrued=left.dong,
        )  # fmt: skip
        return made

    return runtime.database.run(scope, work)


def pay(runtime: Runtime, scope: Scope, bill: UUID, debit: UUID) -> None:
    """
    Say that the bank's *debit* paid *bill* (2400 against 1100); twice is once.

    Raises:
        NoFeeBill: no such bill.
        DebitUnfit: the debit is explained already or of another amount, or the bill is paid.
    """

    def work(tx: UnitOfWork) -> None:
        if (known := get(tx, bill)).credit == debit:
            return
        movement = debits.hold(tx, debit)
        held = tx.lock(Lock.SETTLEMENT, _all(tx).where(FEE_BILL.c.id == bill)).one()
        if held.credit_id is not None or movement.amount != known.amount:
            raise DebitUnfit()
        entry = fee_paid(
            adapter=known.channel,
            fee_invoice=known.number,
            movement=money.bank(movement.account, movement.external_id, movement.id),
            amount=known.amount,
        )
        txn = post(tx, entry, effective_at=movement.occurred_at, source="finance").txn_id
        mark(tx, movement.id, State.MATCHED, PAID)
        paid = {"credit_id": debit, "paid_by": tx.scope.actor, "paid_at": tx.now()}
        tx.execute(
            update(FEE_BILL)
            .where(FEE_BILL.c.facility_id == tx.facility, FEE_BILL.c.id == bill)
            .values(**paid, paid_txn_id=txn)
        )
        audit.append(tx, "fee_bill.paid", f"fee_bill:{bill}", credit=str(debit))

    runtime.database.run(scope, work)


def get(tx: UnitOfWork, bill: UUID) -> FeeBill:
    """Read a bill. Raises NoFeeBill."""
    found = _first(tx, FEE_BILL.c.id == bill)
    if found is None:
        raise NoFeeBill()
    return found


def newest(tx: UnitOfWork) -> tuple[FeeBill, ...]:
    """List bills, the newest month first."""
    newest_first = (FEE_BILL.c.month.desc(), FEE_BILL.c.id.desc())
    rows = tx.execute(_all(tx).order_by(*newest_first).limit(_SHOWN_MAX))
    return tuple(_model(row) for row in rows)


def proofs(tx: UnitOfWork) -> tuple[Proof, ...]:
    """Hold the unpaid bills of each channel that sent one against its account 2400."""
    unpaid = func.sum(FEE_BILL.c.amount).filter(FEE_BILL.c.credit_id.is_(None))
    rows = tx.execute(
        select(FEE_BILL.c.channel, func.coalesce(unpaid, 0).label("unpaid"))
        .where(FEE_BILL.c.facility_id == tx.facility)
        .group_by(FEE_BILL.c.channel)
        .order_by(FEE_BILL.c.channel)
    )
    return tuple(
        Proof(row.channel, -ledger.balance(tx, f"2400:{row.channel}"), vnd(int(row.unpaid)))
        for row in rows
    )


def _same(known: FeeBill, month: date, amount: Money) -> FeeBill:
    if (known.month, known.amount) != (month, amount):
        raise BillKnown(number=known.number)
    return known


def _first(tx: UnitOfWork, *wanted: Any) -> FeeBill | None:
    row = tx.execute(_all(tx).where(*wanted)).first()
    return None if row is None else _model(row)


def _all(tx: UnitOfWork) -> Select[Any]:
    return select(FEE_BILL).where(FEE_BILL.c.facility_id == tx.facility)


def _model(row: Row[Any]) -> FeeBill:
    return FeeBill(
        row.id, row.channel, row.number, row.month, vnd(row.amount), vnd(row.accrued), row.reason,
        row.made_by, row.made_at, row.credit_id, row.paid_at,
    )  # fmt: skip
