"""The fund (BHYT): claims, advances, rejections, and coverage that changes: P28 to P38, P46."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from payments.kernel.money import ZERO, Money
from payments.ledger.model import Entry, Posting, Subject, entry, fingerprint_of
from payments.ledger.posting_rules.invoices import rounding
from payments.ledger.posting_rules.money import RECEIVABLE, ROUNDING, Movement


def claim_submitted(
    *, claim: UUID, submission: int, agency: str, amount: Money, difference: Money = ZERO
) -> Entry:
    """
    P28: the claim file is sent; *difference* is what rounding leaves on 1400 (debit positive).

    A later file moves by what it asks more (negative: less). Key: the claim and its submission.
    """
    of = Subject("claim", claim)
    unsent, sent = f"1400:{agency}", f"1410:{agency}"
    debit, credit = (unsent, sent) if amount < ZERO else (sent, unsent)
    return entry(
        "claim.submit",
        f"claim.submit:{claim}:{submission}",
        fingerprint_of("claim.submit", claim, submission, amount),
        Posting(debit, credit, abs(amount), of, of),
        rounding(unsent, of, -difference),
    )


def advance_received(
    *, movement: Movement, agency: str, period: str, claim_period: UUID, amount: Money
) -> Entry:
    """P29: the fund's advance on a quarter. Key: the bank line."""
    return entry(
        "bhyt.advance",
        movement.key,
        movement.fingerprint(amount),
        Posting(
            movement.account,
            _advance(agency, period),
            amount,
            movement.subject,
            Subject("claim_period", claim_period),
        ),
    )


def claims_accepted(
    *,
    notice: UUID,
    agency: str,
    period: str,
    claim_period: UUID,
    claims: Mapping[UUID, Money],
) -> Entry:
    """P30: what the settlement notice accepts is set against the advance. Key: the notice, a."""
    of = Subject("claim_period", claim_period)
    return entry(
        "bhyt.accept",
        f"bhyt.accept:{notice}:a",
        fingerprint_of("bhyt.accept", notice, sum(claims.values(), ZERO)),
        *(
            Posting(_advance(agency, period), f"1410:{agency}", amount, of, Subject("claim", claim))
            for claim, amount in claims.items()
        ),
    )


def claims_paid(*, movement: Movement, agency: str, claims: Mapping[UUID, Money]) -> Entry:
    """P31: the fund pays the rest of the accepted part. Key: the bank line."""
    return entry(
        "bhyt.paid",
        movement.key,
        movement.fingerprint(sum(claims.values(), ZERO)),
        *(
            Posting(
                movement.account,
                f"1410:{agency}",
                amount,
                movement.subject,
                Subject("claim", claim),
            )
            for claim, amount in claims.items()
        ),
    )


def claim_rejected(*, notice: UUID, claim: UUID, agency: str, amount: Money) -> Entry:
    """P32: a part is refused and goes to appeal. Key: the notice and the claim."""
    of = Subject("claim", claim)
    return entry(
        "bhyt.reject",
        f"bhyt.reject:{notice}:{claim}",
        fingerprint_of("bhyt.reject", notice, claim, amount),
        Posting(f"1420:{agency}", f"1410:{agency}", amount, of, of),
    )


def appeal_won(*, appeal: UUID, claim: UUID, agency: str, amount: Money) -> Entry:
    """P33: the refused part is accepted after all. Key: the appeal."""
    of = Subject("claim", claim)
    return entry(
        "bhyt.appeal",
        f"bhyt.appeal:{appeal}",
        fingerprint_of("bhyt.appeal", appeal, claim, amount),
        Posting(f"1410:{agency}", f"1420:{agency}", amount, of, of),
    )


