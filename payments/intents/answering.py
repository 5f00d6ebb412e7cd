"""Asks a gateway to open an attempt, and notes what it answered: steps two and three of opening."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

import structlog

from payments import audit
from payments.gateway import (
    Attempt,
    CallOutcome,
    Declined,
    Misconfigured,
    NotSent,
    Opens,
    OutcomeUnknown,
    Presentation,
    TransferTo,
    Trouble,
    outcome_of,
)
from payments.intents import attempts, repository
from payments.intents.attempts import Flag, GatewayAttempt
from payments.intents.model import Intent
from payments.intents.status import Event, allows
from payments.invoicing import repository as invoices
from payments.storage.unit_of_work import UnitOfWork

#: A call that never left may be repeated blindly; more often than this helps nobody who waits.
_TRIES_MAX: Final = 2
#: After the intention was noted: longer than a call may take, so that only a crash is asked about.
FIRST_ASK: Final = timedelta(seconds=15)
#: A payer needs some time: what was shown is asked about later than what nobody knows.
SHOWN_ASK: Final = timedelta(minutes=1)
#: Understood, and refused for reasons of the gateway's own: the next payer would hear the same.
_OUT_OF_ORDER: Final = frozenset({Trouble.MAINTENANCE, Trouble.RATE_LIMITED, Trouble.INTERNAL})
Answered = Presentation | Exception
_log = structlog.get_logger("gateway")


def ask(opener: Opens, attempt: Attempt) -> Answered:
    """Ask the gateway; what it answers is a value, also where it is a failure."""
    last: Exception = NotSent()
    for _ in range(_TRIES_MAX):
        try:
            shown = opener.open(attempt)
        except NotSent as failure:
            last = failure
            continue
        except (Declined, OutcomeUnknown, Misconfigured) as failure:
            return failure
        if isinstance(shown, TransferTo):
            return Declined(Trouble.NOT_PERMITTED, "a page was wanted, and an account was shown")
        return shown
    return last


def is_lost(told: Answered) -> bool:
    """Say whether *told* leaves everybody without a page, whoever asks and for what amount."""
    match told:
        case NotSent() | OutcomeUnknown() | Misconfigured():
            return True
        case Declined(trouble=trouble):
            return trouble in _OUT_OF_ORDER
        case _:
            return False


def keep(tx: UnitOfWork, noted: Intent, told: Answered) -> None:
    """Note what the gateway answered; its messages may have been faster."""
    invoices.lock(tx, noted.invoice)
    intent = repository.lock(tx, noted.id)
    attempt = attempts.of_intent(tx, noted.id)
    assert attempt is not None, "both rows are written in one commit"
    if isinstance(told, Exception):
        _failed(tx, intent, attempt, told)
    else:
        _happen(tx, intent, Event.SHOWN)
        shown_id = "" if isinstance(told, TransferTo) else told.transaction
        attempts.save(
            tx,
            replace(attempt, shown=told, gateway_id=shown_id, next_ask_at=tx.now() + SHOWN_ASK),
        )
    invoices.touch(tx, noted.invoice)


def _failed(tx: UnitOfWork, intent: Intent, attempt: GatewayAttempt, failure: Exception) -> None:
    kind = outcome_of(failure)
    trouble = getattr(failure, "trouble", None)
    _log.warning(
        "gateway.not_opened", channel=intent.channel, intent=str(intent.id), outcome=kind.value
    )
    if kind is CallOutcome.UNKNOWN:
        _happen(tx, intent, Event.NO_ANSWER)
        attempts.save(tx, replace(attempt, trouble=trouble, next_ask_at=tx.now() + FIRST_ASK))
        return
    _happen(tx, intent, Event.REFUSED)
    flags = attempt.flags
    if kind is CallOutcome.MISCONFIGURED:
        flags |= {Flag.MISCONFIGURED}
        audit.append(tx, "gateway.misconfigured", f"channel:{intent.channel}")
    attempts.save(tx, replace(attempt, trouble=trouble, flags=flags, next_ask_at=None))


def _happen(tx: UnitOfWork, intent: Intent, event: Event) -> None:
    if allows(intent.status, event):
        repository.happened(tx, intent, event)
