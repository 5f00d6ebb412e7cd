"""
Refused amounts, each with an owner, a reason and a deadline, until they are closed.

P32 takes them from 1410 to 1420; an appeal that is won takes them back (P33). Nothing is ever taken
from the patient by itself. Who bears what is refused for good: the hospital in ``writing_off``, the
patient, where the law permits it, in ``charging``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from payments.invoicing.service import checked_reason
from payments.kernel.calendar import HospitalDay
from payments.kernel.money import ZERO, Money, vnd
from payments.kernel.scope import Scope
from payments.ledger.posting_rules.insurance import appeal_won, claim_rejected
from payments.ledger.service import post
from payments.runtime import Runtime
from payments.settlement import repository
from payments.settlement.deadlines import deadline
from payments.settlement.model import Claim, NoRefusal, RefusedTooMuch
from payments.settlement.reading import Assessed
from payments.settlement.rows import REFUSAL
from payments.settlement.status import Answer, Event, Refused, after, answered
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

_REFUSE: Final = insert(REFUSAL)


@dataclass(frozen=True, slots=True)
class Held:
    """A refusal and its claim, both kept until the commit."""

    refusal: Row[Any]
    claim: Claim


def refuse(
    tx: UnitOfWork,
    batch: UUID,
    rows: Sequence[tuple[Assessed, Claim, Money]],
    refused_on: HospitalDay,
    until: HospitalDay,
) -> dict[UUID, Claim]:
    """Add the refusals of held claims and post P32; gives the claims as they are then."""
    of_claim: dict[UUID, Money] = defaultdict(lambda: ZERO)
    claims = {claim.id: claim for _, claim, _ in rows}
    for _, claim, amount in rows:
        of_claim[claim.id] += amount
    if rows:
        told = [_row(tx, batch, row, claim, amount) for row, claim, amount in rows]
        days = {"refused_on": refused_on.date, "deadline": until.date}
        tx.execute(_REFUSE, [one | days for one in told])
    changed: dict[UUID, Claim] = {}
    for claim_id, amount in of_claim.items():
        claim = claims[claim_id]
        entry = claim_rejected(notice=batch, claim=claim_id, agency=claim.agency, amount=amount)
        txn = post(tx, entry, effective_at=tx.now(), source="finance").txn_id
        repository.step(tx, claim_id, "refused", amount, txn=txn)
        changed[claim_id] = replace(claim, refused=claim.refused + amount)
    return changed


def explain(runtime: Runtime, scope: Scope, refusal: UUID, reason: str) -> None:
    """
    Note that proof or a detail adjustment (09/BH) was sent; the insurer's days begin.

    Raises:
        InvalidField: *reason* is empty or too long.
        NoRefusal, IllegalRefusalStep: there is none, or it is past that.
    """
    _note(runtime, scope, refusal, Answer.EXPLAINED, reason)


def appeal(runtime: Runtime, scope: Scope, refusal: UUID, reason: str) -> None:
    """Note that the refusal was appealed against. Raises as ``explain``."""
    _note(runtime, scope, refusal, Answer.APPEALED, reason)


def hand_over(runtime: Runtime, scope: Scope, refusal: UUID, owner: str, reason: str) -> None:
    """
    Give a refused amount to another *owner* (``user:<id>`` or a department's code).

    Raises:
        InvalidField: *reason* or *owner* is empty or too long.
        NoRefusal: there is none.
    """
    cleaned, to = checked_reason(reason), checked_reason(owner)

    def work(tx: UnitOfWork, held: Held) -> None:
        change(tx, refusal, owner=to, note=cleaned)
        repository.step(tx, held.claim.id, "handed_over", reason=cleaned)

    run_held(runtime, scope, refusal, work)


def decide(runtime: Runtime, scope: Scope, refusal: UUID, won: Money, reason: str) -> None:
    """
    Note the insurer's answer: *won* is paid after all (P33), the rest is upheld.

    Raises:
        InvalidField: *reason* is empty or too long.
        RefusedTooMuch: *won* is more than was refused, or less than nothing.
        NoRefusal, IllegalRefusalStep: there is none, or it is past that.
    """
    cleaned = checked_reason(reason)

    def work(tx: UnitOfWork, held: Held) -> None:
        row, claim = held.refusal, held.claim
        if Refused(row.state) in (Refused.ACCEPTED, Refused.UPHELD) and row.won == won.dong:
            return
        amount = vnd(row.amount)
        if not ZERO <= won <= amount:
            raise RefusedTooMuch(won=won, amount=amount)
        is_all = won == amount
        state = answered(Refused(row.state), Answer.WON if is_all else Answer.UPHELD)
        today = HospitalDay.of(tx.now())
        until = row.deadline if is_all else deadline("minutes", today).date
        change(tx, refusal, state=state.value, won=won.dong, note=cleaned, deadline=until)
        txn = None
        if won:
            entry = appeal_won(appeal=refusal, claim=claim.id, agency=claim.agency, amount=won)
            txn = post(tx, entry, effective_at=tx.now(), source="finance").txn_id
            now = replace(claim, won=claim.won + won, state=after(claim.state, Event.REOPENED))
            repository.save(tx, [now])
        repository.step(tx, claim.id, state.value, won, reason=cleaned, txn=txn)

    run_held(runtime, scope, refusal, work)


def _note(runtime: Runtime, scope: Scope, refusal: UUID, answer: Answer, reason: str) -> None:
    cleaned = checked_reason(reason)

    def work(tx: UnitOfWork, held: Held) -> None:
        before = Refused(held.refusal.state)
        if before.value == answer.value:
            return
        state = answered(before, answer)
        until = deadline("assess", HospitalDay.of(tx.now()))
        change(tx, refusal, state=state.value, note=cleaned, deadline=until.date)
        repository.step(tx, held.claim.id, state.value, reason=cleaned)

    run_held(runtime, scope, refusal, work)


def run_held(
    runtime: Runtime, scope: Scope, refusal: UUID, work: Callable[[UnitOfWork, Held], None]
) -> None:
    """
    Do *work* on a held refusal, in a transaction.

    Raises:
        NoRefusal: there is none of that id.
    """

    runtime.database.run(scope, lambda tx: work(tx, hold_refusal(tx, refusal)))


def claim_of(tx: UnitOfWork, refusal: UUID) -> UUID:
    """Name the claim of a refused amount. Raises NoRefusal."""
    found: UUID | None = tx.execute(
        select(REFUSAL.c.claim_id).where(
            REFUSAL.c.facility_id == tx.facility, REFUSAL.c.id == refusal
        )
    ).scalar()
    if found is None:
        raise NoRefusal()
    return found


def hold_refusal(tx: UnitOfWork, refusal: UUID) -> Held:
    """Hold a refused amount and its claim until the commit. Raises NoRefusal."""
    # The claim's row guards its refusals: they change under its lock alone.
    locked = repository.lock_one(tx, claim_of(tx, refusal))
    row = tx.execute(
        select(REFUSAL).where(REFUSAL.c.facility_id == tx.facility, REFUSAL.c.id == refusal)
    ).one()
    return Held(row, locked)


def change(tx: UnitOfWork, refusal: UUID, **values: Any) -> None:
    """Write *values* to a held refusal."""
    tx.execute(
        update(REFUSAL)
        .where(REFUSAL.c.facility_id == tx.facility, REFUSAL.c.id == refusal)
        .values(**values)
    )


def _row(tx: UnitOfWork, batch: UUID, row: Assessed, claim: Claim, amount: Money) -> dict[str, Any]:
    return {
        "facility_id": tx.facility,
        "id": new_id(),
        "claim_id": claim.id,
        "batch_id": batch,
        "line": row.line,
        "table_name": row.table,
        "stt": row.stt,
        "reason_code": row.reason_code,
        "amount": amount.dong,
        "won": 0,
        "state": Refused.OPEN.value,
        "owner": tx.scope.actor,
        "note": "",
        "asked_by": None,
        "approved_by": None,
    }