def rejection_written_off(
    *, decision: UUID, claim: UUID, agency: str, reason: str, amount: Money
) -> Entry:
    """P34: the hospital bears what is refused for good. Key: the decision."""
    of = Subject("claim", claim)
    return entry(
        "bhyt.writeoff",
        f"bhyt.writeoff:{decision}",
        fingerprint_of("bhyt.writeoff", decision, claim, amount),
        Posting(f"5200:{reason}", f"1420:{agency}", amount, of, of),
    )


def rejection_to_patient(
    *, decision: UUID, claim: UUID, invoice: UUID, agency: str, amount: Money
) -> Entry:
    """P35: the patient owes what is refused, only where the law allows. Key: the decision."""
    return entry(
        "bhyt.topatient",
        f"bhyt.topatient:{decision}",
        fingerprint_of("bhyt.topatient", decision, claim, amount),
        Posting(
            RECEIVABLE,
            f"1420:{agency}",
            amount,
            Subject("invoice", invoice),
            Subject("claim", claim),
        ),
    )


def advance_carried(
    *,
    notice: UUID,
    agency: str,
    old: str,
    old_period: UUID,
    new: str,
    new_period: UUID,
    amount: Money,
) -> Entry:
    """P36: what is left of the advance serves the next quarter. Key: the notice, c."""
    return entry(
        "bhyt.carry",
        f"bhyt.carry:{notice}:c",
        fingerprint_of("bhyt.carry", notice, amount),
        Posting(
            _advance(agency, old),
            _advance(agency, new),
            amount,
            Subject("claim_period", old_period),
            Subject("claim_period", new_period),
        ),
    )


def advance_paid_back(
    *,
    notice: UUID,
    movement: Movement,
    agency: str,
    period: str,
    claim_period: UUID,
    amount: Money,
) -> Entry:
    """P36: what is left of the advance goes back to the fund. Key: the notice, c."""
    return entry(
        "bhyt.payback",
        f"bhyt.payback:{notice}:c",
        fingerprint_of("bhyt.payback", notice, amount),
        Posting(
            _advance(agency, period),
            movement.account,
            amount,
            Subject("claim_period", claim_period),
            movement.subject,
        ),
    )


def coverage_grown(*, event: UUID, invoice: UUID, claim: UUID, agency: str, amount: Money) -> Entry:
    """
    P37: the card was checked late, the fund pays *amount* more.

    ``refunds.refund_approved`` follows where the patient has paid it. Key: the coverage event.
    """
    return entry(
        "coverage.grow",
        f"coverage.grow:{event}",
        fingerprint_of("coverage.grow", event, amount),
        Posting(
            f"1400:{agency}",
            RECEIVABLE,
            amount,
            Subject("claim", claim),
            Subject("invoice", invoice),
        ),
    )


def coverage_withdrawn(
    *, event: UUID, invoice: UUID, claim: UUID, agency: str, amount: Money
) -> Entry:
    """P38: the card was not valid, the patient owes *amount*. Key: the coverage event."""
    return entry(
        "coverage.withdraw",
        f"coverage.withdraw:{event}",
        fingerprint_of("coverage.withdraw", event, amount),
        Posting(
            RECEIVABLE,
            f"1400:{agency}",
            amount,
            Subject("invoice", invoice),
            Subject("claim", claim),
        ),
    )


def period_rounded(*, notice: UUID, claim: UUID, agency: str, amount: Money) -> Entry:
    """
    P46: the form of a period says *amount* more (negative: less) than its claims together.

    Booked on one *claim* of the period, for 1410 is kept by claim. Key: the notice.
    """
    of = Subject("claim", claim)
    submitted = f"1410:{agency}"
    if amount < ZERO:
        posting = Posting(ROUNDING, submitted, -amount, credit_subject=of)
    else:
        posting = Posting(submitted, ROUNDING, amount, debit_subject=of)
    return entry(
        "bhyt.round", f"bhyt.round:{notice}", fingerprint_of("bhyt.round", notice, amount), posting
    )


def _advance(agency: str, period: str) -> str:
    return f"2300:{agency}.{period}"
