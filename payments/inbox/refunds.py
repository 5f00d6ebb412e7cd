"""What a gateway tells of a refund; one that none of us asked for is kept and told to a person."""

from __future__ import annotations

import hashlib

import structlog

from payments import audit
from payments.gateway import Notification, Outcome, Verdict
from payments.intents.model import Intent
from payments.intents.rows import GATEWAY_BOOKING
from payments.invoicing.model import Invoice
from payments.kernel.money import ZERO
from payments.refunds import repository, settling
from payments.refunds.model import Refund
from payments.refunds.status import State
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

_log = structlog.get_logger("refunds")


def refund_told(
    tx: UnitOfWork, invoice: Invoice, intent: Intent, told: Notification
) -> tuple[Verdict, str]:
    """Let it take effect on the refund that it names; the invoice of *intent* is held."""
    known = repository.of_intent(tx, intent.id)
    found = _named(known, told)
    if found is None:
        return _external(tx, intent, told)
    held = repository.lock(tx, found.id)
    if held.amount != told.amount or told.currency != "VND":
        _alert(tx, held, "amount-differs")
        audit.append(tx, "refund.flagged", f"refund:{held.id}", reason="amount-differs")
        return Verdict.AMOUNT_DIFFERS, "refund-amount-differs"
    settling.told(tx, invoice, held, told)
    return Verdict.STORED, f"outcome-{told.outcome}"


def _named(known: list[Refund], told: Notification) -> Refund | None:
    """Find it by our name, by the gateway's, or as the only one of that amount that is open."""
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
        and one.state in (State.PENDING, State.UNKNOWN)
        and not one.gateway_id
    ]
    return alike[0] if len(alike) == 1 else None


def _external(tx: UnitOfWork, intent: Intent, told: Notification) -> tuple[Verdict, str]:
    """Keep a refund that somebody made at the gateway: a person books it, with the settlement."""
    payment = tx.execute(
        GATEWAY_BOOKING.select()
        .where(
            GATEWAY_BOOKING.c.facility_id == tx.facility,
            GATEWAY_BOOKING.c.intent_id == intent.id,
            GATEWAY_BOOKING.c.kind == "capture",
        )
        .order_by(GATEWAY_BOOKING.c.made_at)
        .limit(1)
    ).first()
    if told.outcome is not Outcome.REFUNDED or payment is None:
        return Verdict.STORED, f"outcome-{told.outcome}"
    name = hashlib.sha256(f"{intent.channel}:{told.event_id}".encode()).hexdigest()[:31].upper()
    if repository.of_idem_key(tx, f"external:{name}") is not None:
        return Verdict.DUPLICATE, "known"
    now = tx.now()
    made = Refund(
        id=new_id(),
        key=f"X{name}",
        payment=payment.payment_id,
        intent=intent.id,
        channel=intent.channel,
        amount=told.amount,
        from_suspense=ZERO,
        from_invoice=ZERO,
        refunded_before=ZERO,
        state=State.EXTERNAL,
        reason="",
        requested_by=f"channel:{intent.channel}",
        requested_at=now,
        approved_by=None,
        approved_at=None,
        approved_login="",
        gateway_id=told.transaction,
        trouble=None,
        must_send=False,
        asked=0,
        next_ask_at=None,
        suspense_txn=None,
        invoice_txn=None,
        ended_at=now,
        idem_key=f"external:{name}",
    )
    repository.add(tx, made)
    audit.append(tx, "refund.external", f"refund:{made.id}", amount=told.amount.dong)
    _alert(tx, made, "external")
    return Verdict.STORED, "external-refund"


def _alert(tx: UnitOfWork, refund: Refund, reason: str) -> None:
    facts = {"refund": str(refund.id), "reason": reason}
    tx.after_commit(lambda: _log.error("refund.review", **facts))
