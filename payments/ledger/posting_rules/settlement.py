"""
Claims whose visit was billed elsewhere, and money of the fund that was parked on 2200 first.

The fund's transfers name no invoice, so they arrive in suspense (P10); the rules P29 and P31 then
take 2200 in place of the money account, and are posted as P11.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from payments.kernel.money import ZERO, Money
from payments.ledger.model import Entry, Posting, Subject, entry, fingerprint_of
from payments.ledger.posting_rules.money import SUSPENSE
from payments.ledger.posting_rules.suspense import matched

#: Whose income it is, until the hospital's own system says which department earned it.
_INCOME = "4000:BHYT:bhyt"


def claim_recognised(*, claim: UUID, version: int | str, agency: str, amount: Money) -> Entry:
    """
    P01 for the fund's part of a visit that another system billed: it owes *amount* more.

    A later version of the claim moves by the difference, negative where it asks for less; so does
    its withdrawal (*version* ``withdrawn``). Key: the claim and its version.
    """
    owed, of = f"1400:{agency}", Subject("claim", claim)
    if amount < ZERO:
        posting = Posting(_INCOME, owed, -amount, credit_subject=of)
    else:
        posting = Posting(owed, _INCOME, amount, debit_subject=of)
    return entry(
        "claim.recognise",
        f"claim.recognise:{claim}:{version}",
        fingerprint_of("claim.recognise", claim, version, amount),
        posting,
    )


def parked_advance(
    *, match: UUID, credit: UUID, agency: str, period: str, claim_period: UUID, amount: Money
) -> Entry:
    """P29 of money that P10 had parked, so P11. Key: the match."""
    return matched(
        match=match,
        owner=Subject("bank_credit", credit),
        credit=f"2300:{agency}.{period}",
        subject=Subject("claim_period", claim_period),
        amount=amount,
    )


def parked_payment(
    *, match: UUID, credit: UUID, agency: str, claims: Mapping[UUID, Money]
) -> Entry:
    """P31 of money that P10 had parked, so P11. Key: the match."""
    owner = Subject("bank_credit", credit)
    return entry(
        "suspense.match",
        f"suspense.match:{match}",
        fingerprint_of("match", match, credit, sum(claims.values(), ZERO)),
        *(
            Posting(SUSPENSE, f"1410:{agency}", amount, owner, Subject("claim", claim))
            for claim, amount in claims.items()
        ),
    )
