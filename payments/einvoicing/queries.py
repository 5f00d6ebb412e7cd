"""What the page of e-invoices shows of a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from payments.einvoicing import repository
from payments.einvoicing.model import Chain, Receipt, Why, blocked
from payments.einvoicing.rows import E_INVOICE
from payments.einvoicing.status import State
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO, Money
from payments.receipts.rows import RECEIPT
from payments.storage.unit_of_work import UnitOfWork

#: Of one page; the rest is counted.
SHOWN_MAX: Final = 300
_WAITING: Final = {
    State.WAITING: Why.WAITING,
    State.ASKING: Why.ASKING,
    State.REFUSED: Why.REFUSED,
}


@dataclass(frozen=True, slots=True)
class Without:
    """A receipt that has no e-invoice, and the one reason."""

    receipt: Receipt
    why: Why
    #: The e-invoice that has no number yet.
    e_invoice: UUID | None


@dataclass(frozen=True, slots=True)
class Made:
    """A chain with a number; *worth* is what its receipts are worth today."""

    chain: Chain
    receipts: tuple[Receipt, ...]
    worth: Money

    @property
    def differs(self) -> bool:
        return self.chain.amount != self.worth


@dataclass(frozen=True, slots=True)
class Day:
    receipts: int
    without: tuple[Without, ...]
    made: tuple[Made, ...]


def of_day(tx: UnitOfWork, day: HospitalDay, since: date | None) -> Day:
    """List the receipts of *day* by whether they have an e-invoice; *since* None: no account."""
    rows = tx.execute(
        repository.receipts()
        .add_columns(E_INVOICE.c.id.label("e_invoice"))
        .where(
            RECEIPT.c.facility_id == tx.facility,
            RECEIPT.c.issued_at >= day.starts_at,
            RECEIPT.c.issued_at < day.ends_at,
        )
    ).all()
    without = []
    roots: list[UUID] = []
    for row in rows:
        found = repository.receipt(row)
        if found.state is not State.ISSUED:
            without.append(Without(found, _why(found, day, since), row.e_invoice))
        elif row.e_invoice not in roots:
            roots.append(row.e_invoice)
    # What a person can do something about stands first.
    without.sort(key=lambda one: one.why is not Why.REFUSED)
    return Day(
        len(rows),
        tuple(without[:SHOWN_MAX]),
        tuple(_made(tx, root) for root in roots[:SHOWN_MAX]),
    )


def _why(receipt: Receipt, day: HospitalDay, since: date | None) -> Why:
    if receipt.state is not None:
        return _WAITING[receipt.state]
    never = blocked(receipt)
    if never is not None:
        return never
    return Why.NEXT_BATCH if since is not None and day.date >= since else Why.BEFORE


def _made(tx: UnitOfWork, root: UUID) -> Made:
    receipts = tuple(repository.sources(tx, root))
    worth = sum((one.net for one in receipts), ZERO)
    return Made(repository.chain(tx, root), receipts, worth)


def day_of(tx: UnitOfWork, e_invoice: UUID) -> HospitalDay:
    """Name the day on which the receipts of an e-invoice are listed. Raises NoEInvoice."""
    root = repository.one(tx, e_invoice).root
    return HospitalDay.of(min(one.issued_at for one in repository.sources(tx, root)))
