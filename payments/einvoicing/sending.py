"""
The worker's side: asks the provider for each e-invoice that waits, once.

    first time ──────────────▶ issue ─┬─ a number ──▶ issued
    lost before ─▶ find ─ none ─▶ ┘   ├─ refused ───▶ refused: a person looks at it
                    └─ a number ──────┤
                                      ├─ not sent ──▶ waiting, later
                                      └─ no answer ─▶ asking, later: found out by its name

The state ``asking`` is committed before anything is sent, so that a crash leaves one that is asked
about. The provider refuses a second of one name: also two workers make one e-invoice.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import select, update

from payments import audit
from payments.einvoicing import repository
from payments.einvoicing.model import EInvoice, Why, blocked
from payments.einvoicing.rows import E_INVOICE
from payments.einvoicing.status import Event, State, after
from payments.einvoicing.writing import draft_of
from payments.external.einvoices import Draft, Issued, Kind, NoAnswer, NotIssued, Provider
from payments.invoicing.repository import lock
from payments.kernel.errors import VienphiError
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

PARALLEL: Final = 4
_LOOK_MAX: Final = 100
#: Above what two calls and two sessions may take.
_LEASE: Final = timedelta(minutes=8)
_LATER: Final = timedelta(seconds=30)
_LATER_MAX: Final = timedelta(hours=1)
_log = structlog.get_logger("einvoices")


@dataclass(frozen=True, slots=True)
class _Asking:
    held: EInvoice
    #: How it was before: one that was sent already is asked about first.
    was: State
    #: Why it must not be issued any more, where it was not.
    why: Why | None
    draft: Draft = field(repr=False)


def look(runtime: Runtime, scope: Scope) -> int:
    """Ask the provider for what waits; returns how many had an outcome."""
    provider = runtime.einvoices.of(scope.facility)
    if provider is None:
        return 0
    with runtime.database.reading(scope) as tx:
        due = _due(tx)
    if not due:
        return 0
    with ThreadPoolExecutor(PARALLEL, thread_name_prefix="einvoice") as pool:
        return sum(pool.map(partial(_take, runtime, scope, provider), due))


def _due(tx: UnitOfWork) -> list[UUID]:
    waits = (State.WAITING.value, State.ASKING.value)
    return list(
        tx.execute(
            select(E_INVOICE.c.id)
            .where(
                E_INVOICE.c.facility_id == tx.facility,
                E_INVOICE.c.state.in_(waits),
                E_INVOICE.c.next_at <= tx.now(),
            )
            .order_by(E_INVOICE.c.next_at, E_INVOICE.c.id)
            .limit(_LOOK_MAX)
        ).scalars()
    )


def _take(runtime: Runtime, scope: Scope, provider: Provider, e_invoice: UUID) -> int:
    try:
        asking = runtime.database.run(scope, partial(_claim, runtime=runtime, e_invoice=e_invoice))
        if asking is None:
            return 0
        return _ask(runtime, scope, provider, asking)
    except VienphiError as error:
        # A buyer that no key opens, for one: the others are issued all the same.
        _log.error("einvoices.failed", facility=scope.facility, error=error.code)
        return 0


def _claim(tx: UnitOfWork, *, runtime: Runtime, e_invoice: UUID) -> _Asking | None:
    """Take one for the length of a try; None where another worker has it."""
    held = repository.one(tx, e_invoice)
    if held.state not in (State.WAITING, State.ASKING):
        return None
    # Whoever cancels or gives back holds it too: no slip is cancelled between here and the sending.
    lock(tx, held.invoice)
    is_original = held.kind is Kind.ORIGINAL
    blocks = map(blocked, repository.sources(tx, held.id) if is_original else ())
    why = next((one for one in blocks if one is not None), None)
    if why is not None and held.state is State.WAITING:
        repository.save(
            tx, held, after(held.state, Event.BLOCKED), told=why.value, dated_at=tx.now()
        )
        return None
    taken = tx.execute(
        update(E_INVOICE)
        .where(
            E_INVOICE.c.facility_id == tx.facility,
            E_INVOICE.c.id == e_invoice,
            E_INVOICE.c.state == held.state.value,
            E_INVOICE.c.attempts == held.attempts,
            E_INVOICE.c.next_at <= tx.now(),
        )
        .values(
            state=after(held.state, Event.ASKED).value,
            attempts=held.attempts + 1,
            next_at=tx.now() + _LEASE,
            # What was never sent bears the date of its sending; what may be known keeps its own.
            dated_at=held.dated_at if held.state is State.ASKING else tx.now(),
        )
    )
    if taken.rowcount != 1:
        return None
    now = repository.one(tx, e_invoice)
    return _Asking(now, held.state, why, draft_of(tx, runtime.keys, now))


def _ask(runtime: Runtime, scope: Scope, provider: Provider, asking: _Asking) -> int:
    try:
        found = provider.find(asking.draft) if asking.was is State.ASKING else None
        if found is None and asking.why is not None:
            _note(runtime, scope, asking, Event.DECLINED, told=asking.why.value)
            return 1
        issued = found or provider.issue(asking.draft)
    except NotIssued as error:
        _note(runtime, scope, asking, Event.DECLINED, told=error.told)
        return 1
    except NoAnswer as error:
        # A look-up that was not sent says nothing about the request before it.
        is_unknown = error.is_sent or asking.was is State.ASKING
        _note(runtime, scope, asking, None if is_unknown else Event.NOT_SENT, told=error.detail)
        return 0
    _note(runtime, scope, asking, Event.NUMBERED, issued=issued)
    return 1


def _note(
    runtime: Runtime,
    scope: Scope,
    asking: _Asking,
    event: Event | None,
    *,
    told: str = "",
    issued: Issued | None = None,
) -> None:
    """Write the outcome; *event* None: nobody knows, and it is asked about later."""
    held = asking.held

    def work(tx: UnitOfWork) -> None:
        state = held.state if event is None else after(held.state, event)
        is_over = event in (Event.NUMBERED, Event.DECLINED)
        next_at = None if is_over else _later(tx.now(), held.attempts)
        if not repository.save(tx, held, state, told=told, next_at=next_at, issued=issued):
            return
        if is_over:
            audit.append(
                tx,
                f"einvoice.{state}",
                f"e_invoice:{held.id}",
                number="" if issued is None else issued.number,
                told=told,
            )

    runtime.database.run(scope, work)


def _later(now: datetime, attempts: int) -> datetime:
    """Wait twice as long after each try, an hour at most."""
    doubled: int = 2 ** min(attempts - 1, 10)
    return now + min(_LATER_MAX, _LATER * doubled)
