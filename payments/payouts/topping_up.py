"""A gateway's balance below zero, which the hospital pays (P27), payment by payment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from payments import audit
from payments.bank.model import State
from payments.bank.service import mark
from payments.channels.service import slugs
from payments.kernel.money import ZERO, Money
from payments.kernel.scope import Scope
from payments.ledger import post
from payments.ledger.posting_rules import money
from payments.ledger.posting_rules.settlements import balance_topped_up
from payments.payouts import debits, queries
from payments.payouts.debits import DebitUnfit
from payments.refunds import movable
from payments.runtime import Runtime
from payments.storage.unit_of_work import UnitOfWork

TOPPED_UP: Final = "gateway_topup"


@dataclass(frozen=True, slots=True)
class Short:
    """What *channel* is short of: *payments*, oldest first, each with what it lacks."""

    channel: str
    payments: Mapping[UUID, Money]

    @property
    def total(self) -> Money:
        return sum(self.payments.values(), ZERO)

    def parts(self, amount: Money) -> dict[UUID, Money]:
        """
        Share *amount* out, the oldest payment first.

        Raises:
            DebitUnfit: it is more than lacks: what is above would lie there as nobody's.
        """
        if amount > self.total or amount <= ZERO:
            raise DebitUnfit()
        shared, left = {}, amount
        for payment, lacks in self.payments.items():
            if not left:
                break
            shared[payment] = min(lacks, left)
            left -= shared[payment]
        return shared


def short(tx: UnitOfWork) -> tuple[Short, ...]:
    """List the channels where refunds and disputes took more of payments than lay there."""
    found = (short_of(tx, channel) for channel in slugs(tx))
    return tuple(one for one in found if one.payments)


def short_of(tx: UnitOfWork, channel: str) -> Short:
    lying = queries.clearing(tx, channel).lying
    return Short(channel, {one.payment: -one.amount for one in lying if one.amount < ZERO})


def _hold_invoices(tx: UnitOfWork, channel: str) -> None:
    """Hold what the payments that lack something paid: two debits never fill the same gap."""
    lying = queries.clearing(tx, channel).lying
    movable.hold(tx, *{one.invoice for one in lying if one.amount < ZERO})


def top_up(runtime: Runtime, scope: Scope, channel: str, debit: UUID) -> None:
    """
    Say that the bank's *debit* paid what *channel* is short of (1200 against 1100).

    Raises:
        DebitUnfit: the debit is explained already, or is more than the channel is short of.
    """

    def work(tx: UnitOfWork) -> None:
        _hold_invoices(tx, channel)
        movement = debits.hold(tx, debit)
        parts = short_of(tx, channel).parts(movement.amount)
        entry = balance_topped_up(
            movement=money.bank(movement.account, movement.external_id, movement.id),
            adapter=channel,
            parts=parts,
        )
        post(tx, entry, effective_at=movement.occurred_at, source="finance")
        mark(tx, movement.id, State.MATCHED, TOPPED_UP)
        audit.append(
            tx,
            "gateway.topped_up",
            f"bank_credit:{debit}",
            channel=channel,
            amount=movement.amount.dong,
            payments=len(parts),
        )

    runtime.database.run(scope, work)
