"""
A refund that was paid out comes back (P18): it waits to be paid again, under a new name.

What carried the money before keeps its names: a late message about it never touches the new order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from sqlalchemy import func, insert, select

from payments import audit
from payments.gateway import Notification
from payments.intents.answering import FIRST_ASK
from payments.ledger import post
from payments.ledger.posting_rules.money import gateway
from payments.ledger.posting_rules.refunds import refund_bounced
from payments.refunds import repository
from payments.refunds.model import Refund, SamePerson
from payments.refunds.rows import REFUND_BOUNCE
from payments.refunds.status import Event, after
from payments.storage.columns import new_id
from payments.storage.unit_of_work import UnitOfWork

_ALL: Final = select(REFUND_BOUNCE.c.refund_id, REFUND_BOUNCE.c.key, REFUND_BOUNCE.c.gateway_id)


@dataclass(frozen=True, slots=True)
class Former:
    """A name under which a refund was ordered before it came back."""

    refund: UUID
    key: str
    gateway_id: str


def attempt_of(tx: UnitOfWork, refund: UUID) -> int:
    """Count which try at paying *refund* is under way: one more than have come back."""
    times: int = tx.execute(
        select(func.count()).where(
            REFUND_BOUNCE.c.facility_id == tx.facility, REFUND_BOUNCE.c.refund_id == refund
        )
    ).scalar_one()
    return times + 1


def returned(tx: UnitOfWork, refund: Refund, told: Notification) -> Refund:
    """Book that a held refund came back to the gateway's account (P18), and keep its names."""
    attempt = attempt_of(tx, refund.id)
    movement = gateway(refund.channel, f"{refund.key}:returned", refund.payment)
    entry = refund_bounced(movement=movement, refund=refund.id, amount=refund.amount)
    posted = post(tx, entry, effective_at=told.occurred_at, source="webhook")
    tx.execute(
        insert(REFUND_BOUNCE),
        {
            "facility_id": tx.facility,
            "refund_id": refund.id,
            "attempt": attempt,
            "key": refund.key,
            "gateway_id": refund.gateway_id,
            "txn_id": posted.txn_id,
            "returned_at": told.occurred_at,
            "made_at": tx.now(),
        },
    )
    return replace(refund, state=after(refund.state, Event.RETURNED), ended_at=None)


def order_anew(tx: UnitOfWork, refund: Refund, login: str) -> Refund:
    """
    Let a held refund that came back be ordered once more, under a name of its own.

    Raises:
        SamePerson: whoever asked for it.
        IllegalRefundStep: it has not come back.
    """
    state = after(refund.state, Event.ORDERED_AGAIN)
    if refund.requested_by == tx.scope.actor:
        raise SamePerson()
    now = tx.now()
    before = repository.given_back(tx, refund.payment) - refund.amount
    ordered = replace(
        refund,
        key=new_id().hex.upper(),
        state=state,
        approved_by=tx.scope.actor,
        approved_at=now,
        approved_login=login,
        refunded_before=before,
        gateway_id="",
        trouble=None,
        asked=0,
        next_ask_at=now + FIRST_ASK,
        ended_at=None,
    )
    repository.save(tx, ordered)
    audit.append(tx, "refund.ordered_again", f"refund:{refund.id}", amount=refund.amount.dong)
    return ordered


def is_former(tx: UnitOfWork, refunds: Iterable[Refund], told: Notification) -> bool:
    """Say whether *told* names an order of one of *refunds* that has come back since."""
    ids = {one.id: one for one in refunds}
    if not ids:
        return False
    rows = tx.execute(
        _ALL.where(REFUND_BOUNCE.c.facility_id == tx.facility, REFUND_BOUNCE.c.refund_id.in_(ids))
    )
    former = [Former(row.refund_id, row.key, row.gateway_id) for row in rows]
    return any(_names(one, told) and ids[one.refund].key != one.key for one in former)


def _names(former: Former, told: Notification) -> bool:
    if told.refund:
        return told.refund == former.key
    return bool(told.transaction) and told.transaction == former.gateway_id
