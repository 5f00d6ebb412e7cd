"""What each kind of job does; any of them may run twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID

from payments.inbox import service as messages
from payments.kernel.scope import Scope
from payments.matching.after_import import match_imported
from payments.payouts import taking as payouts
from payments.receipts import service as receipts
from payments.reconciliation import importing as statements
from payments.runtime import Runtime

Duty = Callable[[Runtime, Scope, str], None]


def _of(work: Callable[[Runtime, Scope, UUID], object]) -> Duty:
    """Let *work* be done on the subject of a job, which is an id."""

    def duty(runtime: Runtime, scope: Scope, subject: str) -> None:
        work(runtime, scope, UUID(subject))

    return duty


KINDS: Final[Mapping[str, Duty]] = {
    receipts.NUMBER_RECEIPT: _of(receipts.number),
    messages.APPLY: _of(messages.apply),
    statements.APPLY: _of(statements.finish),
    statements.MATCH: _of(match_imported),
    payouts.AGAIN: _of(payouts.again),
}
