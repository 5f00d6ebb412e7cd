"""Reads codes for the screens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from payments.channels.service import payee
from payments.gateway import Payee
from payments.intents import repository
from payments.intents.model import Intent
from payments.intents.rows import INTENT
from payments.intents.status import ACTIVE, Status
from payments.kernel.errors import NotFound
from payments.kernel.money import Money
from payments.qr.banks import Banks
from payments.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class IntentView:
    """A code as it is shown; *is_open* says that a payer may still scan it."""

    id: UUID
    invoice: UUID
    code: str
    status: Status
    amount: Money
    made_at: datetime
    expires_at: datetime
    payload: str
    payee: Payee
    bank_name: str
    is_open: bool


def latest(tx: UnitOfWork, invoice: UUID) -> IntentView | None:
    """Read the newest code of an invoice, open or not; None where none was ever shown."""
    found = repository.latest(tx, invoice)
    return None if found is None else _view(tx, found)


def invoice_of_code(tx: UnitOfWork, code: str) -> UUID | None:
    """Find the invoice for which *code* was shown, open or not; None where it never was."""
    found: UUID | None = tx.execute(
        select(INTENT.c.invoice_id).where(
            INTENT.c.facility_id == tx.facility, INTENT.c.code == code
        )
    ).scalar()
    return found


def one(tx: UnitOfWork, intent: UUID) -> IntentView:
    """Read one code, open or not. Raises NotFound where this facility has none of that id."""
    found = repository.one(tx, intent)
    if found is None:
        raise NotFound(f"no code {intent}")
    return _view(tx, found)


def open_ones(tx: UnitOfWork, *, limit: int = 50) -> tuple[Intent, ...]:
    """List the codes that are still open, the one that ends first first."""
    return tuple(repository.open_ones(tx, tx.now(), limit=limit))


def _view(tx: UnitOfWork, intent: Intent) -> IntentView:
    to = payee(tx, intent.account)
    bank = Banks.bundled().get(to.bin)
    is_open = intent.status in ACTIVE and intent.expires_at > tx.now()
    return IntentView(
        intent.id,
        intent.invoice,
        intent.code,
        intent.status if is_open or intent.status not in ACTIVE else Status.EXPIRED,
        intent.amount,
        intent.made_at,
        intent.expires_at,
        intent.payload,
        to,
        to.bin if bank is None else bank.short_name,
        is_open,
    )
