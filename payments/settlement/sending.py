"""
Claims go to the insurer (P28), get its number, come back, are withdrawn; months are summed up.

Each function is one commit with its posting, and a second time changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import UUID

from payments import audit
from payments.invoicing.service import checked_reason
from payments.kernel.calendar import HospitalDay
from payments.kernel.errors import InvalidField
from payments.kernel.money import ZERO, Money
from payments.kernel.scope import Scope
from payments.kernel.text import is_line
from payments.ledger.posting_rules.insurance import claim_submitted
from payments.ledger.posting_rules.invoices import ROUNDING_MAX
from payments.ledger.service import post
from payments.runtime import Runtime
from payments.settlement import periods, repository
from payments.settlement.model import Claim, LedgerDiffers, PeriodReported
from payments.settlement.status import Event, State, after
from payments.settlement.versions import on_account, recognise
from payments.storage.unit_of_work import UnitOfWork

#: Claims of one commit: others can write between two of them.
PIECE: Final = 200
_NUMBER_LETTERS_MAX: Final = 100


def send(runtime: Runtime, scope: Scope, claim: UUID) -> None:
    """
    Note that the current version of a claim was sent: 1400 becomes 1410 (P28).

    Raises:
        NoClaim: there is no such claim.
        IllegalClaimStep: it does not wait to be sent.
        PeriodReported: its month has been reported without it.
        LedgerDiffers: 1400 holds another amount than is claimed.
    """

    def work(tx: UnitOfWork) -> None:
        _open_period(tx, claim)
        held = repository.lock_one(tx, claim)
        if held.state is State.SENT:
            return
        _send(tx, [held])

    runtime.database.run(scope, work)


def send_month(runtime: Runtime, scope: Scope, period: UUID) -> int:
    """
    Send every claim of a month that waits, in commits of 200; tells how many.

    Raises:
        NoClaimPeriod: there is no such month.
        PeriodReported, LedgerDiffers: as for one; what went before is sent.
    """
    sent = 0
    while True:
        piece = runtime.database.run(scope, lambda tx: _send_piece(tx, period))
        if not piece:
            return sent
        sent += piece


def number(runtime: Runtime, scope: Scope, claim: UUID, portal_number: str) -> None:
    """
    Keep the number that the portal gave a sent claim (maGiaoDich); the same again is nothing new.

    Raises:
        InvalidField: the number is empty, too long, or no single line.
        NoClaim, IllegalClaimStep: as for sending.
    """
    cleaned = portal_number.strip()
    if not cleaned or len(cleaned) > _NUMBER_LETTERS_MAX or not is_line(cleaned):
        raise InvalidField("portal_number", "portal_number", most=_NUMBER_LETTERS_MAX)

    def work(tx: UnitOfWork) -> None:
        held = repository.lock_one(tx, claim)
        if held.state is State.RECEIVED and held.portal_number == cleaned:
            return
        now = replace(held, state=after(held.state, Event.NUMBERED), portal_number=cleaned)
        repository.save(tx, [now])
        repository.step(tx, claim, "numbered", reason=cleaned)

    runtime.database.run(scope, work)


def come_back(runtime: Runtime, scope: Scope, claim: UUID, reason: str) -> None:
    """
    Note that the portal returned a claim: it is corrected within two working days and sent again.

    What was asked stays on 1410: the corrected version moves it by the difference.

    Raises:
        InvalidField: *reason* is empty or too long.
        NoClaim, IllegalClaimStep, PeriodReported: as for sending.
    """
    cleaned = checked_reason(reason)

    def work(tx: UnitOfWork) -> None:
        _open_period(tx, claim)
        held = repository.lock_one(tx, claim)
        if held.state is State.RETURNED:
            return
        repository.save(tx, [replace(held, state=after(held.state, Event.RETURNED))])
        repository.step(tx, claim, "returned", reason=cleaned)

    runtime.database.run(scope, work)


def withdraw(runtime: Runtime, scope: Scope, claim: UUID, reason: str) -> None:
    """
    Withdraw a claim that is not assessed yet: 1410 goes back to 1400.

    What we booked on 1400 ourselves goes too; what an invoice booked stays until its coverage is
    withdrawn (P38), for then the patient owes it or another payer does: a person decides.

    Raises:
        InvalidField: *reason* is empty or too long.
        NoClaim, IllegalClaimStep, PeriodReported: as for sending.
    """
    cleaned = checked_reason(reason)

    def work(tx: UnitOfWork) -> None:
        _open_period(tx, claim)
        held = repository.lock_one(tx, claim)
        if held.state is State.WITHDRAWN:
            return
        state = after(held.state, Event.WITHDRAWN)
        back = _move(tx, held, -held.requested, ZERO)
        if held.is_booked_here:
            recognise(tx, held, -held.fund, "withdrawn")
        now = replace(
            held,
            state=state,
            requested=ZERO,
            submissions=held.submissions + 1,
            fund=ZERO if held.is_booked_here else held.fund,
        )
        repository.save(tx, [now])
        repository.step(tx, claim, "withdrawn", -held.requested, reason=cleaned, txn=back)
        audit.append(tx, "claim.withdrawn", f"claim:{claim}", reason=cleaned)

    runtime.database.run(scope, work)


def _send_piece(tx: UnitOfWork, period: UUID) -> int:
    row = periods.lock(tx, period)
    waiting = repository.lock_of_periods(tx, (period,), (State.VALIDATED,), limit=PIECE)
    if waiting and row.state != "open":
        raise PeriodReported(period=row.name)
    _send(tx, waiting)
    return len(waiting)


def _send(tx: UnitOfWork, claims: list[Claim]) -> None:
    on_1400 = on_account(tx, "1400", [claim.id for claim in claims])
    today, sent = HospitalDay.of(tx.now()), []
    for claim in claims:
        state, more = after(claim.state, Event.SENT), claim.unsent
        left = on_1400.get(claim.id, ZERO) - more
        if abs(left) > ROUNDING_MAX:
            raise LedgerDiffers(visit=claim.ma_lk, claimed=more, booked=left + more)
        txn = _move(tx, claim, more, left)
        now = replace(
            claim,
            state=state,
            requested=claim.fund,
            submissions=claim.submissions + 1,
            sent_on=today,
        )
        repository.step(tx, claim.id, "sent", more, txn=txn)
        sent.append(now)
    repository.save(tx, sent)


def _move(tx: UnitOfWork, claim: Claim, amount: Money, left: Money) -> UUID | None:
    if not amount and not left:
        return None
    entry = claim_submitted(
        claim=claim.id,
        submission=claim.submissions + 1,
        agency=claim.agency,
        amount=amount,
        difference=left,
    )
    return post(tx, entry, effective_at=tx.now(), source="finance").txn_id


def _open_period(tx: UnitOfWork, claim: UUID) -> None:
    row = periods.lock(tx, repository.read(tx, claim).period)
    if row.state != "open":
        raise PeriodReported(period=row.name)
