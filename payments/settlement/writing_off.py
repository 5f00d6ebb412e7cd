"""
The hospital bears what is refused for good (P34): one person asks, another decides.

    UPHELD (or OPEN) ─asked─▶ WRITE_OFF_ASKED ─by another─▶ WRITTEN_OFF
                                    └─turned down─▶ UPHELD
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final
from uuid import UUID, uuid5

from payments import audit
from payments.invoicing.service import checked_reason
from payments.kernel.money import vnd
from payments.kernel.scope import Scope
from payments.ledger.posting_rules.insurance import rejection_written_off
from payments.ledger.service import post
from payments.runtime import Runtime
from payments.settlement import repository
from payments.settlement.model import SamePerson
from payments.settlement.refusing import Held, change, run_held
from payments.settlement.status import Answer, Refused, answered
from payments.storage.unit_of_work import UnitOfWork

_DECISIONS: Final = UUID("6c1f0f5c-6b0a-5f8b-9c53-52f3a2f2e8a4")


def ask_write_off(runtime: Runtime, scope: Scope, refusal: UUID, reason: str) -> None:
    """
    Ask that the hospital bears a refused amount; another person decides.

    Raises:
        InvalidField: *reason* is empty or too long.
        NoRefusal, IllegalRefusalStep: there is none, or it is contested still.
    """
    cleaned = checked_reason(reason)

    def work(tx: UnitOfWork, held: Held) -> None:
        if Refused(held.refusal.state) is Refused.WRITE_OFF_ASKED:
            return
        state = answered(Refused(held.refusal.state), Answer.WRITE_OFF_ASKED)
        change(tx, refusal, state=state.value, note=cleaned, asked_by=tx.scope.actor)
        repository.step(tx, held.claim.id, state.value, reason=cleaned)

    run_held(runtime, scope, refusal, work)


def turn_down(runtime: Runtime, scope: Scope, refusal: UUID, reason: str) -> None:
    """
    Do not write off, or do not charge; the amount stays with its owner.

    Raises as ``ask_write_off``.
    """
    cleaned = checked_reason(reason)

    def work(tx: UnitOfWork, held: Held) -> None:
        before = Refused(held.refusal.state)
        state = answered(before, Answer.TURNED_DOWN)
        change(tx, refusal, state=state.value, note=cleaned, asked_by=None)
        what = "charge" if before is Refused.CHARGE_ASKED else "write_off"
        repository.step(tx, held.claim.id, f"{what}_turned_down", reason=cleaned)

    run_held(runtime, scope, refusal, work)


def write_off(runtime: Runtime, scope: Scope, refusal: UUID) -> None:
    """
    Let the hospital bear what is left of a refused amount (P34); twice is once.

    Raises:
        SamePerson: whoever asked for it does not approve it.
        NoRefusal, IllegalRefusalStep: there is none, or nobody has asked.
    """

    def work(tx: UnitOfWork, held: Held) -> None:
        row, claim = held.refusal, held.claim
        if Refused(row.state) is Refused.WRITTEN_OFF:
            return
        state = answered(Refused(row.state), Answer.WRITTEN_OFF)
        if row.asked_by == tx.scope.actor:
            raise SamePerson()
        left = vnd(row.amount - row.won)
        entry = rejection_written_off(
            decision=uuid5(_DECISIONS, str(refusal)),
            claim=claim.id,
            agency=claim.agency,
            reason=row.reason_code,
            amount=left,
        )
        txn = post(tx, entry, effective_at=tx.now(), source="finance").txn_id
        change(tx, refusal, state=state.value, approved_by=tx.scope.actor)
        repository.save(tx, [replace(claim, written_off=claim.written_off + left)])
        repository.step(tx, claim.id, state.value, left, reason=row.note, txn=txn)
        audit.append(tx, "refusal.written_off", f"refusal:{refusal}", amount=left.dong)

    run_held(runtime, scope, refusal, work)
