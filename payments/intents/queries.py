"""Reads codes for the screens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select

from payments.bank.rows import BANK_ACCOUNT
from payments.encounters.rows import ENCOUNTER
from payments.gateway import Payee
from payments.intents import repository
from payments.intents.model import Intent
from payments.intents.rows import INTENT
from payments.intents.status import ACTIVE, SHOWN, Status
from payments.invoicing.rows import INVOICE
from payments.kernel.errors import NotFound
from payments.kernel.money import Money, vnd
from payments.keys import Keys
from payments.patients.rows import PATIENT
from payments.patients.service import name_of
from payments.qr.banks import Banks
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

_WITH_PAYEE: Final = (
    select(INTENT, BANK_ACCOUNT.c.bin, BANK_ACCOUNT.c.holder)
    .join(
        BANK_ACCOUNT,
        (BANK_ACCOUNT.c.facility_id == INTENT.c.facility_id)
        & (BANK_ACCOUNT.c.account == INTENT.c.account),
    )
    .where(mine(INTENT))
)
_ONE: Final = Prepared(_WITH_PAYEE.where(INTENT.c.id == bindparam("intent")))
_INVOICE_OF: Final = Prepared(
    select(
        INVOICE.c.id,
        INVOICE.c.version,
        INVOICE.c.total,
        INVOICE.c.credited,
        INVOICE.c.paid,
        INVOICE.c.refunded,
        INVOICE.c.covered,
    )
    .join(
        INTENT,
        (INTENT.c.facility_id == INVOICE.c.facility_id) & (INTENT.c.invoice_id == INVOICE.c.id),
    )
    .where(mine(INVOICE), INTENT.c.id == bindparam("intent"))
)
_NEWEST: Final = _WITH_PAYEE.where(INTENT.c.invoice_id == bindparam("invoice")).order_by(
    INTENT.c.made_at.desc(), INTENT.c.id.desc()
)
_LATEST: Final = Prepared(_NEWEST.limit(1))
_LATEST_TWO: Final = Prepared(_NEWEST.limit(2))
_OPEN: Final = Prepared(
    select(INTENT.c.invoice_id, INTENT.c.amount, INTENT.c.expires_at, PATIENT.c.name_sealed)
    .join(
        INVOICE,
        (INVOICE.c.facility_id == INTENT.c.facility_id) & (INVOICE.c.id == INTENT.c.invoice_id),
    )
    .join(
        ENCOUNTER,
        (ENCOUNTER.c.facility_id == INVOICE.c.facility_id)
        & (ENCOUNTER.c.id == INVOICE.c.encounter_id),
    )
    .join(
        PATIENT,
        (PATIENT.c.facility_id == ENCOUNTER.c.facility_id)
        & (PATIENT.c.id == ENCOUNTER.c.patient_id),
    )
    .where(
        mine(INTENT),
        or_(*(INTENT.c.state == status.value for status in sorted(SHOWN))),
        INTENT.c.expires_at > bindparam("now"),
        INTENT.c.expires_at <= bindparam("until"),
    )
    .order_by(INTENT.c.expires_at, INTENT.c.id)
    .limit(bindparam("most"))
)


#: Of the open codes of a person's invoices: one is opened or ends, and one of the two changes.
_COUNTED: Final[tuple[Any, ...]] = (
    func.count().label("count"),
    func.max(INTENT.c.made_at).label("newest"),
)
_TRAY: Final = Prepared(
    select(*_COUNTED)
    .select_from(INTENT)
    .join(
        INVOICE,
        (INVOICE.c.facility_id == INTENT.c.facility_id) & (INVOICE.c.id == INTENT.c.invoice_id),
    )
    .where(
        mine(INTENT),
        or_(*(INTENT.c.state == status.value for status in sorted(SHOWN))),
        INTENT.c.expires_at > bindparam("now"),
        INTENT.c.expires_at <= bindparam("until"),
        INVOICE.c.made_by == bindparam("actor"),
    )
)


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


@dataclass(frozen=True, slots=True)
class WaitingCode:
    """A code that a payer may still be looking at, and whose it is."""

    invoice: UUID
    patient_name: str
    amount: Money
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class InvoiceOfCode:
    """The invoice for which a code was shown, as far as a second screen asks each second."""

    id: UUID
    version: int
    is_paid: bool


def latest(tx: UnitOfWork, invoice: UUID) -> IntentView | None:
    """Read the newest code of an invoice, open or not; None where none was ever shown."""
    row = _LATEST.first(tx, invoice=invoice)
    return None if row is None else _view(row, tx.now())


def latest_two(tx: UnitOfWork, invoice: UUID) -> tuple[IntentView | None, IntentView | None]:
    """Read the newest code and the one before it: a page says what became of the old one."""
    views = [_view(row, tx.now()) for row in _LATEST_TWO.all(tx, invoice=invoice)]
    newest, before, *_ = (*views, None, None)
    return newest, before


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
    row = _ONE.first(tx, intent=intent)
    if row is None:
        raise NotFound(f"no code {intent}")
    return _view(row, tx.now())


def invoice_of(tx: UnitOfWork, intent: UUID) -> InvoiceOfCode:
    """Read the invoice of a code that this facility has."""
    row = _INVOICE_OF.one(tx, intent=intent)
    owed = row.total - row.covered - row.credited - row.paid + row.refunded
    return InvoiceOfCode(row.id, row.version, is_paid=bool(row.paid) and owed == 0)


def attempt_of(tx: UnitOfWork, invoice: UUID, intent: UUID) -> Intent | None:
    """Read *intent* where it is one of *invoice*, whatever it collects through."""
    found = tx.execute(
        select(INTENT.c.id).where(
            INTENT.c.facility_id == tx.facility,
            INTENT.c.invoice_id == invoice,
            INTENT.c.id == intent,
        )
    ).scalar()
    return None if found is None else repository.get(tx, found)


def open_ones(tx: UnitOfWork, *, limit: int = 50) -> tuple[Intent, ...]:
    """List the codes that are still open, the one that ends first first."""
    return tuple(repository.open_ones(tx, tx.now(), limit=limit))


def tray_version(tx: UnitOfWork, actor: str, *, within: timedelta) -> str:
    """Say in a word how the codes of the invoices of *actor* stand; another word: look again."""
    now = tx.now()
    row = _TRAY.first(tx, now=now, until=now + within, actor=actor)
    newest = "" if row.newest is None else f"{row.newest.timestamp():.6f}"
    return f"{row.count}-{newest}"


def waiting(
    tx: UnitOfWork, keys: Keys, *, within: timedelta, limit: int = 50
) -> tuple[WaitingCode, ...]:
    """
    List the codes that end *within* that time, with the names of their patients.

    Whoever took a printed code home, which lives for days, waits at no desk.
    """
    now = tx.now()
    rows = _OPEN.all(tx, now=now, until=now + within, most=limit)
    return tuple(
        WaitingCode(row.invoice_id, name_of(keys, row.name_sealed), vnd(row.amount), row.expires_at)
        for row in rows
    )


def _view(row: Any, now: datetime) -> IntentView:
    bank = Banks.bundled().get(row.bin)
    status = Status(row.state)
    is_open = status in ACTIVE and row.expires_at > now
    return IntentView(
        row.id,
        row.invoice_id,
        row.code,
        status if is_open or status not in ACTIVE else Status.EXPIRED,
        vnd(row.amount),
        row.made_at,
        row.expires_at,
        row.payload,
        Payee(row.bin, row.account, row.holder),
        row.bin if bank is None else bank.short_name,
        is_open,
    )
