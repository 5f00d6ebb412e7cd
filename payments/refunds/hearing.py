"""What a gateway tells of money that goes back: a refund of ours, or money that it took itself."""

from __future__ import annotations

import structlog

from payments import audit
from payments.gateway import Notification, Outcome, Verdict
from payments.refunds import bouncing, repository, settling
from payments.refunds.disputing import Held, taken_back
from payments.refunds.model import Refund
from payments.refunds.status import State
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

_log = structlog.get_logger("refunds")


def refund_told(
    tx: UnitOfWork, runtime: Runtime, held: Held, told: Notification
) -> tuple[Verdict, str]:
    """
    Let it take effect on the refund that it names; one that none of us asked for is booked as such.

    Raises:
        NotBookedYet: a payment is refunded that has not been told of yet.
    """
    known = repository.of_intent(tx, held.intent.id)
    if bouncing.is_former(tx, known, told):
        return Verdict.STORED, "former-order"
    found = _named(known, told)
    if found is None:
        if told.outcome is not Outcome.REFUNDED:
            # Not gone yet, or it stays: nothing moved.
            return Verdict.STORED, f"outcome-{told.outcome}"
        return taken_back(tx, runtime, held, told)
    ours = repository.lock(tx, found.id)
    if ours.amount != told.amount or told.currency != "VND":
        _alert(tx, ours, "amount-differs")
        audit.append(tx, "refund.flagged", f"refund:{ours.id}", reason="amount-differs")
        return Verdict.AMOUNT_DIFFERS, "refund-amount-differs"
    settling.told(tx, held.invoice, ours, told)
    return Verdict.STORED, f"outcome-{told.outcome}"


def _named(known: list[Refund], told: Notification) -> Refund | None:
    """Find it by our name, by the gateway's, or as the only one of that amount without a name."""
    for one in known:
        if told.refund and one.key == told.refund:
            return one
    ours = [one for one in known if one.state is not State.EXTERNAL]
    for one in ours:
        if told.transaction and one.gateway_id == told.transaction:
            return one
    if told.refund:
        return None
    alike = [
        one
        for one in ours
        if one.amount == told.amount
        and one.state in (State.PENDING, State.UNKNOWN, State.DONE)
        and not one.gateway_id
    ]
    return alike[0] if len(alike) == 1 else None


def _alert(tx: UnitOfWork, refund: Refund, reason: str) -> None:
    facts = {"refund": str(refund.id), "reason": reason}
    tx.after_commit(lambda: _log.error("refund.review", **facts))
