"""Advances of an encounter (2000): P13 to P15."""

from __future__ import annotations

from uuid import UUID

from payments.kernel.money import Money
from payments.ledger.model import Entry, Posting, Subject, entry, fingerprint_of
from payments.ledger.posting_rules.money import DEPOSITS, RECEIVABLE, REFUNDS, Movement


def deposit_received(*, movement: Movement, encounter: UUID, amount: Money) -> Entry:
    """P13: an advance by transfer, gateway or cash. Key: the movement's own, as P05 to P07."""
    return entry(
        "deposit.in",
        movement.key,
        movement.fingerprint(amount),
        Posting(
            movement.account, DEPOSITS, amount, movement.subject, Subject("encounter", encounter)
        ),
    )


def deposit_applied(*, encounter: UUID, invoice: UUID, application: int, amount: Money) -> Entry:
    """P14: the advance pays the invoice. Key: the invoice and the count of its applications."""
    return entry(
        "deposit.apply",
        f"deposit.apply:{invoice}:{application}",
        fingerprint_of("deposit.apply", encounter, invoice, application, amount),
        Posting(
            DEPOSITS,
            RECEIVABLE,
            amount,
            Subject("encounter", encounter),
            Subject("invoice", invoice),
        ),
    )


def deposit_refunded(*, refund: UUID, encounter: UUID, amount: Money) -> Entry:
    """P15: the remainder, approved to be given back. Key: the refund."""
    return entry(
        "deposit.refund",
        f"deposit.refund:{refund}",
        fingerprint_of("deposit.refund", refund, encounter, amount),
        Posting(
            DEPOSITS, REFUNDS, amount, Subject("encounter", encounter), Subject("refund", refund)
        ),
    )


def deposit_moved(*, move: UUID, source: UUID, target: UUID, amount: Money) -> Entry:
    """
    An advance of one encounter becomes one of another of the same patient: a visit, then a stay.

    No posting has one account on both sides, so it passes through 2100 under the name of the move,
    which comes to zero. Key: the move.
    """
    of = Subject("refund", move)
    return entry(
        "deposit.move",
        f"deposit.move:{move}",
        fingerprint_of("deposit.move", move, source, target, amount),
        Posting(DEPOSITS, REFUNDS, amount, Subject("encounter", source), of),
        Posting(REFUNDS, DEPOSITS, amount, of, Subject("encounter", target)),
    )


def deposit_released(*, encounter: UUID, invoice: UUID, event: UUID, amount: Money) -> Entry:
    """P14 taken back in part: the invoice turned out smaller, the advance is free again."""
    return entry(
        "deposit.release",
        f"deposit.release:{event}",
        fingerprint_of("deposit.release", encounter, invoice, event, amount),
        Posting(
            RECEIVABLE,
            DEPOSITS,
            amount,
            Subject("invoice", invoice),
            Subject("encounter", encounter),
        ),
    )
