"""Money that a gateway set aside for an invoice: nothing is paid until somebody takes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, select

from payments import audit
from payments.channels.service import adapter_of, valid_versions
from payments.gateway import Cancels, Captures, Trouble
from payments.intents import errands, repository
from payments.intents.errands import Errand, Kind
from payments.intents.rows import GATEWAY_ATTEMPT, INTENT
from payments.intents.status import Status
from payments.invoicing import repository as invoices
from payments.invoicing.rows import INVOICE
from payments.kernel.errors import Conflict, NotFound, Rejected
from payments.kernel.money import Money, vnd
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.columns import mine
from payments.storage.prepared import Prepared
from payments.storage.unit_of_work import UnitOfWork

_SET_ASIDE: Final = (
    select(INTENT, INVOICE.c.number, GATEWAY_ATTEMPT.c.opened_at)
    .join(
        INVOICE,
        (INVOICE.c.facility_id == INTENT.c.facility_id) & (INVOICE.c.id == INTENT.c.invoice_id),
    )
    .join(
        GATEWAY_ATTEMPT,
        (GATEWAY_ATTEMPT.c.facility_id == INTENT.c.facility_id)
        & (GATEWAY_ATTEMPT.c.intent_id == INTENT.c.id),
    )
    .where(mine(INTENT), INTENT.c.state == Status.AUTHORISED.value)
    .order_by(INTENT.c.made_at, INTENT.c.id)
    .limit(bindparam("limit"))
)
_ANY: Final = Prepared(_SET_ASIDE)
_OF_INVOICE: Final = Prepared(_SET_ASIDE.where(INTENT.c.invoice_id == bindparam("invoice")))
_VERBS = {Kind.CAPTURE: Captures, Kind.CANCEL: Cancels}


class NoHold(NotFound):
    """Nothing was ever set aside for this invoice under that name."""

    code = "no-hold"


class NotHeld(Conflict):
    """It was taken or let go meanwhile, or one of the two is under way."""

    code = "not-held"


class GatewayCannot(Rejected):
    """The gateway of this money has no such verb: it is done in its own portal."""

    code = "gateway-cannot"


@dataclass(frozen=True, slots=True)
class Hold:
    """Money set aside, and how far taking it or letting it go has come."""

    intent: UUID
    invoice: UUID
    invoice_number: str
    channel: str
    amount: Money
    since: datetime
    capture: Errand | None
    cancel: Errand | None

    @property
    def under_way(self) -> Kind | None:
        """What is being done with it, and not answered for certain."""
        for one in (self.capture, self.cancel):
            if one is not None and one.is_under_way:
                return one.kind
        return None

    @property
    def trouble(self) -> Trouble | None:
        """Why the last try did not succeed."""
        tried = [one for one in (self.capture, self.cancel) if one is not None]
        return max(tried, key=lambda one: one.wanted_at).trouble if tried else None


def want(runtime: Runtime, scope: Scope, invoice: UUID, intent: UUID, kind: Kind) -> Errand:
    """
    Decide that what was set aside for *invoice* is taken, or let go; it is asked for afterwards.

    Raises:
        NoHold: the invoice has no such attempt.
        NotHeld: nothing is set aside any more, or the other of the two is under way.
        GatewayCannot: its gateway has no such verb.
    """

    def work(tx: UnitOfWork) -> Errand:
        found = _of_invoice(tx, invoice, intent)
        invoices.lock(tx, invoice)
        held = repository.lock(tx, found)
        if not _can(tx, runtime, held.channel, kind):
            raise GatewayCannot()
        other = errands.of(tx, held.id, Kind.CANCEL if kind is Kind.CAPTURE else Kind.CAPTURE)
        if held.status is not Status.AUTHORISED or (other is not None and other.is_under_way):
            raise NotHeld()
        wanted = errands.want(tx, held.id, kind)
        audit.append(tx, f"hold.{kind}", f"intent:{held.id}", amount=held.amount.dong)
        invoices.touch(tx, invoice)
        return wanted

    return runtime.database.run(scope, work)


def held(tx: UnitOfWork, *, invoice: UUID | None = None, limit: int = 50) -> tuple[Hold, ...]:
    """List what is set aside, of *invoice* or of all; the longest waiting first."""
    if invoice is None:
        rows = _ANY.all(tx, limit=limit)
    else:
        rows = _OF_INVOICE.all(tx, invoice=invoice, limit=limit)
    return tuple(
        Hold(
            row.id,
            row.invoice_id,
            row.number,
            row.channel,
            vnd(row.amount),
            row.opened_at,
            errands.of(tx, row.id, Kind.CAPTURE),
            errands.of(tx, row.id, Kind.CANCEL),
        )
        for row in rows
    )


def can_release(tx: UnitOfWork, runtime: Runtime, channel: str) -> bool:
    """Say whether the gateway of *channel* lets go what it set aside when it is told to."""
    return _can(tx, runtime, channel, Kind.CANCEL)


def _can(tx: UnitOfWork, runtime: Runtime, channel: str, kind: Kind) -> bool:
    versions = valid_versions(tx, runtime, channel)
    return bool(versions) and isinstance(adapter_of(runtime, versions[0]), _VERBS[kind])


def _of_invoice(tx: UnitOfWork, invoice: UUID, intent: UUID) -> UUID:
    found: UUID | None = tx.execute(
        select(INTENT.c.id).where(
            INTENT.c.facility_id == tx.facility,
            INTENT.c.invoice_id == invoice,
            INTENT.c.id == intent,
        )
    ).scalar()
    if found is None:
        raise NoHold()
    return found
