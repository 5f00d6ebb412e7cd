"""Takes advances (P13): notes at a desk, transfers by a code; any amount, booked once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import insert

from payments import audit
from payments.bank.model import BankCredit
from payments.encounters import service as encounters
from payments.invoicing.service import KeyReusedForOther
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money
from payments.kernel.scope import Scope
from payments.ledger import post
from payments.ledger.posting_rules.deposits import deposit_received
from payments.ledger.posting_rules.money import Movement, bank, cash
from payments.receipts import cash as notes
from payments.receipts.cash import Cash
from payments.receipts.model import Allocation, Flag
from payments.receipts.service import Arrived, record
from payments.runtime import Runtime
from payments.shifts.service import lock_open
from payments.stays import repository, watching
from payments.stays.model import DEPOSIT_MAX, NoStay, StayClosed
from payments.stays.rows import DEPOSIT
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

_KEEP: Final = insert(DEPOSIT)


@dataclass(frozen=True, slots=True)
class DepositRequest:
    """*amount* lies on the desk in notes, as an advance of *encounter*."""

    encounter: UUID
    amount: Money
    key: str


def take_cash(runtime: Runtime, scope: Scope, asked: DepositRequest) -> UUID:
    """
    Take notes as an advance; returns the payment, whose slip a job numbers. A repeat is the same.

    Raises:
        InvalidField: nothing, or more than any family pays at once.
        NoShift: the cashier has not opened a shift.
        NoStay, StayClosed: nothing is taken ahead for it.
        KeyReusedForOther: the key took other cash before.
    """
    if not ZERO < asked.amount <= DEPOSIT_MAX:
        raise InvalidField("amount", "deposit_amount", most=DEPOSIT_MAX)

    def work(tx: UnitOfWork) -> UUID:
        shift = lock_open(tx)
        known = notes.of_key(tx, asked.key)
        if known is not None:
            if known.tendered != asked.amount or known.invoice is not None:
                raise KeyReusedForOther()
            return known.payment
        refuse_closed(tx, asked.encounter)
        payment = new_id()
        movement = cash(shift.cash_point, payment, shift.id)
        took = _Took("cash", asked.encounter, asked.amount, tx.now(), payment=payment)
        _take(tx, took, movement, "cashier")
        kept = Cash(payment, None, asked.amount, ZERO)
        notes.keep(tx, kept, shift=shift.id, key=asked.key)
        return payment

    return runtime.database.run(scope, work)


def take_transfer(
    tx: UnitOfWork, credit: BankCredit, encounter: UUID, code: UUID | None, source: str
) -> UUID:
    """
    Book a held, new transfer as an advance of a held *encounter*; returns the payment.

    A transfer cannot be refused: one for a stay that is settled is an advance too, and goes back.
    """
    took = _Took("bank", encounter, credit.amount, credit.occurred_at, credit=credit.id, code=code)
    return _take(tx, took, bank(credit.account, credit.external_id, credit.id), source)


def refuse_closed(tx: UnitOfWork, encounter: UUID) -> None:
    """Hold an encounter that takes advances. Raises NoStay, StayClosed."""
    if encounters.lock(tx, encounter) is None:
        raise NoStay()
    stay = repository.find(tx, encounter)
    if stay is not None and not stay.is_open:
        raise StayClosed()


@dataclass(frozen=True, slots=True)
class _Took:
    method: str
    encounter: UUID
    amount: Money
    received_at: datetime
    payment: UUID | None = None
    credit: UUID | None = None
    code: UUID | None = None


def _take(tx: UnitOfWork, took: _Took, movement: Movement, source: str) -> UUID:
    entry = deposit_received(movement=movement, encounter=took.encounter, amount=took.amount)
    posted = post(tx, entry, effective_at=took.received_at, source=source)
    arrived = Arrived(
        took.method,
        took.amount,
        took.received_at,
        posted.txn_id,
        credit=took.credit,
        id=took.payment,
    )
    whole = Allocation(took.amount, ZERO, frozenset({Flag.DEPOSIT}))
    payment = record(tx, arrived, whole, None)
    tx.write(
        _KEEP,
        {
            "facility_id": tx.facility,
            "payment_id": payment,
            "encounter_id": took.encounter,
            "code_id": took.code,
            "amount": took.amount.dong,
            "made_by": tx.scope.actor,
        },
    )
    audit.append(tx, "deposit.taken", f"encounter:{took.encounter}", amount=took.amount.dong)
    stay = repository.find(tx, took.encounter)
    if stay is not None:
        watching.look(tx, stay)
    return payment
