"""Money that goes back, in two steps through 2100: P16 to P18 (P19 is in ``corrections``)."""

from __future__ import annotations

from uuid import UUID

from payments.kernel.money import Money
from payments.ledger.model import Entry, Posting, Subject, entry, fingerprint_of
from payments.ledger.posting_rules.money import RECEIVABLE, REFUNDS, SUSPENSE, Movement


def refund_approved(*, refund: UUID, invoice: UUID, amount: Money) -> Entry:
    """
    P16: a paid invoice, approved to be given back.

    ``invoices.invoice_credited`` goes first when the service was not rendered. Key: the refund.
    """
    return entry(
        "refund.approve",
        f"refund.approve:{refund}",
        fingerprint_of("refund.approve", refund, invoice, amount),
        Posting(
            RECEIVABLE, REFUNDS, amount, Subject("invoice", invoice), Subject("refund", refund)
        ),
    )


def refund_done(
    *, refund: UUID, attempt: int, account: str, subject: Subject, amount: Money
) -> Entry:
    """
    P17: executed from a bank account, a gateway or a till.

    *subject* is what *account* asks for: the bank credit (``money.bank_line`` until it has a row),
    the payment, or the shift. Key: the refund and the attempt.
    """
    return entry(
        "refund.done",
        f"refund.done:{refund}:{attempt}",
        fingerprint_of("refund.done", refund, attempt, account, amount),
        Posting(REFUNDS, account, amount, Subject("refund", refund), subject),
    )


def refund_bounced(*, movement: Movement, refund: UUID, amount: Money) -> Entry:
    """P18: the bank gave it back to us. Key: the bank line that brought it."""
    return entry(
        "refund.bounced",
        movement.key,
        movement.fingerprint(amount),
        Posting(movement.account, REFUNDS, amount, movement.subject, Subject("refund", refund)),
    )


def overpaid_moved(*, move: UUID, source: UUID, target: UUID, amount: Money) -> Entry:
    """
    P16 and P17 in one: what invoice *source* has too much is given back by paying *target*.

    It passes through 2100 under the name of the move, which comes to zero. Key: the move.
    """
    owed = Subject("refund", move)
    return entry(
        "refund.move",
        f"refund.move:{move}",
        fingerprint_of("refund.move", move, source, target, amount),
        Posting(RECEIVABLE, REFUNDS, amount, Subject("invoice", source), owed),
        Posting(REFUNDS, RECEIVABLE, amount, owed, Subject("invoice", target)),
    )


def refund_came_back(*, match: UUID, credit: UUID, refund: UUID, amount: Money) -> Entry:
    """P18 of a bank line that P10 had parked, so P11: 2200 in place of 1100. Key: the match."""
    return entry(
        "suspense.match",
        f"suspense.match:{match}",
        fingerprint_of("match", match, credit, amount),
        Posting(
            SUSPENSE, REFUNDS, amount, Subject("bank_credit", credit), Subject("refund", refund)
        ),
    )
