"""What Stripe tells us: an event that was proven, and an answer of its API with its refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from adapters._wire import fields, strict_json
from adapters._wire.exchange import Answer
from adapters.stripe import codes, objects
from adapters.stripe.objects import Object
from payments.gateway import (
    Declined,
    Misconfigured,
    Notification,
    Outcome,
    OutcomeUnknown,
    Trouble,
)

_SIZE_MAX_BYTES: Final = 8 * 1024 * 1024
#: Kinds of objects whose unknown events are about money.
_OF_MONEY: Final = frozenset({"payment_intent", "checkout.session", "refund", "dispute"})


def from_event(event: Object) -> tuple[Notification, ...]:
    """Read a proven event; nothing where it tells of no money. Raises ValueError."""
    kind = fields.needed_key(event, "type")
    data = strict_json.object_of(event.get("data"))
    thing = strict_json.object_of(data.get("object"))
    at = objects.moment(event, "created")
    if kind in codes.PAYMENT_EVENTS:
        return (objects.of_payment(thing, codes.PAYMENT_EVENTS[kind], at, kind),)
    if kind == codes.COMPLETED:
        return (_completed(thing, at, kind),)
    if kind in codes.SESSION_EVENTS:
        return (objects.of_session(thing, codes.SESSION_EVENTS[kind], at, kind),)
    if kind in codes.REFUND_EVENTS:
        return (objects.of_refund(thing, at, kind),)
    if kind in codes.DISPUTE_EVENTS:
        return (objects.of_dispute(thing, codes.DISPUTE_EVENTS[kind], at, kind),)
    if kind == codes.DISPUTE_CLOSED:
        ended = codes.DISPUTES.get(fields.needed_key(thing, "status"), Outcome.UNKNOWN)
        return (objects.of_dispute(thing, ended, at, kind),)
    if kind in codes.TOLD_ELSEWHERE or thing.get("object") not in _OF_MONEY:
        return ()
    return (_unknown(event, thing, at, kind),)


def from_payment(payment: Object, now: datetime) -> Notification:
    """Read a payment intent that was asked for. Raises ValueError."""
    status = fields.needed_key(payment, "status")
    outcome = codes.PAYMENTS.get(status, Outcome.UNKNOWN)
    charge = payment.get("latest_charge")
    is_known = outcome is Outcome.CAPTURED and isinstance(charge, dict)
    at = objects.moment(charge, "created") if is_known and isinstance(charge, dict) else now
    return objects.of_payment(payment, outcome, at, status)


def from_session(session: Object, now: datetime) -> Notification:
    """Read a session that was asked for, with its payment. Raises ValueError."""
    status = fields.needed_key(session, "status")
    payment = session.get("payment_intent")
    if status == "expired":
        return objects.of_session(session, Outcome.EXPIRED, now, status)
    if isinstance(payment, dict):
        told = from_payment(payment, now)
        if status == "complete" and payment.get("status") == "requires_payment_method":
            # The page is left: nobody can try another card on it.
            ended = replace(told, outcome=Outcome.FAILED)
            return replace(ended, event_id=f"{told.transaction}:{Outcome.FAILED}")
        return told
    outcome = Outcome.PENDING if status == "open" else Outcome.UNKNOWN
    return objects.of_session(session, outcome, now, status)


def answered(answer: Answer, otherwise: Trouble) -> Object:
    """
    Give the object of an answer; a refusal without a code of ours means *otherwise*.

    Raises:
        Declined, Misconfigured: refused, and nothing was done.
        OutcomeUnknown: no JSON, or a status after which Stripe may have acted.
    """
    if answer.status in (401, 403):
        raise Misconfigured(Trouble.NOT_PERMITTED, raw_code=str(answer.status))
    if answer.status == 429:
        raise OutcomeUnknown("Stripe is asked too often", trouble=Trouble.RATE_LIMITED)
    if answer.status not in (200, 400, 402, 404):
        raise OutcomeUnknown(f"Stripe answers {answer.status}", status=answer.status)
    try:
        read = strict_json.object_of(strict_json.loads(answer.body, size_max_bytes=_SIZE_MAX_BYTES))
    except ValueError as error:
        raise unreadable(f"the answer cannot be read: {error}") from error
    if answer.status == 200:
        return read
    raise _refusal(read.get("error"), answer.status, otherwise)


def unreadable(detail: str) -> OutcomeUnknown:
    return OutcomeUnknown(detail, trouble=Trouble.BAD_REPLY)


def _refusal(error: object, status: int, otherwise: Trouble) -> Exception:
    told: Mapping[str, object] = error if isinstance(error, dict) else {}
    code = str(told.get("code") or told.get("type") or "")[:60]
    if not code:
        return unreadable(f"Stripe answers {status} without a reason")
    trouble = codes.ERRORS.get(code, otherwise)
    if status == 404:
        trouble = Trouble.NOT_FOUND
    if trouble is Trouble.BAD_REQUEST:
        return Misconfigured(trouble, raw_code=code)
    return Declined(trouble, raw_code=code)


def _completed(session: Object, at: datetime, kind: str) -> Notification:
    status = fields.needed_key(session, "payment_status")
    outcome = codes.SESSION_PAYMENTS.get(status, Outcome.UNKNOWN)
    return objects.of_session(session, outcome, at, f"{kind} {status}")


def _unknown(event: Object, thing: Object, at: datetime, kind: str) -> Notification:
    is_session = thing.get("object") == "checkout.session"
    told = (objects.of_session if is_session else objects.of_payment)(
        thing, Outcome.UNKNOWN, at, kind
    )
    # Two of them say two things: each has its own name.
    return replace(told, event_id=fields.needed_key(event, "id"))
