"""A payer's bank takes a card payment back: P23 to P26."""

from __future__ import annotations

from uuid import UUID

from payments.kernel.money import ZERO, Money
from payments.ledger.model import Entry, Posting, Subject, entry, fingerprint_of
from payments.ledger.posting_rules.money import RECEIVABLE, SUSPENSE


def dispute_opened(
    *, dispute: UUID, adapter: str, payment: UUID, amount: Money, fee: Money = ZERO
) -> Entry:
    """P23: the gateway holds the money and takes its fee. Key: the dispute, opened."""
    disputed = Subject("payment", payment)
    return entry(
        "dispute.open",
        f"dispute.open:{dispute}",
        fingerprint_of("dispute.open", dispute, amount, fee),
        Posting(
            f"1210:{adapter}", f"1200:{adapter}", amount, Subject("dispute", dispute), disputed
        ),
        Posting(f"5000:{adapter}", f"1200:{adapter}", fee, credit_subject=disputed),
    )


def dispute_won(*, dispute: UUID, adapter: str, payment: UUID, amount: Money) -> Entry:
    """P24: the money comes back to the clearing account. Key: the dispute, won."""
    return entry(
        "dispute.won",
        f"dispute.won:{dispute}",
        fingerprint_of("dispute.won", dispute, amount),
        Posting(
            f"1200:{adapter}",
            f"1210:{adapter}",
            amount,
            Subject("payment", payment),
            Subject("dispute", dispute),
        ),
    )


def dispute_lost(
    *,
    dispute: UUID,
    adapter: str,
    invoice: UUID,
    amount: Money,
    payment: UUID | None = None,
    from_suspense: Money = ZERO,
) -> Entry:
    """
    P25: the patient owes *amount* again; what of *payment* paid for nothing yet leaves suspense.

    Key: the dispute, lost.
    """
    owner = None if payment is None else Subject("payment", payment)
    hold, held = f"1210:{adapter}", Subject("dispute", dispute)
    return entry(
        "dispute.lost",
        f"dispute.lost:{dispute}",
        fingerprint_of("dispute.lost", dispute, amount + from_suspense),
        Posting(SUSPENSE, hold, from_suspense, owner, held),
        Posting(RECEIVABLE, hold, amount, Subject("invoice", invoice), held),
    )


def dispute_written_off(
    *, decision: UUID, dispute: UUID, adapter: str, invoice: UUID, amount: Money
) -> Entry:
    """P26: and cannot be made to pay. Key: the decision."""
    return entry(
        "dispute.writeoff",
        f"dispute.writeoff:{decision}",
        fingerprint_of("dispute.writeoff", decision, dispute, amount),
        Posting(
            f"5100:{adapter}",
            RECEIVABLE,
            amount,
            Subject("dispute", dispute),
            Subject("invoice", invoice),
        ),
    )
