"""The left pane of the desk: codes that wait, and invoices that were just made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from payments.intents import queries as intents
from payments.invoicing import queries as invoicing
from payments.invoicing.queries import InvoiceView
from payments.kernel.money import Money
from payments.receipts import arrivals
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork
from payments.web import chips
from payments.web.addresses import url_for
from payments.web.chips import Chip

_CODES_MAX: Final = 12
_RECENT_MAX: Final = 8
#: A page asks every few seconds, and says each payment once.
_SAID_FOR: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class OpenCode:
    address: str
    patient_name: str
    amount: Money
    left: timedelta
    is_here: bool


@dataclass(frozen=True, slots=True)
class RecentInvoice:
    address: str
    number: str
    patient_name: str
    total: Money
    chip: Chip
    is_here: bool


@dataclass(frozen=True, slots=True)
class PaidNow:
    """Money of another patient that has just arrived."""

    id: UUID
    address: str
    patient_name: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Trays:
    codes: tuple[OpenCode, ...]
    recent: tuple[RecentInvoice, ...]
    paid: tuple[PaidNow, ...]
    #: Changes when a code of this person's invoices is opened or ends.
    version: str


def trays(tx: UnitOfWork, runtime: Runtime, here: InvoiceView | None = None) -> Trays:
    """List both; *here* is the invoice on the screen."""
    now = runtime.clock.now()
    life = runtime.settings.code_life
    here_id = None if here is None else here.id
    codes = tuple(
        OpenCode(
            _address(code.invoice),
            code.patient_name,
            code.amount,
            code.expires_at - now,
            is_here=code.invoice == here_id,
        )
        for code in intents.waiting(tx, runtime.keys, within=life, limit=_CODES_MAX)
    )
    recent = tuple(
        recent_of(view, here) for view in invoicing.recent(tx, runtime.keys, limit=_RECENT_MAX)
    )
    paid = tuple(
        PaidNow(one.payment, _address(one.invoice), one.patient_name, one.applied)
        for one in arrivals.lately(tx, runtime.keys, tx.scope.actor, since=now - _SAID_FOR)
        if one.invoice != here_id
    )
    return Trays(codes, recent, paid, intents.tray_version(tx, tx.scope.actor, within=life))


def recent_of(view: InvoiceView, here: InvoiceView | None = None) -> RecentInvoice:
    """Give an invoice as a line of a list; *here* is the one on the screen."""
    return RecentInvoice(
        _address(view.id),
        view.number,
        view.patient_name,
        view.total,
        chips.of_invoice(view),
        is_here=here is not None and view.id == here.id,
    )


def _address(invoice: UUID) -> str:
    return url_for("cashier.show", invoice_id=invoice)
