"""Pauses a channel with the codes that it shows: no payer looks at one longer than a moment."""

from __future__ import annotations

from payments.channels import pausing
from payments.intents import repository
from payments.intents.status import Event, allows
from payments.invoicing import repository as invoices
from payments.kernel.scope import Scope
from payments.runtime import Runtime


def pause_channel(runtime: Runtime, scope: Scope, slug: str, reason: str) -> int:
    """
    Pause *slug* and end its codes, each in its own short transaction; returns how many ended.

    Money for a code that ended so is late and counts. A code that was being made at that very
    moment lives on until its time is over.

    Raises:
        NotFound, InvalidField, SwitchedMeanwhile: as ``channels.pausing.pause`` says.
    """
    pausing.pause(runtime, scope, slug, reason)
    ended = 0
    while True:
        with runtime.database.reading(scope) as tx:
            shown = repository.open_ones(tx, tx.now(), channel=slug)
        if not shown:
            return ended
        for found in shown:
            with runtime.database.transaction(scope) as tx:
                invoices.lock(tx, found.invoice)
                intent = repository.lock(tx, found.id)
                if allows(intent.status, Event.CHANNEL_PAUSED):
                    repository.happened(tx, intent, Event.CHANNEL_PAUSED)
                    invoices.touch(tx, found.invoice)
                    ended += 1
