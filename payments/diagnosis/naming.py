"""Which of our attempts and codes a message names, and whether its money is what was asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from payments.diagnosis.steps import Step, bad, ending, note, ok
from payments.gateway import Notification
from payments.intents import attempts
from payments.intents import repository as intents
from payments.intents.model import Intent
from payments.kernel.codes import candidates
from payments.kernel.scope import Scope
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork


def steps(
    runtime: Runtime, scope: Scope, slug: str, told: Sequence[Notification], *, may_differ: bool
) -> tuple[Step, ...]:
    """Look up what each of *told* names; reads only."""
    with runtime.database.reading(scope) as tx:
        return tuple(
            step for one in told for step in _one(tx, runtime, slug, one, may_differ=may_differ)
        )


def _one(
    tx: UnitOfWork, runtime: Runtime, slug: str, told: Notification, *, may_differ: bool
) -> Iterator[Step]:
    if told.reference or not told.account:
        found = attempts.named(tx, told.reference)
        if found is None:
            yield bad("names_nothing", reference=told.reference or "-")
        elif found.channel != slug:
            yield bad("names_other", code=found.code, channel=found.channel)
        else:
            yield from _fits(found, told, may_differ=may_differ)
        return
    codes = candidates(told.memo, runtime.settings.code_prefix)
    named = intents.find(tx, codes, told.account)
    if not codes:
        yield note("memo_without_code")
    elif not named:
        yield bad("code_unknown", code=", ".join(codes), account=ending(told.account))
    for one in named:
        yield from _fits(one, told, may_differ=may_differ)


def _fits(found: Intent, told: Notification, *, may_differ: bool) -> Iterator[Step]:
    yield ok("names", code=found.code, state=found.status.value, expires=found.expires_at)
    if told.currency != "VND":
        yield bad("currency_differs", currency=told.currency)
    elif told.amount == found.amount:
        yield ok("amount_fits", amount=told.amount)
    elif may_differ:
        yield note("amount_other", amount=told.amount, asked=found.amount)
    else:
        yield bad("amount_differs", amount=told.amount, asked=found.amount)
