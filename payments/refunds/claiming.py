"""The payee names an account by the link, and another person of finance lets it pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import UUID

from payments import audit
from payments.invoicing.model import NoInvoice
from payments.kernel.errors import Conflict
from payments.kernel.scope import Scope
from payments.refunds import payback_repository as repository
from payments.refunds.model import SamePerson
from payments.refunds.moves import Part
from payments.refunds.paybacks import (
    COOLING,
    NAMED_MAX,
    PERSON_MAX,
    PERSON_SPAN,
    AbovePersonLimit,
    Account,
    Event,
    Payback,
    after,
)
from payments.refunds.paying_back import with_link
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

_ACCOUNT: Final = "payback.account_sealed"
_HOLDER: Final = "payback.holder_sealed"


class NamedTooOften(Conflict):
    """The account was changed too often by this link: finance sends another."""

    code = "named-too-often"


def of_link(tx: UnitOfWork, runtime: Runtime, token: str) -> Payback:
    """Find what a link opens. Raises NoInvoice: unknown, ended and foreign links are all alike."""
    found = repository.of_token(tx, list(runtime.keys.fingerprints("lookup", token).values()))
    if found is None or not found.is_open(tx.now()):
        raise NoInvoice()
    return found


def name_account(runtime: Runtime, scope: Scope, token: str, account: Account) -> Payback:
    """
    Keep where the payee wants the money; it may be named anew until it has been let pass.

    Raises:
        NoInvoice: the link opens nothing.
        IllegalPaybackStep: the account was let pass already.
        NamedTooOften: five times by one link.
        AbovePersonLimit: more than goes to one account in thirty days.
    """
    hashes = list(runtime.keys.fingerprints("lookup", _fact(account)).values())

    def work(tx: UnitOfWork) -> Payback:
        held = repository.lock(tx, of_link(tx, runtime, token).id)
        state = after(held.state, Event.NAMED)
        if held.named_times >= NAMED_MAX:
            raise NamedTooOften()
        since = tx.now() - PERSON_SPAN
        # The rest of an advance may be more: two people have looked at its stay.
        is_advance = held.part is Part.DEPOSIT
        named_before = repository.to_account(tx, hashes, since, but=held.id)
        if not is_advance and named_before + held.amount > PERSON_MAX:
            raise AbovePersonLimit(most=PERSON_MAX)
        named = replace(
            held,
            state=state,
            named_times=held.named_times + 1,
            named_at=tx.now(),
            bank=account.bank,
            account_sealed=runtime.keys.seal("personal", account.number, context=_ACCOUNT),
            account_hash=runtime.keys.fingerprint("lookup", _fact(account)),
            account_last4=account.last4,
            holder_sealed=runtime.keys.seal("personal", account.holder, context=_HOLDER),
        )
        repository.save(tx, named)
        audit.append(tx, "payback.named", f"payback:{held.id}", times=named.named_times)
        return named

    return runtime.database.run(scope, work)


def let_pass(runtime: Runtime, scope: Scope, payback: UUID) -> Payback:
    """
    Let the named account pass; one that was never paid before waits for a day.

    Raises:
        NoPayback, IllegalPaybackStep: there is none, or no account waits.
        SamePerson: whoever asked for the payment back.
    """

    def work(tx: UnitOfWork) -> Payback:
        held = repository.lock(tx, payback)
        state = after(held.state, Event.PASSED)
        if held.requested_by == tx.scope.actor:
            raise SamePerson()
        account = account_of(runtime, held)
        hashes = list(runtime.keys.fingerprints("lookup", _fact(account)).values())
        now = tx.now()
        ready_at = now if repository.was_paid(tx, hashes) else now + COOLING
        passed = replace(held, state=state, checked_by=tx.scope.actor, ready_at=ready_at)
        repository.save(tx, passed)
        audit.append(tx, "payback.passed", f"payback:{payback}", last4=held.account_last4)
        return passed

    return runtime.database.run(scope, work)


def send_back(runtime: Runtime, scope: Scope, payback: UUID) -> Payback:
    """
    Turn the account down, or end a link that is lost: the payee gets a fresh one.

    Raises:
        NoPayback, IllegalPaybackStep: there is none, or it is paid already.
    """

    def work(tx: UnitOfWork) -> Payback:
        held = repository.lock(tx, payback)
        fresh = with_link(tx, runtime, emptied(held, Event.SENT_BACK))
        repository.save(tx, fresh)
        audit.append(tx, "payback.sent_back", f"payback:{payback}")
        return fresh

    return runtime.database.run(scope, work)


def emptied(payback: Payback, event: Event) -> Payback:
    """Forget the account of one that waits for another."""
    return replace(
        payback,
        state=after(payback.state, event),
        named_at=None,
        bank="",
        account_sealed=None,
        account_hash=None,
        account_last4="",
        holder_sealed=None,
        checked_by=None,
        ready_at=None,
    )


def account_of(runtime: Runtime, payback: Payback) -> Account:
    """Open the account, for the list of what is to be paid out."""
    assert payback.account_sealed is not None, "only a named account is opened"
    assert payback.holder_sealed is not None, "an account is named with its holder"
    return Account(
        payback.bank,
        runtime.keys.open("personal", payback.account_sealed, context=_ACCOUNT),
        runtime.keys.open("personal", payback.holder_sealed, context=_HOLDER),
    )


def _fact(account: Account) -> str:
    return f"account:{account.bank}:{account.number}"
