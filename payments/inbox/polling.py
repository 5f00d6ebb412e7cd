"""Reads the lists of all channels: the net under lost messages."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import structlog

from payments.channels.service import adapter_of, believed_accounts, slugs, versions
from payments.gateway import Lists
from payments.inbox import service as messages
from payments.kernel.errors import NotFound, Unavailable
from payments.kernel.scope import Scope
from payments.runtime import Runtime

#: Lists are read again from this long before: late rows are found, known rows change nothing.
_OVERLAP: Final = timedelta(days=1)
_log = structlog.get_logger("worker")


def poll_all(runtime: Runtime, scope: Scope) -> int:
    """Read the lists of all channels that have one; a gateway that is away is asked again later."""
    with runtime.database.reading(scope) as tx:
        channels = slugs(tx)
    read = 0
    for slug in channels:
        try:
            read += poll(runtime, scope, slug)
        except NotFound:
            continue
        except Unavailable as error:
            _log.warning("inbox.poll_failed", channel=slug, reason=str(error))
    return read


def poll(runtime: Runtime, scope: Scope, slug: str) -> int:
    """
    Ask the list API of channel *slug* for what the webhooks may have missed; returns the rows read.

    Raises:
        NotFound: there is no such channel that lists.
        Unavailable: the gateway gave no usable answer.
    """
    with runtime.database.reading(scope) as tx:
        channel, *_ = versions(tx, runtime, slug)
        accounts = believed_accounts(tx, slug)
    lister = adapter_of(runtime, channel)
    if not isinstance(lister, Lists):
        raise NotFound(f"channel {slug!r} has no list")
    read = 0
    for account in sorted(accounts):
        rows = lister.transactions(account, runtime.clock.now() - _OVERLAP)
        messages.take_in(runtime, scope, slug, rows, b"")
        read += len(rows)
    return read
