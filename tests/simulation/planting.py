"""Bugs to plant, to show that the simulator finds them: each is one that programs really have."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, Final
from unittest import mock
from uuid import UUID

from greenlet import getcurrent, greenlet

from payments.gateway import Notification, Verdict
from payments.inbox import service as inbox
from payments.inbox.effects import apply_arrival, arrival_of
from payments.invoicing import service as invoicing
from payments.kernel.scope import Scope
from payments.refunds import repository as refunds
from payments.refunds import service as refunding
from payments.refunds.model import Refundable
from payments.runtime import Runtime

_count = itertools.count(1)
_request, _left = refunding.request, refunds.left
_issue, _take_in = invoicing.issue, inbox.take_in


_found: dict[greenlet, Refundable] = {}


def _unlocked(runtime: Runtime, scope: Scope, asked: refunding.RefundRequest) -> Any:
    """What is left is looked up first and written later: two who ask at once both find it."""
    with runtime.database.reading(scope) as tx:
        _found[getcurrent()] = refunding.what_is_left(tx, asked.payment)
    return _request(runtime, scope, asked)


def _as_found(*args: Any, **rest: Any) -> Refundable:
    found = _found.pop(getcurrent(), None)
    return _left(*args, **rest) if found is None else found


def _applied_first(
    runtime: Runtime, scope: Scope, slug: str, told: Sequence[Notification], raw: bytes, **rest: Any
) -> list[Verdict]:
    """The money is booked and the message stored afterwards, if there is an afterwards."""
    for one in told:
        if one.account and not one.reference:
            arrival = arrival_of(slug, one)
            runtime.database.run(scope, lambda tx, a=arrival: apply_arrival(tx, runtime, a))
    return _take_in(runtime, scope, slug, told, raw, **rest)


def _without_a_key(runtime: Runtime, scope: Scope, asked: invoicing.IssueRequest) -> UUID:
    """Each request is a new one, also the same that is sent again."""
    return _issue(runtime, scope, replace(asked, key=f"{asked.key}-{next(_count)}"))


_Patches = tuple[tuple[Any, str, Callable[..., Any]], ...]
BUGS: Final[Mapping[str, _Patches]] = {
    "unlocked-refund": ((refunding, "request", _unlocked), (refunds, "left", _as_found)),
    "applied-before-stored": ((inbox, "take_in", _applied_first),),
    "no-idempotency-key": ((invoicing, "issue", _without_a_key),),
}


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Plant the bug *name* until the block ends; none where it is empty."""
    with ExitStack() as stack:
        for module, function, bug in BUGS.get(name, ()):
            stack.enter_context(mock.patch.object(module, function, bug))
        yield
