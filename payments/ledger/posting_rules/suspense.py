"""Money of nobody yet (2200) finds its owner: P11 and P12."""

from __future__ import annotations

from uuid import UUID

from payments.kernel.money import Money
from payments.ledger.model import Entry, Posting, Subject, entry, fingerprint_of
from payments.ledger.posting_rules.money import (
    DEPOSITS,
    OTHER_INCOME,
    RECEIVABLE,
    REFUNDS,
    SUSPENSE,
)


def suspense_matched(*, match: UUID, credit: UUID, invoice: UUID, amount: Money) -> Entry:
    """P11: a transfer in suspense pays an invoice. Key: the match."""
    return matched(
        match=match,
        owner=Subject("bank_credit", credit),
        credit=RECEIVABLE,
        subject=Subject("invoice", invoice),
        amount=amount,
    )


def suspense_deposited(*, match: UUID, owner: Subject, encounter: UUID, amount: Money) -> Entry:
    """P11: money in suspense was a deposit of a stay. Key: the match."""
    return matched(
        match=match,
        owner=owner,
        credit=DEPOSITS,
        subject=Subject("encounter", encounter),
        amount=amount,
    )


def suspense_is_income(*, match: UUID, owner: Subject, amount: Money) -> Entry:
    """P42 of money that P10 had parked, so P11: interest or other income. Key: the match."""
    return matched(match=match, owner=owner, credit=OTHER_INCOME, subject=None, amount=amount)


def matched(
    *, match: UUID, owner: Subject, credit: str, subject: Subject | None, amount: Money
) -> Entry:
    """
    P11: 2200 in place of the money account, *credit* as the rule that was found says.

    *owner* is the bank credit or the payment that lies in suspense. Key: the match.
    """
    return entry(
        "suspense.match",
        f"suspense.match:{match}",
        fingerprint_of("match", match, owner.id, amount),
        Posting(SUSPENSE, credit, amount, owner, subject),
    )


def suspense_refunded(*, refund: UUID, owner: Subject, amount: Money) -> Entry:
    """P12: approved to go back to the payer. Key: the refund."""
    return entry(
        "suspense.refund",
        f"suspense.refund:{refund}",
        fingerprint_of("suspense.refund", refund, owner.id, amount),
        Posting(SUSPENSE, REFUNDS, amount, owner, Subject("refund", refund)),
    )


def suspense_moved(*, move: UUID, owner: Subject, invoice: UUID, amount: Money) -> Entry:
    """P11 of money that a gateway or a till took: it pays another invoice. Key: the move."""
    return entry(
        "refund.move",
        f"refund.move:{move}",
        fingerprint_of("refund.move", move, owner.id, invoice, amount),
        Posting(SUSPENSE, RECEIVABLE, amount, owner, Subject("invoice", invoice)),
    )
